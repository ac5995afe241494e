"""The predictions of a run's notebook 05, as lines: the same form as what the course measured."""

from collections.abc import Iterable, Mapping
from math import nan
from typing import Any

from finetune_dataset.errors import FineTuneError
from helpers.evaluation.measured_lines import Line
from helpers.evaluation.scores import Score
from helpers.evaluation.usage import sum_up

TUNED = "fine_tuned"
"""Names of ways that need a training begin so."""


def lines_of_run(
    predictions: Iterable[Mapping[str, Any]],
    scores: Iterable[Score],
    *,
    base_model: str,
    trained_rows: int,
    training_seconds: float | None = None,
    trained_on: str | None = None,
    at_a_time: int = 16,
) -> list[Line]:
    """Make lines of what notebook 05 asked in this run, one per way to ask.

    Args:
        predictions: The rows of `05_predictions.jsonl`.
        scores: What is asked of each answer, such as `lesson.scores`; right is what has the best value.
        base_model: The base model of all ways.
        trained_rows: Rows of the training; counted for ways whose name begins with `TUNED`.
        training_seconds: How long the training took; None where it is not known.
        trained_on: "facts" where facts were looked up for the rows of the training; else None.
        at_a_time: Questions that were asked at a time.

    Returns:
        The lines. A number of tokens or seconds that the predictions lack is nan.

    Raises:
        FineTuneError: There is no prediction of a way.
        ValueError: A prediction lacks a field.
    """
    ways = sum_up(predictions, list(scores))
    if not ways:
        raise FineTuneError("05_predictions.jsonl has no answers. Run 05_evaluate.ipynb again.")
    return [
        Line(
            base_model=base_model,
            way=way,
            n=sums.n,
            scores=sums.scores,
            marks=sums.marks,
            prompt_tokens=_or_nan(sums.prompt_tokens),
            completion_tokens=_or_nan(sums.completion_tokens),
            latency_median=_or_nan(sums.latency_median),
            latency_p95=_or_nan(sums.latency_p95),
            seconds=_or_nan(sums.seconds) * sums.n / at_a_time,
            trained_rows=trained_rows if way.startswith(TUNED) else 0,
            trained_on=trained_on if way.startswith(TUNED) else None,
            training_seconds=training_seconds if way.startswith(TUNED) else 0.0,
        )
        for way, sums in ways.items()
    ]


def _or_nan(value: float | None) -> float:
    return nan if value is None else value
