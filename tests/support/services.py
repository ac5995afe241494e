"""A real HTTP server that answers about fine-tuning jobs as OpenAI, Azure and Nebius do, and that can fail.

The jobs are written examples: our own texts in the documented wording, not recordings.
"""

import json
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from openai import OpenAI

T0 = 1_700_000_000
RESULT_FILE = "step,train_loss\n1,3.0\n2,2.0\n3,1.0\n"
JOB_ID = "ftjob-AAAABBBBCCCCDDDDEEEEFFFF"


@dataclass
class Job:
    """A job that moves on by one state with every look at it.

    A state is what `retrieve` adds to the job, and the number of events that exist by then.
    """

    states: list[tuple[dict, int]]
    events: list[dict] = field(default_factory=list)
    checkpoints: list[dict] | None = None
    """None: the service has no such route."""
    no_events: tuple[int, str] | None = None
    """What the route of the events answers in their place: status, and the kind of its content."""
    no_checkpoints: tuple[int, str] | None = None
    """What the route of the checkpoints answers in their place."""
    fields: dict = field(default_factory=dict)
    looks: int = 0

    def state(self) -> tuple[dict, int]:
        return self.states[max(0, min(self.looks, len(self.states)) - 1)]

    def answer(self) -> dict:
        return {
            **{"id": JOB_ID, "object": "fine_tuning.job", "created_at": T0, "model": "periodic-tiny-2026-11"},
            **{"training_file": "file-A", "hyperparameters": {}, "organization_id": "local"},
            **{"result_files": [], "seed": 1, "error": {}},
            **self.fields,
            **self.state()[0],
        }


