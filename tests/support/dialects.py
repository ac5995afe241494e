"""Servers that answer as OpenAI, Azure, Nebius and Bedrock do, from the first upload on: scripted.

Nobody has recorded these services for this course. A dialect says what the service's pages and public logs
say; the facts and their sources are in `data/roads.json`. Where they say nothing, a dialect answers as
OpenAI, and what is assumed stands at its place. The texts are our own, in the documented wording. Nothing is
trained: a job goes on with each look at it, and its losses are a formula.
"""

import email.parser
import email.policy
import json
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from services import checkpoint, event, page

Json = dict[str, Any]
STEPS = 40
T0 = 1_796_000_000


class Refused(Exception):
    """What the service answers in place of what was asked."""

    def __init__(self, status: int, message: str, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
        self.status, self.body = status, {"error": error}


@dataclass
class Job:
    """A job, its request and how often somebody has looked at it."""

    id: str
    body: Json
    broken: bool
    looks: int = 0
    cancelled: bool = False


class OpenAI:
    """OpenAI, 2024: one event per step, base64 of CSV, the tuned model answers at once."""

    prefix = "/v1"
    waiting: tuple[str, ...] = ("validating_files", "queued", "running")

    def file(self, file: Json, looks: int) -> Json:
        return {**file, "status": "processed", "status_details": None}

    def check(self, body: Json) -> None:
        method = (body.get("method") or {}).get("type", "supervised")
        numbers = ((body.get("method") or {}).get(method) or {}).get("hyperparameters") or {}
        if numbers.get("n_epochs") == 0:
            raise Refused(400, "Invalid 'n_epochs': expected 1 to 50. Found 0.", param="n_epochs")

    def status(self, job: Job) -> str:
        if job.cancelled:
            return "cancelled"
        if job.looks < len(self.waiting):
            return self.waiting[job.looks]
        if job.broken:
            return "failed"
        return "running" if job.looks < len(self.waiting) + 2 else "succeeded"

    def epochs(self, job: Job) -> int:
        kind = (job.body.get("method") or {}).get("type", "supervised")
        asked = ((job.body.get("method") or {}).get(kind) or {}).get("hyperparameters") or {}
        return asked.get("n_epochs") if isinstance(asked.get("n_epochs"), int) else 3

    def model(self, job: Job) -> str:
        return f"ft:{job.body['model']}:org-redacted:{job.body.get('suffix', '')}:{job.id[-8:]}"

    def job(self, job: Job) -> Json:
        status = self.status(job)
        ended, done = status in ("succeeded", "failed", "cancelled"), status == "succeeded"
        numbers = {"n_epochs": self.epochs(job), "batch_size": 1, "learning_rate_multiplier": 1.8}
        kind = (job.body.get("method") or {}).get("type", "supervised")
        given = (job.body.get("method") or {}).get(kind) or {}
        found = {
            "id": job.id,
            "object": "fine_tuning.job",
            "created_at": T0,
            "finished_at": T0 + 300 if ended else None,
            "model": job.body["model"],
            "fine_tuned_model": self.model(job) if done else None,
            "organization_id": "org-redacted",
            "status": status,
            "training_file": job.body["training_file"],
            "validation_file": job.body.get("validation_file"),
            "result_files": [f"file-result-{job.id}"] if done else [],
            "trained_tokens": 12_345 if done else None,
            "seed": job.body.get("seed", 1),
            "hyperparameters": numbers,
            "method": {"type": kind, kind: given | {"hyperparameters": numbers}},
            "metadata": job.body.get("metadata"),  # kept by OpenAI; assumed of the others
            "error": {},
        }
        if status == "failed":
            found["error"] = {
                "code": "invalid_training_file",
                "message": "The job failed due to an invalid training file. Invalid file format. Example 4",
                "param": "training_file",
            }
        return found

    def reached(self, job: Job) -> int:
        """How many steps are done."""
        status = self.status(job)
        return STEPS if status == "succeeded" else STEPS // 2 if job.looks > len(self.waiting) else 0

    def steps(self, job: Job) -> list[Json]:
        found = []
        for number in range(1, self.reached(job) + 1):
            told = {"step": number, "total_steps": STEPS, "train_loss": 4 / number}
            text = f"Step {number}/{STEPS}: training loss={4 / number:.2f}"
            found.append(event(text, 20 + number, told | {"train_mean_token_accuracy": 0.5}))
        return found

    def events(self, job: Job) -> list[Json]:
        begun = [event(f"Created fine-tuning job: {job.id}", 0)]
        if job.looks >= len(self.waiting):
            begun.append(event("Fine-tuning job started", 10))
        closing = {
            "succeeded": [
                "New fine-tuned model created: " + self.model(job),
                "The job has successfully completed",
            ],
            "failed": ["The job failed due to an invalid training file."],
        }.get(self.status(job), [])
        return [*begun, *self.steps(job), *(event(text, 90 + number) for number, text in enumerate(closing))]

    def checkpoints(self, job: Job) -> list[Json]:
        if self.status(job) != "succeeded":
            return []
        total = self.epochs(job)
        last = range(max(1, total - 2), total + 1)
        return [
            checkpoint(STEPS * epoch // total, 20 + epoch, full_valid_loss=5 / epoch, train_loss=4 / epoch)
            for epoch in last
        ]

    def result(self) -> bytes:
        return b64encode(self.csv())

    def csv(self) -> bytes:
        lines = ["step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy"]
        lines += [f"{number},{4 / number},0.5,," for number in range(1, STEPS + 1)]
        return "\n".join(lines).encode()

    def answers(self, model: str, deployed: set[str]) -> None:
        """Refuse a chat with a model that does not answer."""


class Azure(OpenAI):
    """Azure, 2025 and 2026: a tier in each create, `pending`, -1, no total, plain CSV, and deployments."""

    prefix = "/openai/v1"
    waiting = ("pending", "pending", "running")

    def file(self, file: Json, looks: int) -> Json:
        return {**file, "status": "pending" if looks < 1 else "processed"}

    def check(self, body: Json) -> None:
        if body.get("trainingType") not in ("Standard", "GlobalStandard", "globalStandard", "developerTier"):
            raise Refused(400, "The specified base model does not support fine-tuning.", "invalidPayload")
        super().check(body)

    def model(self, job: Job) -> str:
        return f"{job.body['model']}.ft-{job.id.removeprefix('ftjob-')}-{job.body.get('suffix', '')}"

    def job(self, job: Job) -> Json:
        found = super().job(job) | {"organization_id": None, "trainingType": job.body["trainingType"]}
        found["hyperparameters"] = found["hyperparameters"] | {"batch_size": -1}
        found["suffix"] = job.body.get("suffix")
        found["result_files"] = found["result_files"] or None
        found["error"] = found["error"] or None
        del found["method"]  # as in the answers that Microsoft's notebooks show of gpt-4.1-nano
        return found

    def steps(self, job: Job) -> list[Json]:
        reached = range(10, self.reached(job) + 1, 10)
        return [event(f"Step {number}: training loss={4 / number:.12G}", 20 + number) for number in reached]

    def events(self, job: Job) -> list[Json]:
        closing = {
            "succeeded": [
                "Job succeeded.",
                "Model Evaluation Passed.",
                "Completed results file: file-result",
                "Training tokens billed: 12345",
            ],
            "failed": ["Job failed."],
        }.get(self.status(job), [])
        return [*self.steps(job), *(event(text, 90 + number) for number, text in enumerate(closing))]

    def checkpoints(self, job: Job) -> list[Json]:
        return [
            {**each, "id": each["id"].replace("ftckpt_", "ftchkpt-")} for each in super().checkpoints(job)
        ]

    def result(self) -> bytes:
        lines = ["step,train_loss,train_mean_token_accuracy,valid_loss,validation_mean_token_accuracy"]
        lines += [f"{number},{4 / number},0.5,," for number in range(1, STEPS + 1)]
        return "\n".join(lines).encode()

    def answers(self, model: str, deployed: set[str]) -> None:
        if model not in deployed:
            raise Refused(404, "The API deployment for this resource does not exist.", "DeploymentNotFound")


class Nebius(OpenAI):
    """Nebius, Dec 2025: files without a status, `running` at once, no metrics, losses in checkpoints."""

    waiting = ("running",)

    def file(self, file: Json, looks: int) -> Json:
        return {**file, "status": None, "status_details": None}

    def job(self, job: Job) -> Json:
        return super().job(job) | {"organization_id": None, "result_files": []}

    def model(self, job: Job) -> str:
        return f"{job.body['model']}-LoRa:{job.body.get('suffix', '')}-{job.id[-4:]}"

    def events(self, job: Job) -> list[Json]:
        texts = ["Job is submitted", "Dataset 'training' processed successfully"]
        closing = {"succeeded": ["Training completed successfully"], "failed": ["Training failed"]}
        texts += closing.get(self.status(job), [])
        return [event(text, 30 * number) for number, text in enumerate(texts)]

    def checkpoints(self, job: Job) -> list[Json]:
        found = super().checkpoints(job)
        return [
            {
                **each,
                "metrics": {"train_loss": 4 / place, "valid_loss": 5 / place},
                "result_files": ["file-weights"],
            }
            for place, each in enumerate(found, 1)
        ]


class Bedrock(OpenAI):
    """Bedrock's mantle address: reinforcement of open models only. Its events are not known: as OpenAI's."""

    def check(self, body: Json) -> None:
        if (body.get("method") or {}).get("type") != "reinforcement":
            raise Refused(400, "Only the method 'reinforcement' is supported for this model.", param="method")
        super().check(body)


DIALECTS: dict[str, type[OpenAI]] = {"openai": OpenAI, "azure": Azure, "nebius": Nebius, "bedrock": Bedrock}


@dataclass
class Held:
    """What a service holds."""

    files: dict[str, tuple[Json, bytes]] = field(default_factory=dict)
    looks: dict[str, int] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    deployed: set[str] = field(default_factory=set)
    models: set[str] = field(default_factory=set)
    bodies: list[Json] = field(default_factory=list)
    deleted: set[str] = field(default_factory=set)


class Dialect(ThreadingHTTPServer):
    """A service of one dialect, on a port of this machine."""

    daemon_threads = True

    def __init__(self, name: str, models: set[str]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.speaks, self.held, self.lock = DIALECTS[name](), Held(models=models), threading.Lock()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def rewind(self) -> None:
        """Let every job begin again, so that the next notebook meets its first status."""
        for job in self.held.jobs.values():
            job.looks = 0


@contextmanager
def speaking(name: str, *models: str) -> Iterator[Dialect]:
    """A service of a dialect that has some base models."""
    service = Dialect(name, set(models))
    threading.Thread(target=service.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield service
    finally:
        service.shutdown()
        service.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def do_DELETE(self) -> None:
        self._answer("DELETE")

    def _answer(self, method: str) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        path, _, asked = self.path.partition("?")
        query = dict(part.split("=", 1) for part in asked.split("&") if "=" in part)
        try:
            with self.server.lock:
                status, content = (
                    200,
                    self._route(method, path.removeprefix(self.server.speaks.prefix), query, raw),
                )
        except Refused as refused:
            status, content = refused.status, refused.body
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header(
            "content-type", "application/octet-stream" if isinstance(content, bytes) else "application/json"
        )
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _route(self, method: str, path: str, query: Json, raw: bytes) -> Json | bytes:
        held, speaks = self.server.held, self.server.speaks
        match method, path.strip("/").split("/"):
            case "POST", ["files"]:
                return self._upload(raw)
            case "GET", ["files"]:
                newest = [speaks.file(file, 9) for file, _ in reversed(held.files.values())]
                return page(newest, query | {"limit": query.get("limit", 10_000)})
            case "GET", ["files", name, "content"]:
                return speaks.result() if name.startswith("file-result") else self._file(name)[1]
            case "GET", ["files", name]:
                held.looks[name] = held.looks.get(name, 0) + 1
                return speaks.file(self._file(name)[0], held.looks[name])
            case "DELETE", ["files", name]:
                self._file(name)
                held.files.pop(name, None)
                held.deleted.add(name)
                return {"id": name, "object": "file", "deleted": True}
            case "POST", ["fine_tuning", "jobs"]:
                return self._create(json.loads(raw))
            case "GET", ["fine_tuning", "jobs"]:
                return page([speaks.job(job) for job in reversed(held.jobs.values())], query)
            case "GET", ["fine_tuning", "jobs", name]:
                found = speaks.job(self._job(name))
                self._job(name).looks += 1
                return found
            case "POST", ["fine_tuning", "jobs", name, "cancel"]:
                self._job(name).cancelled = True
                return speaks.job(self._job(name))
            case "GET", ["fine_tuning", "jobs", name, "events"]:
                return page(speaks.events(self._job(name))[::-1], query)
            case "GET", ["fine_tuning", "jobs", name, "checkpoints"]:
                return page(speaks.checkpoints(self._job(name))[::-1], query)
            case "GET", ["models"]:
                return page([_model(name) for name in sorted(self._models())], {"limit": 1_000})
            case "GET", ["models", *rest] if "/".join(rest) in self._models():
                return _model("/".join(rest))
            case "DELETE", ["models", *rest] if "/".join(rest) in self._models():
                held.deleted.add("/".join(rest))
                return {"id": "/".join(rest), "object": "model", "deleted": True}
            case "POST", ["chat", "completions"]:
                return self._chat(json.loads(raw))
        raise Refused(404, f"Unknown request URL: {method} {path}", "unknown_url")

    def _upload(self, raw: bytes) -> Json:
        head = f"content-type: {self.headers['content-type']}\r\n\r\n".encode()
        form = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + raw)
        parts = {part.get_param("name", header="content-disposition"): part for part in form.iter_parts()}
        purpose = parts["purpose"].get_payload(decode=True).decode()
        if purpose != "fine-tune":
            raise Refused(400, f"Invalid 'purpose'. Found {purpose!r}.", param="purpose")
        content = parts["file"].get_payload(decode=True)
        name = f"file-{len(self.server.held.files) + len(self.server.held.deleted):022d}"
        file = {"id": name, "object": "file", "bytes": len(content), "created_at": T0, "purpose": purpose}
        file["filename"] = parts["file"].get_filename()
        self.server.held.files[name] = (file, content)
        return self.server.speaks.file(file, 0)

    def _create(self, body: Json) -> Json:
        held = self.server.held
        held.bodies.append(body)
        self.server.speaks.check(body)
        if body["model"] not in self._models():
            raise Refused(400, f"The model {body['model']} does not exist.", "model_not_available")
        content = self._file(body["training_file"])[1]
        job = Job(f"ftjob-{len(held.jobs):024d}", body, broken=not _all_rows(content))
        held.jobs[job.id] = job
        return self.server.speaks.job(job)

    def _chat(self, body: Json) -> Json:
        if body["model"] not in self._models() | self.server.held.deployed:
            raise Refused(404, f"The model `{body['model']}` does not exist.", "model_not_found")
        self.server.speaks.answers(body["model"], self.server.held.deployed)
        message = {"role": "assistant", "content": "Scripted."}
        choice = {"index": 0, "finish_reason": "stop", "message": message, "logprobs": None}
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": T0,
            "model": body["model"],
            "choices": [choice],
        }

    def _file(self, name: str) -> tuple[Json, bytes]:
        if name not in self.server.held.files:
            raise Refused(404, f"No such File object: {name}")
        return self.server.held.files[name]

    def _job(self, name: str) -> Job:
        if name not in self.server.held.jobs:
            raise Refused(404, f"Could not find fine tune: {name}", "fine_tune_not_found")
        return self.server.held.jobs[name]

    def _models(self) -> set[str]:
        speaks, held = self.server.speaks, self.server.held
        made = {speaks.model(job) for job in held.jobs.values() if speaks.status(job) == "succeeded"}
        return (held.models | made) - held.deleted

    def log_message(self, *args: object) -> None:
        pass


def _model(name: str) -> Json:
    return {"id": name, "object": "model", "created": T0, "owned_by": "scripted"}


def _all_rows(content: bytes) -> bool:
    """Whether each line is a chat row; the check of a service says more."""
    try:
        rows = [json.loads(line) for line in content.splitlines() if line.strip()]
    except ValueError:
        return False
    chats = [row.get("messages") if isinstance(row, dict) else None for row in rows]
    return bool(chats) and all(isinstance(chat, list) and "role" in str(chat) for chat in chats)
