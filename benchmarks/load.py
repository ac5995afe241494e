"""How the server answers: one learner who polls an idle server, and 400 while a job trains.

`python benchmarks/load.py` first reads a job again and again on an idle server, with the SDK and with a
bare connection. Then a long job trains, in turns alone and under load: each learner reads the job and its
newest 20 events every two seconds, each on a connection of its own. It prints latencies for each route,
errors, memory of the server process, and the steps per second of the very same job with and without the
load. The load generator runs in this process; the CPU time that it takes is printed, because it takes
it from the server and the training. Takes about three minutes.
"""

import asyncio
import http.client
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from urllib.parse import urlsplit

import openai
import psutil
from common import (
    BATCH_SIZE,
    SEED,
    TRAINING,
    Line,
    Server,
    machine,
    options,
    processor_seconds,
    report,
    serve,
)

POLL_SECONDS = 2.0
# A learner that begins its round later than this has not kept its two seconds.
LATE_SECONDS = 0.1
# A server that uses less of a core is idle, and this long it may take until it is.
IDLE_SHARE, LOADED_SECONDS = 0.03, 60
P99_MS, SLOWED, P50_MS = 100, 0.25, 3
MEGABYTE = 1024**2


@dataclass
class Load:
    """What the learners saw."""

    milliseconds: dict[str, list[float]] = field(default_factory=lambda: {"job": [], "events": []})
    errors: Counter[str] = field(default_factory=Counter)
    late: int = 0
    cpu_seconds: float = 0


def percentile(values: list[float], percent: float) -> float:
    """The smallest value that `percent` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


class Learner:
    """One learner with a connection of its own, which stays open.

    Args:
        server: Whom to ask.
        job_id: The job to poll.
        load: Where latencies and errors go.
    """

    def __init__(self, server: Server, job_id: str, load: Load) -> None:
        self._address = urlsplit(server.base_url)
        path = f"{self._address.path}/fine_tuning/jobs/{job_id}"
        self._requests = {
            name: (
                f"GET {path}{rest} HTTP/1.1\r\nHost: {self._address.netloc}\r\n"
                f"Authorization: Bearer {server.api_key}\r\n\r\n"
            ).encode()
            for name, rest in (("job", ""), ("events", "/events?limit=20"))
        }
        self._load = load

    async def poll(self, begin: float, end: float) -> None:
        """Read job and events every two seconds, from `begin` to `end` (of `time.perf_counter`)."""
        reader, writer = await asyncio.open_connection(self._address.hostname, self._address.port)
        due = begin
        while due < end:
            await asyncio.sleep(max(0, due - time.perf_counter()))
            self._load.late += time.perf_counter() - due > LATE_SECONDS
            for name, request in self._requests.items():
                asked = time.perf_counter()
                writer.write(request)
                try:
                    problem = await self._read(reader)
                except (OSError, asyncio.IncompleteReadError) as error:
                    problem = type(error).__name__
                    writer.close()
                    reader, writer = await asyncio.open_connection(self._address.hostname, self._address.port)
                self._load.milliseconds[name].append(1000 * (time.perf_counter() - asked))
                if problem:
                    self._load.errors[problem] += 1
            due += POLL_SECONDS
        writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> str:
        """Read one answer; returns its status line, or "" for a whole answer with status 200."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        body = await reader.readexactly(int(head.partition("content-length:")[2].partition("\r")[0]))
        whole = body.startswith(b"{") and body.endswith(b"}")
        return "" if head.startswith("http/1.1 200") and whole else head.partition("\r")[0]


async def learners(server: Server, job_id: str, count: int, seconds: float, load: Load) -> None:
    """Let `count` learners poll for a while, started evenly over the first two seconds."""
    began, cpu = time.perf_counter() + 0.1, time.process_time()
    await asyncio.gather(
        *(
            Learner(server, job_id, load).poll(began + POLL_SECONDS * number / count, began + seconds)
            for number in range(count)
        )
    )
    load.cpu_seconds += time.process_time() - cpu


class Training:
    """A long job on the server, observed through the file that its training process writes.

    Args:
        server: Where it trains.
        job_id: The job.
    """

    def __init__(self, server: Server, job_id: str) -> None:
        self._lines = server.state / "jobs" / job_id / "events.jsonl"

    def times(self) -> list[float]:
        """When each step so far ended, in Unix seconds."""
        if not self._lines.exists():
            return []
        with open(self._lines, encoding="utf-8") as lines:
            whole = [json.loads(line) for line in lines if line.endswith("\n")]
        return [line["time"] for line in whole if line["kind"] == "metrics"]

    def steps_per_second(self, begin: float, end: float) -> float:
        """Speed between two moments; pauses for a checkpoint count, as they do for a learner."""
        inside = [moment for moment in self.times() if begin <= moment <= end]
        return (len(inside) - 1) / (inside[-1] - inside[0])


def create_job(client: openai.OpenAI) -> str:
    """Start a job on the course's training rows that lasts for as long as anyone measures."""
    file = client.files.create(file=TRAINING, purpose="fine-tune")
    settings = {"n_epochs": 50, "batch_size": BATCH_SIZE}
    method = {"type": "supervised", "supervised": {"hyperparameters": settings}}
    (model, *_) = client.models.list()
    job = client.fine_tuning.jobs.create(model=model.id, training_file=file.id, method=method, seed=SEED)
    return job.id


def at_most(limit: float, work: str, unit: str, ours: float) -> Line:
    """A figure of the server with a limit, and no peer."""
    return Line(work, unit, ours, reach=limit, at_least=False, limits="ours")


