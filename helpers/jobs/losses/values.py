"""The measured values of a loss or a reward: read from a table, averaged, and written as text."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from finetune_dataset.errors import FineTuneError

SMOOTH_SHARE = 15
"""The smoothed line averages one fifteenth of the values: enough to calm it, few enough to keep its bends."""

SMOOTHED_FROM = 10
"""Fewer values stay as they are: a mean of three of them would show a shape that nobody measured."""


@dataclass(frozen=True)
class Quantity:
    """What a job reports: a loss, or a reward.

    Attributes:
        name: In the middle of a sentence, such as "mean reward".
        title: In a title, such as "Reward".
        training: Column of the value of each step.
        part: Column of the value on a part of the validation file; None where there is no such value.
        full: Column of the value on the whole validation file.
        lower_is_better: True for a loss.
    """

    name: str
    title: str
    training: str
    part: str | None
    full: str
    lower_is_better: bool

    @property
    def columns(self) -> tuple[str, ...]:
        """All its columns."""
        return tuple(column for column in (self.training, self.part, self.full) if column)

    @property
    def best_is(self) -> str:
        """How the best value is called: "lowest" or "highest"."""
        return "lowest" if self.lower_is_better else "highest"

    def best_step(self, values: pd.Series) -> int:
        """Find the best value.

        Args:
            values: At least one value, indexed by step.

        Returns:
            Its step; the earliest one of equals.
        """
        numbers = values.to_numpy()
        return int(values.index[int(numbers.argmin() if self.lower_is_better else numbers.argmax())])


LOSS = Quantity("loss", "Loss", "train_loss", "valid_loss", "full_valid_loss", lower_is_better=True)
"""Cross-entropy per token, in nats."""

REWARD = Quantity(
    "mean reward", "Reward", "train_mean_reward", None, "full_valid_mean_reward", lower_is_better=False
)
"""What graders give, in the middle; reinforcement only."""


MARGIN = Quantity(
    "reward margin",
    "Reward margin",
    "train_reward_margin",
    "valid_reward_margin",
    "full_valid_reward_margin",
    lower_is_better=False,
)
"""By how much preferred answers are ahead of the others, in nats times beta; of the method `dpo` only.

It says nothing of the answers that the model gives: it can grow while both kinds become less likely.
"""


def read_columns(metrics: pd.DataFrame, columns: Iterable[str]) -> dict[str, pd.Series]:
    """Take the known values of some columns.

    Args:
        metrics: A table with a column "step".
        columns: Names of columns; one that the table lacks has no values.

    Returns:
        Name → the finite values, indexed by step, ascending; one for each step, the last one told.

    Raises:
        FineTuneError: The table has no column "step".
    """
    if not isinstance(metrics, pd.DataFrame) or "step" not in metrics:
        is_table = isinstance(metrics, pd.DataFrame)
        found = ", ".join(map(str, metrics.columns)) if is_table else f"a {type(metrics).__name__}"
        raise FineTuneError(
            f'A table of losses needs a column "step"; found: {found or "no columns"}. '
            "Give what metrics_frame, checkpoints_frame or read_result_file return."
        )
    steps = _floats(metrics["step"])
    return {column: _known_values(metrics, column, steps) for column in columns}


def _floats(values: pd.Series) -> np.ndarray:
    """Give numbers as floats, NaN where one is missing; floats as they are, which is much faster."""
    return values.to_numpy() if values.dtype == "float64" else values.to_numpy("float64", na_value=math.nan)


def _known_values(metrics: pd.DataFrame, column: str, steps: np.ndarray) -> pd.Series:
    if column not in metrics:
        return pd.Series(dtype="float64")
    numbers = _floats(metrics[column])
    known = np.isfinite(numbers) & np.isfinite(steps)
    if not known.any():
        return pd.Series(dtype="float64")
    places = steps[known].astype("int64")
    values = pd.Series(numbers[known], index=places)
    if (places[1:] > places[:-1]).all():
        return values
    return values[~values.index.duplicated(keep="last")].sort_index()


def smoothing_window(values: pd.Series) -> int:
    """Choose how many values one point of the smoothed line averages.

    Args:
        values: All values of the line.

    Returns:
        One part in SMOOTH_SHARE of them, at least 3; odd, so that the mean is centered.
    """
    return max(3, len(values) // SMOOTH_SHARE | 1)


def smoothed(values: pd.Series) -> pd.Series:
    """Average each value with those around it.

    Args:
        values: Indexed by step.

    Returns:
        The means, of fewer values at both ends; the values themselves, where they are fewer than
        SMOOTHED_FROM.
    """
    if len(values) < SMOOTHED_FROM:
        return values
    return values.rolling(smoothing_window(values), center=True, min_periods=1).mean()


def share_above(last: float, lowest: float) -> float:
    """Say by which share a loss is above its lowest value.

    Args:
        last: The loss, in nats.
        lowest: Its lowest value, in nats; services round small ones to 0.00.

    Returns:
        Such as 0.25 for a quarter more; infinite above a lowest of 0.
    """
    return last / lowest - 1 if lowest else math.inf


def percent(share: float) -> str:
    """Write a rise.

    Args:
        share: The result of `share_above`.

    Returns:
        Such as "+19%"; above 0 there is no percentage.
    """
    return f"{share:+.0%}" if share < math.inf else "from zero"


def number(value: float) -> str:
    """Write a loss or a reward.

    Args:
        value: In nats, or in the unit of the reward.

    Returns:
        Three significant digits, without an exponent unless it is very small.
    """
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
