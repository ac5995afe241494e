"""What the training program writes for others to read: events.jsonl, checkpoints, and the result file."""

import csv
import json
import shutil
import time
from pathlib import Path
from typing import Any

# Column names of OpenAI's result file, and the metric that each column holds.
RESULT_COLUMNS = {
    "step": "step",
    "train_loss": "train_loss",
    "train_accuracy": "train_mean_token_accuracy",
    "valid_loss": "valid_loss",
    "valid_mean_token_accuracy": "valid_mean_token_accuracy",
}

DISK_FULL = {
    "code": "insufficient_storage",
    "message": "The disk is full, so the training could not go on. Free about 300 MB and create a new job.",
}


def disk_is_full(folder: Path) -> bool:
    """Whether the disk of a folder has too little room, less than 1 MB, to record even a failure."""
    return shutil.disk_usage(folder).free < 1024**2


class Log:
    """The lines of events.jsonl, those of an interrupted run included.

    Args:
        path: The file; made when missing.
    """

    def __init__(self, path: Path) -> None:
        whole = (
            [line for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
            if path.exists()
            else []
        )
        self.lines: list[dict[str, Any]] = [json.loads(line) for line in whole]
        self._file = open(path, "ab")  # noqa: SIM115  (open as long as the program runs)
        # A killed process may leave half a line.
        self._file.truncate(sum(len(line) for line in whole))

    def write(self, kind: str, **values: object) -> None:
        """Append one line, at once on disk for the reader."""
        line = {"kind": kind, "time": time.time(), **values}
        self._file.write(json.dumps(line, allow_nan=False).encode() + b"\n")
        self._file.flush()
        self.lines.append(line)

    def metrics(self) -> list[dict[str, Any]]:
        """The metrics of every step so far."""
        return [line["metrics"] for line in self.lines if line["kind"] == "metrics"]


def step_of(checkpoint: Path) -> int:
    """The step in the name of a checkpoint's folder, `checkpoint-<step>`."""
    return int(checkpoint.name.removeprefix("checkpoint-"))


def write_result_file(path: Path, metrics: list[dict[str, Any]]) -> None:
    """Write the metrics of every step as CSV: OpenAI's column names, blanks where nothing was measured."""
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(RESULT_COLUMNS)
        writer.writerows([step.get(metric, "") for metric in RESULT_COLUMNS.values()] for step in metrics)
