"""The result file of a job: a line for each step, with OpenAI's column names."""

import csv
from collections.abc import Mapping
from pathlib import Path

from local_server.training.measured.metrics import AnyMetrics

# Column names of OpenAI's result file (seen in public notebooks, 2024), and the metric that each one holds.
RESULT_COLUMNS = {
    "step": "step",
    "train_loss": "train_loss",
    "train_accuracy": "train_mean_token_accuracy",
    "valid_loss": "valid_loss",
    "valid_mean_token_accuracy": "valid_mean_token_accuracy",
}
# No result file of such a job is public; these are the names of the events.
REWARD_COLUMNS = (
    "train_chosen_reward", "train_rejected_reward", "train_reward_margin", "train_reward_accuracy",
    "valid_reward_margin", "valid_reward_accuracy",
)  # fmt: skip
# Of a job of the method `reinforcement` (Microsoft's fine-tuning skill, Aug 2026).
GRADER_COLUMNS = ("step", "train_mean_reward", "full_valid_mean_reward", "completion_tokens_mean")


def write_result_file(path: Path, metrics: list[AnyMetrics]) -> None:
    """Write CSV with OpenAI's column names, and blanks where nothing was measured.

    Rewards have columns of their own, where the method has rewards.

    Args:
        path: The file; replaced when it exists.
        metrics: Of every step.
    """
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if any("train_mean_reward" in each for each in metrics):
            writer.writerow(GRADER_COLUMNS)
            writer.writerows(_row(each, list(GRADER_COLUMNS)) for each in metrics)
            return
        rewards = [name for name in REWARD_COLUMNS if any(name in each for each in metrics)]
        writer.writerow([*RESULT_COLUMNS, *rewards])
        names = [*RESULT_COLUMNS.values(), *rewards]
        writer.writerows(_row(each, names) for each in metrics)


def _row(metrics: Mapping[str, object], names: list[str]) -> list[object]:
    return [metrics.get(name, "") for name in names]
