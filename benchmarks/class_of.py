"""A class on one server: every learner uploads a file, trains a job, polls it, and asks the new model.

`python benchmarks/class_of.py` starts a server with projects and one key for each learner. First one learner
alone trains some jobs, to compare. Then all others come at once. Each uploads rows, creates a job, reads job
and events every two seconds until the job has ended, and asks the new model once. It prints the latencies of
reads while all this happens, the longest wait in the queue, and the arithmetic beside it: with S slots, the
last of N learners waits for (N - S) / S jobs, rounded up, each as long as a job trains in this class.

A job of the tiny model takes some seconds, so a class of 200 takes 200 times that: `--learners 200`. The load
generator runs in this process; its share of the processor is printed, because it takes it from the server and
the training.
"""

import asyncio
import json
import math
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median
from typing import Any
from urllib.parse import urlsplit

from common import BATCH_SIZE, ROOT, SEED, TRAINING, Line, Server, machine, options, report, serve
from load import POLL_SECONDS, at_most, percentile

from local_server.access import keys
from local_server.access.keys import Limits, Projects

MODEL = "periodic-tiny-2026-11"
JOBS = "/fine_tuning/jobs"
P99_MS = 100
# A slot that stays empty, or a learner who is passed over, makes this larger.
WAIT_OVER_ARITHMETIC = 1.15
# The runner looks ten times a second whether a job has ended, and starts the next one.
FREE_SECONDS = 0.2
JOBS_ALONE, ALONE_POLL_SECONDS = 4, 0.1
# A file of a job has 10 rows at least.
STEPS_PER_EPOCH = 10
ENDED = ("succeeded", "failed", "cancelled")


@dataclass
class Seen:
    """What the learners saw.

    Attributes:
        milliseconds: Of each kind of request.
        statuses: Of the jobs, at their end.
        waits: Seconds from the creation of each job to its start, whole ones.
        trained: Seconds from the start of each job to its end, whole ones.
        problems: What was answered with another status than 200, or not at all.
    """

    milliseconds: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    statuses: Counter[str] = field(default_factory=Counter)
    waits: list[int] = field(default_factory=list)
    trained: list[int] = field(default_factory=list)
    problems: Counter[str] = field(default_factory=Counter)


