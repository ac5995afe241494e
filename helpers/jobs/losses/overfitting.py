"""Find out from its losses whether a job overfits, and whether its training fails.

A loss jumps from step to step, because each step sees other rows. So both rules
below ask for more than one high value, and both compare a rise with the jumps of
the same curve. They can miss a small rise; they should not call noise a rise.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.jobs.event_messages import METRICS
from helpers.jobs.losses.values import LOSS, share_above, smoothing_window

REAL_RISE = 0.05
"""Rise of the full validation loss above its lowest value, as a share of it, that counts as overfitting.

L. Prechelt, "Early Stopping - But When?", Neural Networks: Tricks of the Trade, LNCS 1524, 1998,
measures this "generalization loss" in percent and tries limits from 1 to 5; we take the most careful."""

SMALLEST_RISE = 0.005
"""A rise below this, in nats per token, changes nothing: it is half a percent of the probability of a token
(exp(-0.005) = 0.995), and services round losses to 0.01 in messages."""

RISES_NEEDED = 2
"""Measurements after the lowest one that must be that high: one alone can be chance (as Prechelt's UP_2)."""

CLEAR = 2
"""How many times larger than the curve's own jumps a rise must be. On random series of 10 to 50 values that
fall and then stay level, with 2 % noise, 0 to 1 in 100 are called overfitting; with 1, it is 2 to 10."""

STANDARD_ERRORS = 4
"""How far apart two means must be, in standard errors, to be called different. Many pairs are compared
(the lowest part of a curve is chosen, not given), so the usual 2 would call noise a rise too often."""

REAL_LOSS = 0.1
"""Share of all that the training loss had fallen that it must lose again to be called rising."""

MOST_LOST = 0.5
"""The same share from which on it is called diverging. Less can have other causes, such as harder rows."""

_BLOCKS_NEEDED = 4
_LEAST_BLOCK = 5


@dataclass(frozen=True)
class Overfitting:
    """A full validation loss that rises for real while the training loss does not.

    Attributes:
        step: Step of the lowest full validation loss.
        lowest: That loss, in nats per token.
        last_step: Step of the last full validation loss.
        last: That loss, in nats per token.
    """

    step: int
    lowest: float
    last_step: int
    last: float

    @property
    def rise(self) -> float:
        """Share by which the last value is above the lowest, such as 0.25; infinite above a lowest of 0."""
        return share_above(self.last, self.lowest)


@dataclass(frozen=True)
class Rise:
    """A training loss that rises for real, or is no number any more.

    Attributes:
        step: Last step of the lowest part of the curve, or the first step without a number.
        lowest: Mean of the lowest part of the curve, in nats per token; NaN where no loss was a number.
        last: Mean of its last part; NaN where the loss is no number any more.
        lost: Share of all that the loss had fallen that it has lost again; infinite where it is no number.
    """

    step: int
    lowest: float
    last: float
    lost: float

    @property
    def diverges(self) -> bool:
        """Whether the training itself fails: most of what was learned is lost."""
        return self.lost > MOST_LOST

    @property
    def is_no_number(self) -> bool:
        """Whether the loss has become NaN or infinite."""
        return math.isnan(self.last)


def find_overfitting(training: pd.Series, full: pd.Series) -> Overfitting | None:
    """Find out whether a job learns its rows by heart.

    All four must hold: (1) at least RISES_NEEDED full validation losses come after the
    lowest; (2) the last RISES_NEEDED are each above it by more than SMALLEST_RISE, and by more
    than the share REAL_RISE; (3) the smaller of them is further above it than CLEAR times the
    largest jump of the curve against its own direction (up before the lowest, down after it);
    (4) the training loss, as the mean since the measurement before, is not higher than it was
    at the lowest.

    Args:
        training: Training losses by step, in nats per token.
        full: Full validation losses by step, in nats per token.

    Returns:
        Where it starts and how far it goes; None without such a sign, or with too few measurements.
    """
    if len(full) <= RISES_NEEDED:
        return None
    lowest = LOSS.best_step(full)
    before, after = full.loc[:lowest], full.loc[lowest:]
    if len(after) <= RISES_NEEDED:
        return None
    bottom = float(full[lowest])
    rise = after.iloc[-RISES_NEEDED:].min() - bottom
    jumps = max(before.diff().max(), -after.diff().min(), 0.0)
    enough = max(SMALLEST_RISE, REAL_RISE * bottom, CLEAR * jumps)
    if rise <= enough or _training_rises(training, full, lowest):
        return None
    return Overfitting(lowest, bottom, int(full.index[-1]), float(full.iloc[-1]))


def find_rise(losses: pd.Series, no_number_from: int | None) -> Rise | None:
    """Find out whether the training loss rises for real, or is no number any more.

    The curve is cut into parts as long as the smoothing. It rises when the mean of
    each of the last two parts is above the lowest part by more than STANDARD_ERRORS
    and by more than REAL_LOSS of the fall from the first part to the lowest.

    Args:
        losses: Training losses by step, in nats per token.
        no_number_from: The result of `find_no_number`.

    Returns:
        Since when; None without such a sign, or with too few steps to tell.
    """
    if no_number_from is not None:
        return Rise(no_number_from, float(losses.min()), math.nan, math.inf)
    if losses.empty:
        return None
    size = max(_LEAST_BLOCK, smoothing_window(losses))
    if len(losses) < _BLOCKS_NEEDED * size:
        return None
    # From the end backwards, so that the newest part is whole.
    ends = range(len(losses), size - 1, -size)[::-1]
    values = losses.to_numpy()
    parts = [values[end - size : end] for end in ends]
    means = [float(part.mean()) for part in parts]
    lowest = means.index(min(means[:-1]))
    low, fall = means[lowest], max(means[0] - min(means[:-1]), 0.0)
    for part, mean in zip(parts[-2:], means[-2:], strict=True):
        error = math.sqrt((part.var(ddof=1) + parts[lowest].var(ddof=1)) / size)
        if mean - low <= max(STANDARD_ERRORS * error, REAL_LOSS * fall):
            return None
    lost = (means[-1] - low) / fall if fall else math.inf
    return Rise(int(losses.index[ends[lowest] - 1]), low, means[-1], lost)


def find_no_number(metrics: pd.DataFrame, losses: pd.Series, trained: pd.Series) -> int | None:
    """Find the step from which on the job goes on, but its training loss is NaN or infinite.

    Args:
        metrics: Table of `metrics_frame`.
        losses: Its training losses that are numbers, by step.
        trained: Its training accuracies, by step: they are told for steps without a loss, too.

    Returns:
        The first such step: the first step of all where no loss was a number; None where there is none.
    """
    if losses.empty and _has_validation(metrics):
        return None  # A service that reports validation only.
    last = losses.index[-1] if len(losses) else -math.inf
    infinite: set[int] = set()
    if LOSS.training in metrics:
        training = metrics[LOSS.training].to_numpy("float64", na_value=math.nan)
        infinite = set(metrics.loc[np.isinf(training), "step"].astype(int))
    accurate = trained.index[trained.index > last]
    told = {*accurate, *infinite, *_steps_without_values(metrics, last)}
    return min((int(step) for step in told if step > last), default=None)


def _training_rises(training: pd.Series, full: pd.Series, lowest: int) -> bool:
    """Compare the training loss of the steps just before the lowest and the last measurement."""
    steps = list(full.index)

    def mean_up_to(place: int) -> float:
        start = steps[place - 1] if place else 0
        return float(training[(training.index > start) & (training.index <= steps[place])].mean())

    # Without training losses both are NaN, and nothing speaks against it.
    return mean_up_to(len(steps) - 1) > mean_up_to(steps.index(lowest))


def _has_validation(metrics: pd.DataFrame) -> bool:
    columns = metrics.columns.intersection([column for column in (LOSS.part, LOSS.full) if column])
    return bool(np.isfinite(metrics[columns].to_numpy("float64", na_value=math.nan)).any())


def _steps_without_values(metrics: pd.DataFrame, last: float) -> list[int]:
    """Give the steps after the last loss that were told with no value that is a number.

    After a loss, one alone can be an empty row of a result file. A checkpoint may have no values at all, and
    a table without a column for a metric tells nothing about it.
    """
    # In NumPy, because a live view asks twice a second: most jobs have no such step.
    places = metrics["step"].to_numpy("float64", na_value=math.nan) > last
    if not places.any() or "fine_tuned_model_checkpoint" in metrics or LOSS.training not in metrics:
        return []
    later = metrics[places]
    told = metrics.columns.intersection(list(METRICS))
    without = later.loc[later[told].isna().all(axis=1), "step"].astype(int).tolist()
    return without if len(without) > 1 or last == -math.inf else []
