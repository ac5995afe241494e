"""How good are the answers of each model, and how sure is that with so few questions?

A prediction is a dict: a row of the test part (`messages`, with the expected answer), and with it `model`
(the way it was asked, such as base, few_shot or fine_tuned), `group` (what the row is about, from the lesson)
and `text` (the answer). A score is asked of it as of a row.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

import pandas as pd

from helpers.errors import LeakedQuestions
from helpers.evaluation.intervals import interval

SHOWN = 5
"""Leaked questions that a refusal names."""


class Score(Protocol):
    """One thing that an answer has or has not; the scores of a lesson are such."""

    @property
    def name(self) -> str:
        """A short name, such as "form"."""
        ...

    def check(self, answer: str, row: Mapping[str, Any], /) -> float:
        """Judge an answer: 0 is wrong, 1 is right."""
        ...


def judge(predictions: Iterable[Mapping[str, Any]], scores: Iterable[Score]) -> pd.DataFrame:
    """Ask each score of each answer.

    Args:
        predictions: See the module's text.
        scores: What is asked, such as `lesson.scores`.

    Returns:
        One row per prediction: model, group, and one column per score with its value, 0 to 1.

    Raises:
        ValueError: A prediction lacks a field, or a score is not from 0 to 1.
    """
    asked, rows = list(scores), []
    for number, prediction in enumerate(predictions, start=1):
        if missing := [key for key in ("model", "group", "text") if key not in prediction]:
            raise ValueError(
                f"Prediction {number} has no {missing[0]!r}. Expected a row of the test part with model, "
                "group and text."
            )
        values = [float(score.check(prediction["text"], prediction)) for score in asked]
        for score, value in zip(asked, values, strict=True):
            if not 0 <= value <= 1:  # Also not a number.
                raise ValueError(
                    f"Prediction {number} ({prediction['group']}): the score {score.name!r} is {value}, "
                    "expected 0 to 1. Change its check."
                )
        rows.append((prediction["model"], prediction["group"], *values))
    return pd.DataFrame(rows, columns=["model", "group", *(score.name for score in asked)])


def score_predictions(
    predictions: Iterable[Mapping[str, Any]],
    scores: Iterable[Score],
    *,
    train: Iterable[Mapping[str, Any]] = (),
    group: Callable[[Mapping[str, Any]], str] | None = None,
) -> pd.DataFrame:
    """Measure each model by each score, with the uncertainty of a small test set.

    Rows of one group are not independent: a model that fails in one question about gold may fail in the other
    for the same reason. So each group counts once, with the mean of its answers. `intervals` tells which
    interval that has.

    Args:
        predictions: See the module's text.
        scores: What is asked of each answer, such as `lesson.scores`.
        train: The rows that the model was trained on: a question that is among them gets no score.
        group: Names what a training row is about, such as `lesson.group`; without it, only the questions
            themselves are compared.

    Returns:
        One row per model and score, in the order of the predictions: model, metric (the score's name), value
        (mean over the groups, 0 to 1), low and high (95 % interval), n (groups).

    Raises:
        LeakedQuestions: A question, or what it is about, was trained; the message says which and what to do.
        ValueError: See `judge`.
    """
    asked = list(predictions)
    _refuse_leaks(asked, list(train), group)
    judged, rows = judge(asked, scores), []
    for model, answers in judged.groupby("model", sort=False):
        means = answers.drop(columns="model").groupby("group", sort=False).mean()
        for metric in means:
            low, high = interval(means[metric].tolist())
            rows.append((model, metric, means[metric].mean(), low, high, len(means)))
    return pd.DataFrame(rows, columns=["model", "metric", "value", "low", "high", "n"])


def _refuse_leaks(
    predictions: Sequence[Mapping[str, Any]],
    train: Sequence[Mapping[str, Any]],
    group: Callable[[Mapping[str, Any]], str] | None,
) -> None:
    """Refuse to score what was trained: it would measure memory."""
    trained = {_question(row): number for number, row in enumerate(train, start=1)}
    groups = {group(row): number for number, row in enumerate(train, start=1)} if group else {}
    leaked: dict[str, str] = {}
    for prediction in predictions if train else ():
        about = str(prediction["group"])
        if (asked := _question(prediction)) and (number := trained.get(asked)):
            leaked[about] = f"{about} (its question is training row {number})"
        elif number := groups.get(about):
            leaked.setdefault(about, f"{about} (training row {number} is about it)")
    if leaked:
        named = ", ".join(list(leaked.values())[:SHOWN])
        more = f" and {len(leaked) - SHOWN} more" if len(leaked) > SHOWN else ""
        raise LeakedQuestions(
            f"{len(leaked)} of {len({str(each['group']) for each in predictions})} groups were also trained: "
            f"{named}{more}. Expected questions that the model has not seen; a score would measure its "
            "memory. Leave these groups out of the test, or split the rows again in 01_dataset.ipynb, by "
            "group, and train on the new training part."
        )


def _question(row: Mapping[str, Any]) -> str:
    """What the user says, without capitals and spacing; all of it, for a question can end a longer chat."""
    said = [message["content"] for message in row.get("messages", ()) if message["role"] == "user"]
    return " ".join(" ".join(map(str, said)).lower().split())
