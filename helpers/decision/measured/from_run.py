"""The predictions of a run's notebook 05, as lines: the same form as what the course measured."""

from collections.abc import Iterable, Mapping, Sequence
from math import nan
from statistics import fmean, quantiles
from typing import Any

from finetune_dataset.errors import FineTuneError
from helpers.evaluation.measured_lines import Line
from helpers.evaluation.scores import Score, judge


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
        trained_rows: Rows of the training; counted for ways whose name begins with "fine_tuned".
        training_seconds: How long the training took; None where it is not known.
        trained_on: "facts" where facts were looked up for the rows of the training; else None.
        at_a_time: Questions that were asked at a time.

    Returns:
        The lines. A number of tokens or seconds that the predictions lack is nan.

    Raises:
        FineTuneError: There is no prediction of a way.
        ValueError: A prediction lacks a field.
    """
    asked = list(scores)
    ways: dict[str, list[Mapping[str, Any]]] = {}
    for prediction in predictions:
        if prediction.get("way") is None:  # Others were asked otherwise than trained: a lesson, no option.
            ways.setdefault(str(prediction.get("model")), []).append(prediction)
    if not ways:
        raise FineTuneError("05_predictions.jsonl has no answers. Run 05_evaluate.ipynb again.")
    found = []
    for way, answers in ways.items():
        marks = _marks(answers, asked)
        n, tuned = len(next(iter(marks.values()))), way.startswith("fine_tuned")
        seconds = _numbers(answers, "seconds")
        found.append(
            Line(
                base_model=base_model,
                way=way,
                n=n,
                scores={name: text.count("1") / n for name, text in marks.items()},
                marks=marks,
                prompt_tokens=_mean(_numbers(answers, "prompt_tokens")),
                completion_tokens=_mean(_numbers(answers, "completion_tokens")),
                latency_median=quantiles(seconds, n=2, method="inclusive")[0] if len(seconds) > 1 else nan,
                latency_p95=quantiles(seconds, n=20, method="inclusive")[-1] if len(seconds) > 1 else nan,
                seconds=_mean(seconds) * n / at_a_time,
                trained_rows=trained_rows if tuned else 0,
                trained_on=trained_on if tuned else None,
                training_seconds=training_seconds if tuned else 0.0,
            )
        )
    return found


def _marks(answers: Sequence[Mapping[str, Any]], scores: Sequence[Score]) -> dict[str, str]:
    """For each score a 1 for each group whose answers all have its best value, and else a 0."""
    judged = judge(answers, scores).groupby("group", sort=True)
    lowest = judged[[score.name for score in scores]].min()
    return {str(name): "".join("1" if value == 1 else "0" for value in lowest[name]) for name in lowest}


def _numbers(answers: Iterable[Mapping[str, Any]], name: str) -> list[float]:
    return [float(answer[name]) for answer in answers if answer.get(name) is not None]


def _mean(values: Sequence[float]) -> float:
    return fmean(values) if values else nan
