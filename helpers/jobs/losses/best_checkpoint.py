"""Choose the checkpoint to use, and say why."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from finetune_dataset.errors import FineTuneError
from helpers.jobs.losses.values import LOSS, REWARD, number, read_columns

_DECIDING = {
    "full_valid_loss": (LOSS, "full validation loss"),
    "valid_loss": (LOSS, "validation loss (of a part of the validation file)"),
    "full_valid_mean_reward": (REWARD, "full validation mean reward"),
}
"""What a checkpoint can be chosen by, the surest first."""


@dataclass(frozen=True)
class BestCheckpoint:
    """The checkpoint to use, and why; printed, it is the reason in one sentence.

    Attributes:
        step: The step after which it was stored.
        model: Its name, to be used like any model; empty if the table has none.
        value: The value that decided: a loss in nats per token, or a mean reward.
        column: The metric that decided.
        reason: One sentence, with the values of the other checkpoints.
    """

    step: int
    model: str
    value: float
    column: str
    reason: str

    def __str__(self) -> str:
        return self.reason


def best_checkpoint(checkpoints: pd.DataFrame, *, metrics: pd.DataFrame | None = None) -> BestCheckpoint:
    """Choose the checkpoint with the lowest full validation loss: the model as it was before it overfitted.

    Without a full validation loss, the validation loss of a part of the file decides,
    and the reason says so. A job that reports rewards has its highest one chosen.
    The choice is among the checkpoints that exist; services keep the last three.

    Args:
        checkpoints: Table of `checkpoints_frame`.
        metrics: Table of `metrics_frame`; gives the losses of checkpoints that carry
            none (seen at OpenAI in 2024).

    Returns:
        The checkpoint and the reason.

    Raises:
        FineTuneError: There is no checkpoint, or none has a value measured on validation data.
    """
    if checkpoints.empty:
        raise FineTuneError("There is no checkpoint to choose from. A job lists them when it has succeeded.")
    best = find_best(checkpoints, {} if metrics is None else read_columns(metrics, _DECIDING))
    if best is None:
        raise FineTuneError(
            f"None of the {len(checkpoints)} checkpoints has a validation loss. "
            "Create the job with a validation_file, or compare the checkpoints by their answers."
        )
    return best


def find_best(checkpoints: pd.DataFrame, told: Mapping[str, pd.Series]) -> BestCheckpoint | None:
    """Choose as `best_checkpoint` does.

    Args:
        checkpoints: Table of `checkpoints_frame`.
        told: Column → values by step, from the events; used where a checkpoint carries none.

    Returns:
        The checkpoint and the reason; None where there is nothing to choose by.
    """
    for column, values in read_columns(checkpoints, _DECIDING).items():
        if column in told:
            values = values.combine_first(told[column][told[column].index.isin(checkpoints["step"])])
        if len(values):
            return _choose(checkpoints, values, column)
    return None


def _choose(checkpoints: pd.DataFrame, values: pd.Series, column: str) -> BestCheckpoint:
    quantity, what = _DECIDING[column]
    step = quantity.best_step(values)
    row = checkpoints[checkpoints["step"] == step].iloc[-1]
    told = {int(at): number(values[at]) if at in values else "none" for at in checkpoints["step"].dropna()}
    others = ", ".join(f"{value} at step {at}" for at, value in told.items() if at != step)
    reason = f"The checkpoint of step {step} has the {quantity.best_is} {what}: {number(values[step])}"
    reason += f"; the others have {others}." if others else "; there is no other to compare it with."
    model = str(row.get("fine_tuned_model_checkpoint") or "")
    return BestCheckpoint(step, model, float(values[step]), column, reason)
