"""What the losses of a job say, in numbers: the best step, overfitting, divergence, the best checkpoint.

Pure: tables in, numbers out. `curves` draws these numbers and says them in words.

A loss jumps from step to step, because each step sees other rows. So both rules
below ask for more than one high value, and both compare a rise with the jumps of
the same curve. They can miss a small rise; they should not call noise a rise.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from finetune_dataset.errors import FineTuneError
from helpers.jobs.event_messages import METRICS

SMOOTH_SHARE = 15
"""The smoothed line averages one fifteenth of the values: enough to calm it, few enough to keep its bends."""

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

_MOST_EPOCHS = 50
"""The largest n_epochs that OpenAI accepts (API reference, read Nov 2026)."""
_BLOCKS_NEEDED = 4
_LEAST_BLOCK = 5


@dataclass(frozen=True)
class Quantity:
    """What a job reports: a loss, or a reward."""

    name: str
    train: str
    """Column of the value of each step."""
    part: str | None
    """Column of the value on a part of the validation file."""
    full: str
    """Column of the value on the whole validation file."""
    lower_is_better: bool


LOSS = Quantity("loss", "train_loss", "valid_loss", "full_valid_loss", lower_is_better=True)
REWARD = Quantity("mean reward", "train_mean_reward", None, "full_valid_mean_reward", lower_is_better=False)


@dataclass(frozen=True)
class Overfitting:
    """A full validation loss that rises for real while the training loss does not."""

    step: int
    """Step of the lowest full validation loss."""
    lowest: float
    last_step: int
    last: float

    @property
    def rise(self) -> float:
        """Share by which the last value is above the lowest, such as 0.25; infinite above a lowest of 0."""
        return share_above(self.last, self.lowest)


@dataclass(frozen=True)
class Rise:
    """A training loss that rises for real, or is no number any more."""

    step: int
    """Last step of the lowest part of the curve, or the first step without a number."""
    lowest: float
    """Mean of the lowest part of the curve."""
    last: float
    """Mean of its last part; NaN where the loss is no number any more."""
    lost: float
    """Share of all that the loss had fallen that it has lost again; infinite where it is no number."""

    @property
    def diverges(self) -> bool:
        """Whether the training itself fails: most of what was learned is lost."""
        return self.lost > MOST_LOST


@dataclass(frozen=True)
class BestCheckpoint:
    """The checkpoint to use, and why; printed, it is the reason in one sentence."""

    step: int
    model: str
    """Its name, to be used like any model; empty if the table has none."""
    value: float
    column: str
    """The metric that decided."""
    reason: str

    def __str__(self) -> str:
        return self.reason


def measured(metrics: pd.DataFrame, column: str | None) -> pd.Series:
    """Take the known values of one metric.

    Args:
        metrics: table with a column "step".
        column: name of the metric; a table without it has no values.

    Returns:
        The finite values, indexed by step, ascending; one for each step.

    Raises:
        FineTuneError: the table has no column "step".
    """
    if not isinstance(metrics, pd.DataFrame) or "step" not in metrics:
        is_table = isinstance(metrics, pd.DataFrame)
        found = ", ".join(map(str, metrics.columns)) if is_table else f"a {type(metrics).__name__}"
        raise FineTuneError(
            f'A table of losses needs a column "step"; found: {found or "no columns"}. '
            "Give what metrics_frame, checkpoints_frame or read_result_file return."
        )
    if column not in metrics:
        return pd.Series(dtype="float64")
    steps, numbers = (metrics[name].to_numpy("float64", na_value=math.nan) for name in ("step", column))
    known = (abs(numbers) < math.inf) & (abs(steps) < math.inf)
    values = pd.Series(numbers[known], index=steps[known].astype("int64"))
    if values.index.is_monotonic_increasing and values.index.is_unique:
        return values
    return values[~values.index.duplicated(keep="last")].sort_index()


def has_values(metrics: pd.DataFrame, what: Quantity) -> bool:
    """Tell whether a table has any value of a loss, or of a reward."""
    return any(len(measured(metrics, column)) for column in (what.train, what.part, what.full))


def quantity(metrics: pd.DataFrame) -> Quantity:
    """Tell whether a table is about a loss or, without any loss, about a reward (reinforcement)."""
    return REWARD if not has_values(metrics, LOSS) and has_values(metrics, REWARD) else LOSS


def smoothing_window(values: pd.Series) -> int:
    """Return how many values one point of the smoothed line averages: odd, so that it is centered."""
    return max(3, len(values) // SMOOTH_SHARE | 1)


def smoothed(values: pd.Series) -> pd.Series:
    """Average each value with those around it; fewer at both ends."""
    return values.rolling(smoothing_window(values), center=True, min_periods=1).mean()


def best_step(values: pd.Series, *, lower_is_better: bool = True) -> int:
    """Return the step of the best value, the earliest one of equals."""
    return int(values.idxmin() if lower_is_better else values.idxmax())


def find_overfitting(metrics: pd.DataFrame) -> Overfitting | None:
    """Find out whether a job learns its rows by heart.

    All four must hold: (1) at least RISES_NEEDED full validation losses come after the
    lowest; (2) the last RISES_NEEDED are each above it by more than SMALLEST_RISE, and by more
    than the share REAL_RISE; (3) the smaller of them is further above it than CLEAR times the
    largest jump of the curve against its own direction (up before the lowest, down after it);
    (4) the training loss, as the mean since the measurement before, is not higher than it was
    at the lowest.
    A job that diverges has another trouble, and does not count.

    Args:
        metrics: table of `metrics_frame`, or of `checkpoints_frame` where events have no losses.

    Returns:
        Where it starts and how far it goes; None without such a sign, or with too few measurements.
    """
    full = measured(metrics, LOSS.full)
    if full.empty or find_divergence(metrics):
        return None
    lowest = full.idxmin()
    before, after = full.loc[:lowest], full.loc[lowest:]
    if len(after) <= RISES_NEEDED:
        return None
    bottom = full[lowest]
    rise = after.iloc[-RISES_NEEDED:].min() - bottom
    jumps = max(before.diff().max(), -after.diff().min(), 0.0)
    enough = max(SMALLEST_RISE, REAL_RISE * bottom, CLEAR * jumps)
    if rise <= enough or _training_rises(metrics, full, lowest):
        return None
    return Overfitting(int(lowest), float(bottom), int(full.index[-1]), float(full.iloc[-1]))


def find_divergence(metrics: pd.DataFrame) -> Rise | None:
    """Find out whether the training itself fails: more than MOST_LOST of what it had learned is lost.

    Args:
        metrics: table of `metrics_frame`.

    Returns:
        The rise of `find_rise`, if it is one that large.
    """
    rise = find_rise(metrics)
    return rise if rise and rise.diverges else None


def find_rise(metrics: pd.DataFrame) -> Rise | None:
    """Find out whether the training loss rises for real, or is no number any more.

    The curve is cut into parts as long as the smoothing. It rises when the mean of
    each of the last two parts is above the lowest part by more than STANDARD_ERRORS
    and by more than REAL_LOSS of the fall from the first part to the lowest.

    Args:
        metrics: table of `metrics_frame`.

    Returns:
        Since when; None without such a sign, or with too few steps to tell.
    """
    losses = measured(metrics, LOSS.train)
    if losses.empty:
        return None
    broken = _without_number(metrics, losses)
    if broken is not None:
        return Rise(broken, float(losses.min()), math.nan, math.inf)
    size = max(_LEAST_BLOCK, smoothing_window(losses))
    if len(losses) < _BLOCKS_NEEDED * size:
        return None
    # From the end backwards, so that the newest part is whole.
    parts = [losses.iloc[end - size : end] for end in range(len(losses), size - 1, -size)][::-1]
    low = min(parts[:-1], key=lambda part: part.mean())
    fall = max(parts[0].mean() - low.mean(), 0.0)
    for part in parts[-2:]:
        error = math.sqrt((part.var() + low.var()) / size)
        if part.mean() - low.mean() <= max(STANDARD_ERRORS * error, REAL_LOSS * fall):
            return None
    last = parts[-1].mean()
    lost = (last - low.mean()) / fall if fall else math.inf
    return Rise(int(low.index[-1]), float(low.mean()), float(last), float(lost))


def validation(metrics: pd.DataFrame, what: Quantity) -> tuple[pd.Series, str]:
    """Return the validation values that compare best, and their name."""
    full = measured(metrics, what.full)
    if len(full) or what.part is None:
        return full, f"full validation {what.name}"
    return measured(metrics, what.part), f"validation {what.name} of a part of the file"


def epoch_ends(metrics: pd.DataFrame, checkpoints: pd.DataFrame | None) -> list[int]:
    """Return the steps at which an epoch is known to end."""
    ends = set(measured(metrics, LOSS.full).index)
    for table in (metrics, checkpoints):
        if table is not None and "fine_tuned_model_checkpoint" in table:
            ends |= set(table["step"].dropna().astype(int))
    return sorted(int(step) for step in ends)


def steps_per_epoch(metrics: pd.DataFrame, ends: Sequence[int]) -> int | None:
    """Return the number that divides all ends of epochs, and the last step of the job; None if unknown."""
    total = measured(metrics, "total_steps")
    known = {*ends, *(int(step) for step in total.iloc[-1:])}
    size = math.gcd(*known)
    return size if len(known) > 1 and max(known) / size <= _MOST_EPOCHS and max(known) > size else None


def best_checkpoint(checkpoints: pd.DataFrame, *, metrics: pd.DataFrame | None = None) -> BestCheckpoint:
    """Choose the checkpoint with the lowest full validation loss: the model as it was before it overfitted.

    Without a full validation loss, the validation loss of a part of the file decides,
    and the reason says so. A job that reports rewards has its highest one chosen.
    The choice is among the checkpoints that exist; services keep the last three.

    Args:
        checkpoints: table of `checkpoints_frame`.
        metrics: table of `metrics_frame`; gives the losses of checkpoints that carry
            none (seen at OpenAI in 2024).

    Returns:
        The checkpoint and the reason.

    Raises:
        FineTuneError: there is no checkpoint, or none has a value measured on validation data.
    """
    if checkpoints.empty:
        raise FineTuneError("There is no checkpoint to choose from. A job lists them when it has succeeded.")
    best = find_best(checkpoints, metrics)
    if best is None:
        raise FineTuneError(
            f"None of the {len(checkpoints)} checkpoints has a validation loss. "
            "Create the job with a validation_file, or compare the checkpoints by their answers."
        )
    return best


def find_best(checkpoints: pd.DataFrame, metrics: pd.DataFrame | None) -> BestCheckpoint | None:
    """Choose as `best_checkpoint` does; None where there is nothing to choose by."""
    for column, what, lower in (
        (LOSS.full, "full validation loss", True),
        (LOSS.part, "validation loss (of a part of the validation file)", True),
        (REWARD.full, "full validation mean reward", False),
    ):
        values = measured(checkpoints, column)
        if metrics is not None:
            values = values.combine_first(measured(metrics, column))
        values = values[values.index.isin(checkpoints["step"])]
        if len(values):
            return _chosen(checkpoints, values, column, what, lower)
    return None


def _chosen(
    checkpoints: pd.DataFrame, values: pd.Series, column: str, what: str, lower: bool
) -> BestCheckpoint:
    step = best_step(values, lower_is_better=lower)
    row = checkpoints[checkpoints["step"] == step].iloc[-1]
    told = {int(at): number(values[at]) if at in values else "none" for at in checkpoints["step"].dropna()}
    others = ", ".join(f"{value} at step {at}" for at, value in told.items() if at != step)
    order = "lowest" if lower else "highest"
    reason = f"The checkpoint of step {step} has the {order} {what}: {number(values[step])}"
    reason += f"; the others have {others}." if others else "; there is no other to compare it with."
    model = str(row.get("fine_tuned_model_checkpoint") or "")
    return BestCheckpoint(step, model, float(values[step]), column, reason)


def share_above(last: float, lowest: float) -> float:
    """Return by which share a loss is above its lowest value; services round small losses to 0.00."""
    return last / lowest - 1 if lowest else math.inf


def percent(share: float) -> str:
    """Write a rise as "+19%"; above 0 there is no percentage."""
    return f"{share:+.0%}" if share < math.inf else "from zero"


def number(value: float) -> str:
    """Write a loss with three significant digits, without an exponent unless it is very small."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _training_rises(metrics: pd.DataFrame, full: pd.Series, lowest: int) -> bool:
    """Compare the training loss of the steps just before the lowest and the last measurement."""
    train, steps = measured(metrics, LOSS.train), list(full.index)

    def mean_up_to(place: int) -> float:
        start = steps[place - 1] if place else 0
        return train[(train.index > start) & (train.index <= steps[place])].mean()

    # Without training losses both are NaN, and nothing speaks against it.
    return mean_up_to(len(steps) - 1) > mean_up_to(steps.index(lowest))


def _without_number(metrics: pd.DataFrame, losses: pd.Series) -> int | None:
    """Return the first step from which on the job goes on, but its training loss is NaN or infinite."""
    trained = measured(metrics, "train_mean_token_accuracy").index
    infinite = metrics.loc[metrics[LOSS.train].abs() == math.inf, "step"].astype(int)
    told = {*trained, *infinite, *_steps_without_values(metrics, losses.index[-1])}
    return min((int(step) for step in told if step > losses.index[-1]), default=None)


def _steps_without_values(metrics: pd.DataFrame, last: int) -> list[int]:
    """Return the steps after the last loss that were told with no value that is a number.

    One alone can be an empty row of a result file, and a checkpoint may have no values at all.
    """
    later = metrics[metrics["step"].gt(last).fillna(False)]
    if "fine_tuned_model_checkpoint" in metrics or len(later) < 2:
        return []
    told = metrics.columns.intersection(METRICS)
    without = later.loc[later[told].isna().all(axis=1), "step"].astype(int).tolist()
    return without if len(without) > 1 else []


def _with_values(metrics: pd.DataFrame, checkpoints: pd.DataFrame | None) -> tuple[pd.DataFrame, Quantity]:
    """Return the table to draw, and what it is about."""
    what = quantity(metrics)
    if checkpoints is not None and not has_values(metrics, what):
        return checkpoints, quantity(checkpoints)
    return metrics, what


SMOOTHED_FROM = 10
"""Fewer values are drawn as they are: a mean of three of them would show a shape that nobody measured."""