class Service(ThreadingHTTPServer):
    """Answers about its jobs; `faults` are used up first, one for each request."""

    daemon_threads = True

    def __init__(self, jobs: dict[str, Job]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.jobs = jobs
        self.faults: list[object] = []
        self.requests: list[str] = []
        self.release = threading.Event()

    def client(self, **options: object) -> OpenAI:
        return OpenAI(base_url=f"http://127.0.0.1:{self.server_port}/v1", api_key="test", **options)


@contextmanager
def serve(job: Job | dict[str, Job]) -> Iterator[Service]:
    service = Service(job if isinstance(job, dict) else {JOB_ID: job})
    thread = threading.Thread(target=service.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield service
    finally:
        service.release.set()
        service.shutdown()
        service.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer takes 40 ms more

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        self.server.requests.append(self.path.removeprefix("/v1/fine_tuning/jobs"))
        if self.server.faults and (fault := self.server.faults.pop(0)) is not None:
            if fault == "slow":
                self.server.release.wait(20)
            if fault in ("slow", "drop"):
                self.close_connection = True
                return
            if fault == "page":
                self.send_response(200)
                self.send_header("content-type", "text/html")
                self.send_header("content-length", "17")
                self.end_headers()
                self.wfile.write(b"<html>Log in here")
                return
            status, headers = fault if isinstance(fault, tuple) else (fault, {})
            self._send(status, {"error": {"message": f"Fault {status}", "code": None}}, headers)
            return
        parts = url.path.removeprefix("/v1/fine_tuning/jobs").strip("/").split("/")
        query = dict(parse_qsl(url.query))
        if url.path.startswith("/v1/files/") and url.path.endswith("/content"):
            self._send_text(200, RESULT_FILE)
        elif parts == [""]:
            self._send(200, page([job.answer() for job in self.server.jobs.values()], query))
        elif parts[0] not in self.server.jobs:
            self._send(404, {"error": {"message": f"Could not find fine tune: {parts[0]}", "code": None}})
        else:
            self._about(self.server.jobs[parts[0]], parts[1:], query)

    def _about(self, job: Job, rest: list[str], query: dict) -> None:
        if not rest:
            job.looks += 1
            self._send(200, job.answer())
        elif rest == ["events"] and job.no_events:
            self._send_text(*job.no_events)
        elif rest == ["events"]:
            self._send(200, page(job.events[: job.state()[1]][::-1], query))
        elif job.no_checkpoints:
            self._send_text(*job.no_checkpoints)
        elif job.checkpoints is None:
            self._send(404, {"error": {"message": "Not found", "code": "404"}})
        else:
            self._send(200, page(job.checkpoints[::-1], query))

    def _send_text(self, status: int, text: str) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("content-type", "text/html" if "<" in text else "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _send(self, status: int, body: dict, headers: dict | None = None) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        pass


def page(newest_first: list[dict], query: dict) -> dict:
    if "after" in query:
        ids = [item["id"] for item in newest_first]
        newest_first = newest_first[ids.index(query["after"]) + 1 :]
    limit = int(query.get("limit", 20))
    return {"object": "list", "data": newest_first[:limit], "has_more": len(newest_first) > limit}


def event(message: str, at: int, data: dict | None = None, level: str = "info") -> dict:
    return {
        "id": f"ftevent-{zlib.crc32(f'{at} {message}'.encode()):08x}",
        "object": "fine_tuning.job.event",
        "created_at": T0 + at,
        "level": level,
        "type": "metrics" if data and "step" in data else "message",
        "message": message,
        "data": data or {},
    }


def checkpoint(step: int, at: int, prefix: str = "ftckpt_", **metrics: float) -> dict:
    return {
        "id": f"{prefix}{step}",
        "object": "fine_tuning.job.checkpoint",
        "created_at": T0 + at,
        "fine_tuned_model_checkpoint": f"ft:tiny:ckpt-step-{step}",
        "fine_tuning_job_id": JOB_ID,
        "step_number": step,
        "metrics": {"step": step, **metrics},
    }


def step(number: int, total: int) -> dict:
    data = {"step": number, "total_steps": total, "train_loss": 4 / number}
    text = f"Step {number}/{total}: training loss={4 / number:.2f}"
    if number % 10 == 0:
        data["full_valid_loss"] = 5 / number
        text += f", full validation loss={5 / number:.2f}"
    return event(text, 10 + number, data)


def openai_job() -> Job:
    """OpenAI, 2024: one event per step, epochs known, checkpoints announced at the end."""
    started = [
        event("Created fine-tuning job: " + JOB_ID, 0),
        event("Validating training file: file-A", 0),
        event("Files validated, moving job to queued state", 5),
        event("Fine-tuning job started", 8),
    ]
    ended = [
        event("Checkpoint created at step 10 with Snapshot ID: ft:tiny:ckpt-step-10", 46),
        event("New fine-tuned model created: ft:tiny::abc", 47),
        event("The job has successfully completed", 48),
    ]
    method = {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 3}}}
    auto = {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": "auto"}}}
    return Job(
        states=[
            ({"status": "validating_files", "method": auto}, 2),
            ({"status": "queued", "method": auto}, 3),
            ({"status": "running", "method": method}, 4),
            ({"status": "running", "method": method}, 4 + 9),
            ({"status": "running", "method": method}, 4 + 12),
            ({"status": "running", "method": method}, 4 + 29),
            (
                {
                    "status": "succeeded",
                    "method": method,
                    "finished_at": T0 + 50,
                    "fine_tuned_model": "ft:tiny::abc",
                    "trained_tokens": 3_000,
                },
                4 + 30 + 3,
            ),
        ],
        events=[*started, *(step(number, 30) for number in range(1, 31)), *ended],
        checkpoints=[checkpoint(number, 10 + number, full_valid_loss=5 / number) for number in (10, 20, 30)],
    )


def azure_job() -> Job:
    """Azure, 2025: status pending, -1 for chosen numbers, every tenth step, no total, no checkpoints."""
    steps = [
        event(f"Step {number}: training loss={1 / number:.2E}", 60 + number) for number in range(10, 210, 10)
    ]
    closing = ["Job succeeded.", "Completed results file: file-R", "Training tokens billed: 5000"]
    chosen = {"hyperparameters": {"n_epochs": -1, "batch_size": -1}, "finished_at": T0 + 9_999}
    return Job(
        states=[
            ({"status": "pending", **chosen}, 0),
            ({"status": "pending", **chosen}, 0),
            ({"status": "running", **chosen}, 10),
            ({"status": "finishing", **chosen}, 20),
            ({"status": "succeeded", **chosen, "finished_at": T0 + 300, "trained_tokens": 5_000}, 23),
        ],
        events=[*steps, *(event(text, 270 + number) for number, text in enumerate(closing))],
        fields={"error": {"code": None, "message": None}, "organization_id": None, "result_files": None},
    )


def nebius_job() -> Job:
    """Nebius, 2025: no metrics in events; the losses are in one checkpoint per epoch."""
    texts = ["Job is submitted", "Dataset 'file-A' processed successfully", "Training completed successfully"]
    return Job(
        states=[
            ({"status": "running"}, 1),
            ({"status": "running"}, 2),
            ({"status": "succeeded", "finished_at": T0 + 305, "trained_tokens": 9_000}, 3),
        ],
        events=[event(text, 100 * number) for number, text in enumerate(texts)],
        checkpoints=[
            checkpoint(number, 3 * number, train_loss=2 / number, valid_loss=3 / number)
            for number in (20, 40)
        ],
        fields={"hyperparameters": {"n_epochs": 2, "lora": True}},
    )


def reward_job() -> Job:
    """Reinforcement, 2025: a mean reward instead of a loss."""
    steps = [
        event(
            f"Step {number}/20 , train mean reward={number / 25:.2f}, "
            f"full validation mean reward={number / 20:.2f}",
            10 * number,
        )
        for number in (5, 10, 15, 20)
    ]
    return Job(
        states=[({"status": "running"}, 2), ({"status": "succeeded", "finished_at": T0 + 220}, 4)],
        events=steps,
        checkpoints=[],
    )


ENDED = {"status": "succeeded", "finished_at": T0 + 200}


def long_job() -> Job:
    """130 steps, more than one page of events; paused before it starts."""
    steps = [step(number, 130) for number in range(1, 131)]
    states = [("validating_files", 0), ("paused", 0), ("running", 50), ("running", 51), ("running", 51)]
    return Job([*(({"status": status}, count) for status, count in states), (ENDED, 130)], steps, [])


class Clock:
    """Time that passes only by waiting; notes how long each wait was."""

    def __init__(self) -> None:
        self.now = time.monotonic()
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds
