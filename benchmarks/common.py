"""What the benchmarks share: a real server, the course's job, what ran where, and the lines of a table."""

import argparse
import json
import os
import platform
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import psutil

if TYPE_CHECKING:
    import torch
    from openai import OpenAI
    from openai.types.fine_tuning import FineTuningJob
    from transformers import PreTrainedModel

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from local_server.settings import Settings  # noqa: E402

# The job of the course: the sample run's files, and the hyperparameters of notebook 03.
TRAINING, VALIDATION = (
    ROOT / "data" / "sample_runs" / "elle-tiny" / f"{name}.jsonl" for name in ("train", "validation")
)
EPOCHS, BATCH_SIZE, SEED = 3, 2, 7
# A server of others that reads the model for the first time may need this long.
START_SECONDS = 300


@dataclass
class Server:
    """A running server: its process id, its state folder and how to reach it."""

    pid: int
    state: Path
    base_url: str
    api_key: str


@contextmanager
def serve(*options: str) -> Iterator[Server]:
    """Run a server on a new, empty state folder until the block ends; then nothing of it is left.

    Args:
        *options: Of its command line.
    """
    with tempfile.TemporaryDirectory(prefix="benchmark-", ignore_cleanup_errors=True) as name:
        command = [sys.executable, "-m", "local_server", "--port", "0", "--state", name, *options]
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        try:
            yield Server(process.pid, Path(name), **json.loads(process.stdout.readline()))
        finally:
            process.terminate()
            process.wait(30)
            process.stdout.close()


def child_environment(state: Path, threads: int = 1) -> dict[str, str]:
    """The environment of the server's own child processes."""
    return Settings(state, (), api_key="", threads=threads).child_environment()


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def until_it_listens(process: subprocess.Popen, port: int) -> None:
    """Wait until a server answers connections.

    Raises:
        RuntimeError: It has ended, or does not listen after `START_SECONDS`.
    """
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("it does not start")


def processor_seconds(pid: int) -> float:
    """What a process and its children have used so far, user and system time; those that ended, too."""
    process = psutil.Process(pid)
    spent = 0.0
    for one in (process, *process.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            spent += sum(one.cpu_times()[:4])
    return spent


def trained_loss(model: "PreTrainedModel", batch: dict[str, "torch.Tensor"]) -> "torch.Tensor":
    """The mean loss of a batch, where the vocabulary is scored at trained positions only.

    The bare loops take it: to score every position, as Transformers does by itself, costs the tiny model 13 %
    more time (measured Nov 2026), and no comparison should win by that.
    """
    from torch.nn.functional import cross_entropy

    labels = batch["labels"][:, 1:]
    places = (labels != -100).any(dim=0).nonzero().squeeze(1)
    inputs = {name: values for name, values in batch.items() if name != "labels"}
    scores = model(**inputs, logits_to_keep=places, use_cache=False).logits
    return cross_entropy(scores.flatten(0, 1).float(), labels[:, places].flatten())


def machine(*packages: str) -> str:
    """One line on what is measured, with the load of the last minute: other programs change the figures."""
    versions = ", ".join(f"{package} {version(package)}" for package in packages)
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    return f"Python {platform.python_version()}, {versions}; {os.cpu_count()} cores, load average {load}"


@dataclass(frozen=True)
class Line:
    """One figure of a benchmark, beside a peer and a limit.

    Attributes:
        work: What was done.
        unit: Of `ours` and `theirs`.
        ours: None: not measured; `note` says why.
        peer: Who else did the work.
        theirs: None: nobody else did it, or not here.
        ratio: Ours over theirs; the median of pairs that followed each other is better than that of medians.
        reach: The limit; None for a figure that is only shown.
        at_least: Whether the limit is the least or the most.
        limits: What the limit is for, the ratio or our own figure.
        note: What a reader has to know, or what is missing.
    """

    work: str
    unit: str
    ours: float | None
    peer: str = ""
    theirs: float | None = None
    ratio: float | None = None
    reach: float | None = None
    at_least: bool = True
    limits: Literal["ratio", "ours"] = "ratio"
    note: str = ""

    @property
    def judgement(self) -> str:
        """Whether the limit is reached, in one word."""
        value = self.ratio if self.limits == "ratio" else self.ours
        if self.reach is None or value is None:
            return "" if self.reach is None else "not measured"
        return "reached" if (value >= self.reach) == self.at_least or value == self.reach else "MISSED"

    @property
    def limit(self) -> str:
        """The limit with its sign: ≥ 0.9 ×, or ≤ 1 s."""
        if self.reach is None:
            return ""
        unit = "×" if self.limits == "ratio" else self.unit
        return f"{'≥' if self.at_least else '≤'} {self.reach:g} {unit}"


def table(lines: list[Line]) -> str:
    """The lines as one table, for people."""

    def number(value: float | None, unit: str = "") -> str:
        digits = ",.0f" if value is not None and abs(value) >= 100 else ".3g"
        return "–" if value is None else f"{value:{digits}} {unit}".strip()

    rows = [("work", "peer", "peer's", "ours", "ratio", "reach", "")]
    for line in lines:
        figures = (number(line.theirs), number(line.ours, line.unit), number(line.ratio))
        told = f"{line.judgement}{': ' if line.note and line.judgement else ''}{line.note}"
        rows.append((line.work, line.peer, *figures, line.limit, told))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def options(description: str | None) -> argparse.ArgumentParser:
    """The parser of a benchmark: with `--lines`, and with `--help` as the benchmark is written."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lines", type=Path, metavar="FILE", help="also write the table's lines, as JSON")
    return parser


def report(lines: list[Line], file: Path | None) -> None:
    """Print the table of a benchmark, and hand its lines over where somebody wants them.

    Args:
        lines: Of the benchmark.
        file: From `--lines`.
    """
    print(f"\n{table(lines)}")
    if file:
        file.write_text(json.dumps([asdict(line) for line in lines]), encoding="utf-8")


def reached(ratio: float, limit: float, *, at_least: bool) -> str:
    """Whether a figure is within its limit, in words for a table."""
    good = ratio >= limit if at_least else ratio <= limit
    return f"{'reached' if good else 'MISSED'} ({'at least' if at_least else 'at most'} {limit:g})"


def as_file(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Rows as JSON Lines."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def trained(
    client: "OpenAI",
    model: str,
    rows: Sequence[Mapping[str, Any]],
    chosen: Mapping[str, Any],
    seed: int,
    *,
    method: str = "supervised",
    **more: object,
) -> "tuple[FineTuningJob, float]":
    """One fine-tuning job on some rows, waited for: the job, and the seconds from its creation to its end."""
    file = client.files.create(file=("rows.jsonl", as_file(rows)), purpose="fine-tune")
    way = {"type": method, method: {"hyperparameters": chosen}}
    began = time.monotonic()
    job = client.fine_tuning.jobs.create(
        model=model, training_file=file.id, seed=seed, method=way, extra_body=more or None
    )
    while job.finished_at is None:
        time.sleep(0.5)
        job = client.fine_tuning.jobs.retrieve(job.id)
    if job.fine_tuned_model is None:
        raise SystemExit(f"The job failed: {job.error}")
    return job, time.monotonic() - began