def until_idle(pid: int) -> None:
    """Wait for what the server loads after its start and for the first job: seconds of the processor."""
    spent, end = processor_seconds(pid), time.monotonic() + LOADED_SECONDS
    while time.monotonic() < end:
        time.sleep(1)
        before, spent = spent, processor_seconds(pid)
        if spent - before < IDLE_SHARE:
            return
    raise RuntimeError(f"the server still works {LOADED_SECONDS} s after its start; stop what runs beside it")


def idle_latency(server: Server, client: openai.OpenAI, requests: int) -> list[Line]:
    """Read a job that nobody trains, one request after the other, and print the latencies."""
    job_id = create_job(client)
    client.fine_tuning.jobs.cancel(job_id)
    until_idle(server.pid)
    address = urlsplit(server.base_url)
    connection = http.client.HTTPConnection(address.netloc)

    def bare() -> None:
        connection.request(
            "GET",
            f"{address.path}/fine_tuning/jobs/{job_id}",
            headers={"Authorization": f"Bearer {server.api_key}"},
        )
        connection.getresponse().read()

    print(f"GET job, one after the other, idle server, {requests} requests each")
    print(f"{'client':<28}{'p50 ms':>9}{'p90':>9}{'p99':>9}")
    asks: dict[str, Callable[[], object]] = {
        "openai SDK": lambda: client.fine_tuning.jobs.retrieve(job_id),
        "bare, kept connection": bare,
    }
    lines = []
    for name, ask in asks.items():
        milliseconds = []
        for _ in range(requests):
            asked = time.perf_counter()
            ask()
            milliseconds.append(1000 * (time.perf_counter() - asked))
        figures = "".join(f"{percentile(milliseconds, percent):>9.2f}" for percent in (50, 90, 99))
        print(f"{name:<28}{figures}")
        lines.append(at_most(P50_MS, f"GET job, idle server, {name}, p50", "ms", median(milliseconds)))
    connection.close()
    return lines


def under_load(server: Server, client: openai.OpenAI, count: int, seconds: float, rounds: int) -> list[Line]:
    """Train one long job, in turns alone and with learners that poll it, and print what both saw."""
    job_id = create_job(client)
    training, process = Training(server, job_id), psutil.Process(server.pid)
    # The first steps come with page faults and fresh caches.
    while len(training.times()) < 10:
        time.sleep(0.2)
    load, memory, speeds = Load(), [process.memory_info().rss], []
    server_cpu = spent = 0.0
    for _ in range(rounds):
        marks = [time.time()]
        time.sleep(seconds)
        marks.append(time.time())
        cpu = sum(process.cpu_times()[:2])
        asyncio.run(learners(server, job_id, count, seconds, load))
        server_cpu += sum(process.cpu_times()[:2]) - cpu
        marks.append(time.time())
        spent += marks[2] - marks[1]
        memory.append(process.memory_info().rss)
        speeds.append([training.steps_per_second(*both) for both in pairwise(marks)])
    client.fine_tuning.jobs.cancel(job_id)

    total = sum(len(values) for values in load.milliseconds.values())
    print(f"\n{count} learners, job and events every {POLL_SECONDS:g} s, {rounds} x {seconds:g} s")
    print(f"{'route':<28}{'requests':>9}{'p50 ms':>9}{'p90':>9}{'p99':>9}{'max':>9}")
    for name, values in load.milliseconds.items():
        figures = "".join(f"{percentile(values, percent):>9.1f}" for percent in (50, 90, 99, 100))
        print(f"{'GET ' + name:<28}{len(values):>9}{figures}")
    errors = ", ".join(f"{number} x {kind}" for kind, number in load.errors.items()) or "none"
    print(f"requests per second: {total / spent:.0f}; errors: {errors}; rounds that began late: {load.late}")
    print(f"CPU: server {server_cpu / spent:.0%} of one core, load generator {load.cpu_seconds / spent:.0%}")
    print(
        "memory of the server process, MB: "
        + ", ".join(f"{bytes_used / MEGABYTE:.1f}" for bytes_used in memory)
    )
    print(f"\n{'training, steps per second':<28}{'alone':>9}{'loaded':>9}{'slowed':>9}")
    for alone, loaded in speeds:
        print(f"{'':<28}{alone:>9.2f}{loaded:>9.2f}{1 - loaded / alone:>9.0%}")
    slowed = median(1 - loaded / alone for alone, loaded in speeds)
    polled = f"{count} learners, a job trains"
    return [
        *(
            at_most(P99_MS, f"{polled}, GET {name}, p99", "ms", percentile(values, 99))
            for name, values in load.milliseconds.items()
        ),
        at_most(0, f"{polled}, errors", "errors", load.errors.total()),
        at_most(SLOWED, f"{polled}, training slower by", "of its speed", slowed),
    ]


def main() -> None:
    """Measure both and print."""
    parser = options(__doc__)
    parser.add_argument("--learners", type=int, default=400, help="learners who poll (default: 400)")
    parser.add_argument("--seconds", type=float, default=10, help="length of a phase (default: 10)")
    parser.add_argument("--rounds", type=int, default=8, help="phases alone and under load (default: 8)")
    parser.add_argument("--requests", type=int, default=1000, help="requests when idle (default: 1000)")
    arguments = parser.parse_args()
    print(machine("fastapi", "uvicorn", "openai", "torch", "trl") + "; one training thread\n")
    with serve() as server:
        client = openai.OpenAI(base_url=server.base_url, api_key=server.api_key, max_retries=0)
        lines = idle_latency(server, client, arguments.requests)
        lines += under_load(server, client, arguments.learners, arguments.seconds, arguments.rounds)
    report(lines, arguments.lines)


if __name__ == "__main__":
    main()
