"""Read the losses of a job once, for the picture, the sentence, the live view and the comparison."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from helpers.jobs.losses.best_checkpoint import BestCheckpoint, find_best
from helpers.jobs.losses.overfitting import Overfitting, Rise, find_no_number, find_overfitting, find_rise
from helpers.jobs.losses.values import (
    LOSS,
    MARGIN,
    REWARD,
    SMOOTHED_FROM,
    Quantity,
    read_columns,
    smoothed,
    smoothing_window,
)

_COLUMNS = (*LOSS.columns, *REWARD.columns, *MARGIN.columns, "train_mean_token_accuracy", "total_steps")
_CHECKPOINT = "fine_tuned_model_checkpoint"
_MOST_EPOCHS = 50
"""The largest n_epochs that OpenAI accepts (API reference, read Nov 2026)."""


@dataclass(frozen=True, eq=False)
class LossReport:
    """What the tables of a job say about its losses, or about its rewards.

    Each series holds finite values by step, ascending. Losses are cross-entropy per token, in nats.

    Attributes:
        quantity: A loss, a reward, or a margin of rewards.
        training: Value of each step.
        smoothed: Its mean over `window` steps; the same as `training` where the values are too few.
        window: How many values one point of `smoothed` averages, odd; None where it averages none.
        part: Value on a part of the validation file.
        full: Value on the whole validation file.
        epoch_ends: Steps at which an epoch is known to end, ascending.
        steps_per_epoch: Steps in an epoch; None if unknown.
        total_steps: Steps of the whole job; None if unknown.
        checkpoint_steps: Steps after which a checkpoint was stored, in the order of their table.
        best_checkpoint: The one to use; None without checkpoints, or without validation values.
        overfitting: Where it starts and how far it goes; None without such a sign.
        rise: A training loss that rises, or is no number (any more, or from the first step on); None
            without such a sign.
    """

    quantity: Quantity
    training: pd.Series
    smoothed: pd.Series
    window: int | None
    part: pd.Series
    full: pd.Series
    epoch_ends: tuple[int, ...]
    steps_per_epoch: int | None
    total_steps: int | None
    checkpoint_steps: tuple[int, ...]
    best_checkpoint: BestCheckpoint | None
    overfitting: Overfitting | None
    rise: Rise | None

    @property
    def empty(self) -> bool:
        """Whether nothing has been reported, neither a value nor a loss that is no number."""
        return not (len(self.training) or len(self.part) or len(self.full) or self.rise)

    @property
    def diverges(self) -> bool:
        """Whether the training itself fails: most of what it had learned is lost."""
        return self.rise is not None and self.rise.diverges

    @property
    def has_full_validation(self) -> bool:
        """Whether `validation` is measured on the whole validation file, as it is for every reward."""
        return len(self.full) > 0 or self.quantity.part is None

    @property
    def validation(self) -> pd.Series:
        """The validation values that compare best: on the whole file, else on a part of it."""
        return self.full if self.has_full_validation else self.part

    @property
    def validation_name(self) -> str:
        """The name of `validation`, in the middle of a sentence."""
        if self.has_full_validation:
            return f"full validation {self.quantity.name}"
        return f"validation {self.quantity.name} of a part of the file"


def read_losses(
    metrics: pd.DataFrame, *, checkpoints: pd.DataFrame | None = None, quantity: Quantity | None = None
) -> LossReport:
    """Read all that the tables of a job say about its losses.

    Args:
        metrics: Table of `metrics_frame` or `read_result_file`. A table of `checkpoints_frame` works too.
        checkpoints: Table of `checkpoints_frame`. Read in place of metrics that have no value, as with
            services that report losses there only.
        quantity: What to read; None for the margin of rewards (dpo) where there is one, else for the loss
            or, without any loss, the reward (reinforcement).

    Returns:
        The report; `empty` where nothing was reported.

    Raises:
        FineTuneError: A table has no column "step".
    """
    table, columns = metrics, read_columns(metrics, _COLUMNS)
    what = quantity or _quantity_of(columns)
    if checkpoints is not None and not _has_values(columns, what):
        stored_columns = read_columns(checkpoints, _COLUMNS)
        stored_what = quantity or _quantity_of(stored_columns)
        # Without values, too, they have nothing to say about a training that was no number from its start.
        if _has_values(stored_columns, stored_what) or table.empty:
            table, columns, what = checkpoints, stored_columns, stored_what
    training, full = columns[what.training], columns[what.full]
    rise = overfitting = None
    if what is LOSS:
        broken = find_no_number(table, training, columns["train_mean_token_accuracy"])
        rise = find_rise(training, broken)
        # A job that diverges has another trouble.
        overfitting = None if rise and rise.diverges else find_overfitting(training, full)
    ends = _epoch_ends(columns[LOSS.full], table, checkpoints)
    stored: list[int] = []
    best: BestCheckpoint | None = None
    if checkpoints is not None:
        best = find_best(checkpoints, columns)
        stored = checkpoints["step"].dropna().astype(int).tolist()
    return LossReport(
        quantity=what,
        training=training,
        smoothed=smoothed(training),
        window=smoothing_window(training) if len(training) >= SMOOTHED_FROM else None,
        part=columns[what.part] if what.part else pd.Series(dtype="float64"),
        full=full,
        epoch_ends=ends,
        steps_per_epoch=_steps_per_epoch(ends, columns["total_steps"]),
        total_steps=next((int(step) for step in columns["total_steps"].iloc[-1:]), None),
        checkpoint_steps=tuple(stored),
        best_checkpoint=best,
        overfitting=overfitting,
        rise=rise,
    )


def read_runs(runs: Mapping[str, pd.DataFrame]) -> dict[str, LossReport]:
    """Read the losses of several jobs, to compare them.

    Args:
        runs: Name → table of `metrics_frame`.

    Returns:
        Name → report, all about the same quantity: what all of them are read by alone, else the loss.

    Raises:
        FineTuneError: A table has no column "step".
    """
    reports = {name: read_losses(run) for name, run in runs.items()}
    told = {report.quantity for report in reports.values() if not report.empty}
    what = told.pop() if len(told) == 1 else LOSS
    return {
        name: report if report.quantity == what else read_losses(runs[name], quantity=what)
        for name, report in reports.items()
    }


def best_values(reports: Mapping[str, LossReport]) -> dict[str, tuple[float, int]]:
    """Find the best validation value of each job that can be compared with the others.

    The loss of a part of the file jumps, so its lowest value is low by chance. It is never
    compared with that of the whole file.

    Args:
        reports: The result of `read_runs`.

    Returns:
        Name → value and step, the best job first. Jobs without validation, and those measured on a part
        of the file where others are measured on the whole, are left out.
    """
    validated = {name: report for name, report in reports.items() if len(report.validation)}
    if any(report.has_full_validation for report in validated.values()):
        validated = {name: report for name, report in validated.items() if report.has_full_validation}
    best = {}
    for name, report in validated.items():
        step = report.quantity.best_step(report.validation)
        best[name] = (float(report.validation[step]), step)
    highest_first = any(not report.quantity.lower_is_better for report in validated.values())
    return dict(sorted(best.items(), key=lambda item: item[1][0], reverse=highest_first))


def _has_values(columns: Mapping[str, pd.Series], what: Quantity) -> bool:
    return any(len(columns[column]) for column in what.columns)


def _quantity_of(columns: Mapping[str, pd.Series]) -> Quantity:
    if _has_values(columns, MARGIN):
        return MARGIN
    return REWARD if _has_values(columns, REWARD) and not _has_values(columns, LOSS) else LOSS


def _epoch_ends(
    full_losses: pd.Series, table: pd.DataFrame, checkpoints: pd.DataFrame | None
) -> tuple[int, ...]:
    """Give the steps at which an epoch is known to end: a whole validation, or a checkpoint."""
    ends = set(full_losses.index)
    for each in (table, checkpoints):
        if each is not None and _CHECKPOINT in each:
            ends |= set(each["step"].dropna().astype(int))
    return tuple(sorted(int(step) for step in ends))


def _steps_per_epoch(ends: Sequence[int], totals: pd.Series) -> int | None:
    """Give the number that divides all ends of epochs, and the last step of the job; None if unknown."""
    known = {*ends, *(int(step) for step in totals.iloc[-1:])}
    size = math.gcd(*known)
    return size if len(known) > 1 and max(known) / size <= _MOST_EPOCHS and max(known) > size else None