class Learner:
    """One learner with a key and a connection of its own.

    Args:
        server: Whom to ask.
        key: Of the learner's project.
        seen: Where the latencies go.
    """

    def __init__(self, server: Server, key: str, seen: Seen) -> None:
        self._address, self._key, self._seen = urlsplit(server.base_url), key, seen
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def _ask(
        self, name: str, method: str, path: str, body: bytes = b"", kind: str = "application/json"
    ) -> dict[str, Any]:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._address.hostname, self._address.port)
        reader, writer = self._streams
        asked = time.perf_counter()
        writer.write(
            f"{method} {self._address.path}{path} HTTP/1.1\r\nHost: {self._address.netloc}\r\n"
            f"Authorization: Bearer {self._key}\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            length = int(head.partition("content-length:")[2].partition("\r")[0])
            answer: dict[str, Any] = json.loads(await reader.readexactly(length))
        except (OSError, ValueError, asyncio.IncompleteReadError) as error:
            self._seen.problems[type(error).__name__] += 1
            writer.close()
            self._streams = None
            raise
        self._seen.milliseconds[name].append(1000 * (time.perf_counter() - asked))
        if not head.startswith("http/1.1 200"):
            self._seen.problems[head.partition("\r")[0]] += 1
            raise RuntimeError(answer["error"]["message"])
        return answer

    async def course(
        self, rows: bytes, epochs: int, *, first_poll: float = 0, poll_seconds: float = POLL_SECONDS
    ) -> None:
        """Upload, train, poll, ask."""
        form = (
            b'--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nfine-tune\r\n'
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="train.jsonl"\r\n\r\n'
            + rows
            + b"\r\n--b--\r\n"
        )
        file = await self._ask("upload", "POST", "/files", form, "multipart/form-data; boundary=b")
        numbers = {"n_epochs": epochs, "batch_size": BATCH_SIZE}
        method = {"type": "supervised", "supervised": {"hyperparameters": numbers}}
        asked = {"model": MODEL, "training_file": file["id"], "method": method, "seed": SEED}
        job = await self._ask("create job", "POST", JOBS, json.dumps(asked).encode())
        path, due = f"{JOBS}/{job['id']}", time.perf_counter() + first_poll
        while job["status"] not in ENDED:
            await asyncio.sleep(max(0, due - time.perf_counter()))
            job = await self._ask("read job", "GET", path)
            await self._ask("read events", "GET", f"{path}/events?limit=20")
            due += poll_seconds
        events = (await self._ask("read events", "GET", f"{path}/events?limit=1000"))["data"]
        started = [each["created_at"] for each in events if each["message"] == "Fine-tuning job started"]
        self._seen.statuses[job["status"]] += 1
        self._seen.waits += [begun - job["created_at"] for begun in started[-1:]]
        self._seen.trained += [job["finished_at"] - begun for begun in started[-1:]]
        if job["status"] != "succeeded":
            self._seen.problems[job["status"]] += 1
            return
        question = [{"role": "user", "content": "Tell me about Gold"}]
        chat = {"model": job["fine_tuned_model"], "messages": question, "max_tokens": 30}
        await self._ask("chat", "POST", "/chat/completions", json.dumps(chat).encode())
        if self._streams is not None:
            self._streams[1].close()


async def all_at_once(learners: list[Learner], rows: bytes, epochs: int) -> None:
    """Let all learners work; their polls begin evenly over the first two seconds."""
    await asyncio.gather(
        *(
            learner.course(rows, epochs, first_poll=POLL_SECONDS * number / len(learners))
            for number, learner in enumerate(learners)
        )
    )


def measure(learners: int, steps: int, slots: int) -> list[Line]:
    """Run one class, print what it saw, and return the figures."""
    names = keys.numbered(learners + 1)
    drawn = keys.new_keys(names)
    rows = b"".join(TRAINING.read_bytes().splitlines(keepends=True)[: STEPS_PER_EPOCH * BATCH_SIZE])
    epochs = steps // STEPS_PER_EPOCH
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "projects.toml"
        known_by = {keys.digest(key): name for name, key in drawn.items()}
        keys.write_new(file, keys.text_of(Projects(known_by, Limits())))
        with serve("--projects", str(file), "--slots", str(slots)) as server:
            alone, together = Seen(), Seen()
            for _ in range(JOBS_ALONE):
                learner = Learner(server, drawn[names[0]], alone)
                asyncio.run(learner.course(rows, epochs, poll_seconds=ALONE_POLL_SECONDS))
            began, cpu = time.perf_counter(), time.process_time()
            asyncio.run(
                all_at_once([Learner(server, drawn[name], together) for name in names[1:]], rows, epochs)
            )
            seconds, spent = time.perf_counter() - began, time.process_time() - cpu
    return told(alone, together, slots, seconds, spent)


def told(alone: Seen, seen: Seen, slots: int, seconds: float, spent: float) -> list[Line]:
    """Print the figures of a class.

    Args:
        alone: What the first learner saw.
        seen: What all others saw.
        slots: Jobs that train at the same time.
        seconds: From the first upload of the class to the last answer.
        spent: Processor seconds of the load generator.
    """
    count = seen.statuses.total()
    print(f"{'request':<14}{'number':>8}{'p50 ms':>9}{'p99':>9}{'max':>9}")
    for name, values in seen.milliseconds.items():
        figures = "".join(f"{percentile(values, percent):>9.1f}" for percent in (50, 99, 100))
        print(f"{name:<14}{len(values):>8}{figures}")
    # The mean of whole seconds is exact enough. A slot is free for a moment between two jobs: FREE_SECONDS.
    one, ahead = mean(seen.trained) + FREE_SECONDS, math.ceil((count - slots) / slots)
    expected, longest = ahead * one, max(seen.waits)
    print(f"\njobs: {dict(seen.statuses)}; problems: {dict(seen.problems) or 'none'}")
    print(f"the class took {seconds:.0f} s; load generator: {spent / seconds:.0%} of one core")
    # The first one loads PyTorch.
    print(
        f"a job, from its start to its end: {mean(alone.trained[1:]):.1f} s alone, {one:.2f} s in the class"
    )
    print(f"arithmetic: {ahead} jobs before the last one x {one:.2f} s = {expected:.0f} s")
    print(f"waits: median {median(seen.waits):.0f} s, longest {longest} s")
    reads = seen.milliseconds["read job"] + seen.milliseconds["read events"]
    work = f"{count} learners, {slots} slot(s)"
    return [
        at_most(P99_MS, f"{work}, reads, p99", "ms", percentile(reads, 99)),
        at_most(0, f"{work}, requests that failed", "requests", seen.problems.total()),
        Line(
            f"{work}, longest wait", "s", float(longest), "arithmetic", expected,
            longest / expected if expected else None, reach=WAIT_OVER_ARITHMETIC, at_least=False,
        ),
    ]  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = options(__doc__)
    parser.add_argument("--learners", type=int, default=30, help="learners who come at once (default: 30)")
    parser.add_argument(
        "--steps",
        type=int,
        default=20,
        choices=range(10, 501, 10),
        metavar="10-500",
        help="steps of each job, in tens (default: 20)",
    )
    parser.add_argument("--slots", type=int, default=1, help="jobs that train at once (default: 1)")
    arguments = parser.parse_args()
    print(machine("fastapi", "uvicorn", "torch", "trl") + f"; {arguments.steps} steps a job\n")
    assert ROOT in TRAINING.parents
    report(measure(arguments.learners, arguments.steps, arguments.slots), arguments.lines)


if __name__ == "__main__":
    main()
