"""What is measured on rows that are not trained on, and when."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar, cast

import torch
from transformers import PreTrainedModel

from local_server.training.measured.metrics import ValidationMetrics

Row = TypeVar("Row")
Batch = dict[str, torch.Tensor]
FULL_VALIDATION_BATCH = 16
# A small batch after every step took a quarter of the training's time; after one step in twenty, two percent
# (measured Nov 2026).
VALIDATION_STEPS = 20


class Validation(Generic[Row]):
    """Measures a model on validation rows.

    Args:
        rows: Validation rows, as tokens.
        collate: Turns rows into one padded batch.
        batch_size: Rows of the small batch that is looked at between the ends of epochs.
        at_once: Rows that are read at once where an epoch ends.
        measure: Gives the metrics over all of some batches, such as `loss`; called without gradients.
    """

    def __init__(
        self,
        rows: list[Row],
        collate: Callable[[list[Row]], Batch],
        batch_size: int,
        at_once: int,
        measure: Callable[[PreTrainedModel, list[Batch]], dict[str, float]],
    ) -> None:
        self._full = [collate(rows[i : i + at_once]) for i in range(0, len(rows), at_once)]
        self._small = [collate(rows[i : i + batch_size]) for i in range(0, len(rows), batch_size)]
        self._measure = measure

    def after_step(self, model: PreTrainedModel, step: int, epoch_ends: bool) -> ValidationMetrics:
        """Measure what belongs to one step: nothing, one batch in turn, or all rows where an epoch ends.

        The first step has a batch, then every twentieth, and the last step of each epoch.

        Args:
            model: The model as the step has left it.
            step: Counted from 1.
            epoch_ends: Whether it is the last step of an epoch.

        Returns:
            The metrics, perhaps none.
        """
        turn, steps_since = divmod(step - 1, VALIDATION_STEPS)
        metrics: dict[str, Any] = {}
        if epoch_ends or steps_since == 0:
            metrics |= self._on(model, [self._small[turn % len(self._small)]], "valid")
        if epoch_ends:
            metrics |= self._on(model, self._full, "full_valid")
        return cast(ValidationMetrics, metrics)

    @torch.no_grad()
    def _on(self, model: PreTrainedModel, batches: list[Batch], part: str) -> dict[str, float]:
        was_training = model.training
        model.eval()
        found = self._measure(model, batches)
        model.train(was_training)
        return {f"{part}_{name}": value for name, value in found.items()}
