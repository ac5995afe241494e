"""The result file of a job: a line for each step, with OpenAI's column names."""

import csv
from collections.abc import Mapping
from pathlib import Path

from local_server.training.measured.metrics import StepMetrics

# Column names of OpenAI's result file (seen in public notebooks, 2024), and the metric that each one holds.
RESULT_COLUMNS = {
    "step": "step",
    "train_loss": "train_loss",
    "train_accuracy": "train_mean_token_accuracy",
    "valid_loss": "valid_loss",
    "valid_mean_token_accuracy": "valid_mean_token_accuracy",
}


def write_result_file(path: Path, metrics: list[StepMetrics]) -> None:
    """Write CSV with OpenAI's column names, and blanks where nothing was measured.

    Args:
        path: The file; replaced when it exists.
        metrics: Of every step.
    """
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(RESULT_COLUMNS)
        writer.writerows(map(_row, metrics))


def _row(metrics: Mapping[str, object]) -> list[object]:
    return [metrics.get(name, "") for name in RESULT_COLUMNS.values()]
