"""How good are the answers of each model, and how sure is that with so few questions?

A prediction is a dict: a row of the test part (`messages`, with the expected answer), and with it `model`
(the way it was asked, such as base, few_shot or fine_tuned), `group` (what the row is about, from the lesson)
and `text` (the answer). A score is asked of it as of a row.
"""

from collections.abc import Iterable, Mapping
from math import sqrt
from typing import Any, Protocol

import pandas as pd

Z_95 = 1.959964
"""Standard normal quantile at 0.975, for 95 % intervals (any table of the normal distribution)."""


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


def score_predictions(predictions: Iterable[Mapping[str, Any]], scores: Iterable[Score]) -> pd.DataFrame:
    """Measure each model by each score, with the uncertainty of a small test set.

    Rows of one group are not independent: a model that fails in one question about gold may fail in the other
    for the same reason. So each group counts once, with the mean of its answers. The interval is Wilson's
    (E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22, 1927,
    pages 209-212) with as many trials as groups. It stays within 0 and 1, and is right for shares near 0 and
    1, where the usual plus-minus interval shrinks to nothing. For means of values between 0 and 1 it is on
    the safe side: no such value varies more than a yes or no.

    Args:
        predictions: See the module's text.
        scores: What is asked of each answer, such as `lesson.scores`.

    Returns:
        One row per model and score, in the order of the predictions: model, metric (the score's name), value
        (mean over the groups, 0 to 1), low and high (95 % interval), n (groups).

    Raises:
        ValueError: See `judge`.
    """
    judged, rows = judge(predictions, scores), []
    for model, answers in judged.groupby("model", sort=False):
        means = answers.drop(columns="model").groupby("group", sort=False).mean()
        for metric in means:
            low, high = wilson(means[metric].sum(), len(means))
            rows.append((model, metric, means[metric].mean(), low, high, len(means)))
    return pd.DataFrame(rows, columns=["model", "metric", "value", "low", "high", "n"])


def wilson(right: float, n: int) -> tuple[float, float]:
    """The 95 % interval of a share; `score_predictions` says where it is from.

    Args:
        right: Right answers, 0 to `n`; the sum, where an answer can be right in part.
        n: Answers, at least 1.

    Returns:
        Its low and its high end, 0 to 1.
    """
    share, z2 = min(1.0, right / n), Z_95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z_95 * sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return max(0.0, middle - half), min(1.0, middle + half)
