"""What the training program writes for others to read: events.jsonl, and checkpoints."""

import json
import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Literal, TypedDict

from local_server.training.measured.metrics import AnyMetrics
from local_server.training.specification import Chosen

# The checkpoints of the last epochs, as at OpenAI.
CHECKPOINTS_KEPT = 3


class StepLine(TypedDict):
    """A line of events.jsonl: a step has ended. Times are Unix seconds."""

    kind: Literal["metrics"]
    time: float
    metrics: AnyMetrics
    estimated_finish: float


class CheckpointLine(TypedDict):
    """A line of events.jsonl: the checkpoint of a step is whole."""

    kind: Literal["checkpoint"]
    time: float
    step: int


class FailedLine(TypedDict):
    """A line of events.jsonl: the job cannot go on. `param` is the field of the request that is to blame."""

    kind: Literal["failed"]
    time: float
    code: str
    message: str
    param: str | None
    further: list[str]


class FinishedLine(TypedDict):
    """The last line of events.jsonl. The tokens are those of all rows, times epochs, as OpenAI bills them."""

    kind: Literal["finished"]
    time: float
    trained_tokens: int


class ChosenLine(TypedDict):
    """A line of events.jsonl: what the job trains, and why. There is one at most."""

    kind: Literal["chosen"]
    time: float
    chosen: Chosen
    message: str


class WarningLine(TypedDict):
    """A line of events.jsonl: rows were cut off, the job cannot begin just now, or a grader has failed."""

    kind: Literal["cut", "waiting", "grader"]
    time: float
    message: str


class ReadingLine(TypedDict):
    """A line of events.jsonl: how far the program has come with a file of many examples."""

    kind: Literal["reading"]
    time: float
    file: str
    examples: int
    message: str


Line = StepLine | CheckpointLine | FailedLine | FinishedLine | ChosenLine | WarningLine | ReadingLine


def whole_steps(lines: Iterable[Line]) -> set[int]:
    """The steps whose checkpoints are whole, by the lines of events.jsonl."""
    return {line["step"] for line in lines if line["kind"] == "checkpoint"}


def half_written(folder: Path, lines: Iterable[Line]) -> list[Path]:
    """The checkpoints of a job folder that no line calls whole: their process ended while it wrote them."""
    whole = whole_steps(lines)
    return [path for path in (folder / "checkpoints").glob("checkpoint-*") if step_of(path) not in whole]


def remove_half_written(folder: Path, lines: Iterable[Line]) -> None:
    """Delete the checkpoints that their process has not finished: they fill the disk."""
    for path in half_written(folder, lines):
        shutil.rmtree(path, ignore_errors=True)


class Log:
    """The lines of events.jsonl, those of an interrupted run included.

    What a killed process has left half written is removed: a line of the file, and checkpoints beside it.

    Args:
        path: The file; made when missing. No other process trains in its folder.

    Attributes:
        lines: What the file holds, oldest first.
    """

    def __init__(self, path: Path) -> None:
        whole = (
            [line for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
            if path.exists()
            else []
        )
        self.lines: list[Line] = [json.loads(line) for line in whole]
        # Open as long as the program runs. Without a buffer: what a full disk refused would come later.
        self._file = open(path, "ab", buffering=0)  # noqa: SIM115
        self._bytes = sum(len(line) for line in whole)
        self._file.truncate(self._bytes)
        remove_half_written(path.parent, self.lines)

    def step(self, metrics: AnyMetrics, estimated_finish: float) -> None:
        """Append that a step has ended.

        Args:
            metrics: What was measured.
            estimated_finish: When the job should be done, in Unix seconds.
        """
        self.append(
            {"kind": "metrics", "time": time.time(), "metrics": metrics, "estimated_finish": estimated_finish}
        )

    def checkpoint(self, step: int) -> None:
        """Append that the checkpoint of this step is whole."""
        self.append({"kind": "checkpoint", "time": time.time(), "step": step})

    def failed(self, code: str, message: str, param: str | None, further: list[str]) -> None:
        """Append why the job cannot go on.

        Args:
            code: Of the job's error.
            message: For the person who started it.
            param: The field of the request that is to blame, or None.
            further: One line for each further problem.
        """
        self.append(
            {
                "kind": "failed",
                "time": time.time(),
                "code": code,
                "message": message,
                "param": param,
                "further": further,
            }
        )

    def chosen(self, chosen: Chosen, message: str) -> None:
        """Append what the job trains, with a sentence that says why."""
        self.append({"kind": "chosen", "time": time.time(), "chosen": chosen, "message": message})

    def cut(self, message: str) -> None:
        """Append that rows were cut off; once, however often the job goes on."""
        if not any(line["kind"] == "cut" and line["message"] == message for line in self.lines):
            self.append({"kind": "cut", "time": time.time(), "message": message})

    def grader_failed(self, message: str) -> None:
        """Append that a grader has failed; once, however often it fails: the metrics count it."""
        if not any(line["kind"] == "grader" for line in self.lines):
            self.append({"kind": "grader", "time": time.time(), "message": message})

    def waits(self, message: str) -> None:
        """Append that the job cannot begin just now; once, however often it is tried."""
        last = next((line["kind"] for line in reversed(self.lines) if line["kind"] != "reading"), None)
        if last != "waiting":
            self.append({"kind": "waiting", "time": time.time(), "message": message})

    def reads(self, file: str, examples: int, message: str) -> None:
        """Append how far a file is read, unless it was as far before: a job that goes on reads it again.

        Args:
            file: `training` or `validation`.
            examples: How many are read.
            message: Says so.
        """
        for line in reversed(self.lines):
            if line["kind"] == "metrics":
                break
            if line["kind"] == "reading" and line["file"] == file and line["examples"] >= examples:
                return
        now = time.time()
        self.append({"kind": "reading", "time": now, "file": file, "examples": examples, "message": message})

    def finished(self, trained_tokens: int) -> None:
        """Append that the job is done."""
        self.append({"kind": "finished", "time": time.time(), "trained_tokens": trained_tokens})

    def append(self, line: Line) -> None:
        """Write one line, at once on disk for the reader; the whole of it or nothing."""
        content = json.dumps(line, allow_nan=False).encode() + b"\n"
        written = 0
        try:
            while written < len(content):
                written += self._file.write(content[written:])
        except OSError:
            with suppress(OSError):
                self._file.truncate(self._bytes)
            raise
        self._bytes += len(content)
        self.lines.append(line)

    def metrics(self) -> list[AnyMetrics]:
        """The metrics of every step so far."""
        return [line["metrics"] for line in self.lines if line["kind"] == "metrics"]


def step_of(checkpoint: Path) -> int:
    """The step in the name of a checkpoint's folder, `checkpoint-<step>`."""
    return int(checkpoint.name.removeprefix("checkpoint-"))
