"""Is the difference between two models real? They answered the same questions, so it is counted in pairs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from helpers.evaluation.scores import Score, judge

FINE, COARSE, MANY = 2520, 60, 500
"""Steps from 0 to 1 in which differences are counted: halves to tenths are exact. From MANY groups on, where
these would take seconds, the steps are coarse: halves to sixths are exact."""


@dataclass(frozen=True)
class Comparison:
    """Two models on the same groups of questions; printed, it is one sentence.

    Attributes:
        a: The model to compare with.
        b: The model in question.
        metric: The name of the score.
        n: Groups that both models answered.
        a_better: Groups in which `a` is better.
        b_better: Groups in which `b` is better.
        difference: Mean of `b` minus mean of `a`, -1 to 1.
        p_value: How often chance alone gives a difference at least this large, in either direction.
    """

    a: str
    b: str
    metric: str
    n: int
    a_better: int
    b_better: int
    difference: float
    p_value: float

    def __str__(self) -> str:
        return (
            f"{self.metric}: {self.b} is better on {self.b_better} of {self.n} groups, {self.a} on "
            f"{self.a_better}; difference {100 * self.difference:+.0f} points, {p_text(self.p_value)}."
        )


def compare(predictions: Iterable[Mapping[str, Any]], a: str, b: str, score: Score) -> Comparison:
    """Compare two models on the groups of questions that both answered.

    If the models were equally good, the difference in each group could as well stand the other way round. So
    all ways to turn the groups' differences round are counted (the paired permutation test; R. A. Fisher,
    "The Design of Experiments", 1935, section 21), exactly and without chance. With one answer per group that
    is right or wrong, this is McNemar's exact test (Q. McNemar, Psychometrika 12, 1947, pages 153-157), and
    SciPy's binomial test gives it.

    Args:
        predictions: See the text of `helpers.evaluation.scores`.
        a: The model to compare with, such as "base".
        b: The model in question, such as "fine_tuned".
        score: What is asked of each answer: one of `lesson.scores`.

    Returns:
        How often each model is better, the difference and the p-value.

    Raises:
        ValueError: The two models are one, have no group in common, or answered different numbers of
            questions in a group.
    """
    if a == b:
        raise ValueError(f"A comparison needs two models, found {a!r} twice.")
    judged = judge(predictions, [score])
    answers = [judged[judged["model"] == model].groupby("group", sort=False)[score.name] for model in (a, b)]
    means = pd.concat([each.mean() for each in answers], axis=1, keys=[a, b], join="inner")
    counts = pd.concat([each.size() for each in answers], axis=1, keys=[a, b], join="inner")
    same = "Ask both models the same questions."
    if means.empty:
        raise ValueError(f"No group was answered by both {a!r} and {b!r}. {same}")
    for group, of_a, of_b in counts.itertuples():
        if of_a != of_b:
            raise ValueError(f"{group}: {a!r} has {of_a} answers and {b!r} has {of_b}. {same}")
    gaps = means[b] - means[a]
    better = int((gaps < 0).sum()), int((gaps > 0).sum())
    return Comparison(a, b, score.name, len(gaps), *better, float(gaps.mean()), chance_of_gap(gaps))


def p_text(p_value: float) -> str:
    """Write a p-value as the course writes all of them.

    Args:
        p_value: 0 to 1.
    """
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}"


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct p-values for their number: of many tests, some are small by chance alone.

    The smallest is multiplied by the number of tests, the next by one less, and so on; none becomes smaller
    than the one before it (S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian
    Journal of Statistics 6, 1979, pages 65-70). If all below `ALPHA` count as seen, the chance of one or more
    false findings is at most `ALPHA`.

    Args:
        p_values: Of all tests that were made, each 0 to 1.

    Returns:
        The corrected p-values, 0 to 1, in the same order.
    """
    found, largest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        found[place] = largest
    return found


def chance_of_gap(gaps: Iterable[float]) -> float:
    """Say how often chance alone would give a sum at least as far from 0; see `compare`.

    Args:
        gaps: The difference between two models in each group, -1 to 1.

    Returns:
        The share of all ways to turn the signs round, 0 to 1; 1 where no group differs.
    """
    found = np.array([gap for gap in gaps if gap])
    if len(found) and set(found) <= {-1, 1}:
        from scipy.stats import binomtest

        return float(binomtest(int((found > 0).sum()), len(found)).pvalue)
    # SciPy's own test of this kind lists all 2 ** n turns, and can list those of about 20 groups.
    steps = (found * (FINE if len(found) < MANY else COARSE)).round().astype(int)
    unit = int(np.gcd.reduce(steps)) or 1
    steps = steps // unit
    total = int(abs(steps).sum())
    # Chance of each sum from -total to total, one group after the other.
    chances = np.zeros(2 * total + 1)
    chances[total] = 1.0
    for size in abs(steps[steps != 0]):
        moved = np.zeros_like(chances)
        moved[size:] += chances[:-size] / 2
        moved[:-size] += chances[size:] / 2
        chances = moved
    far = abs(int(steps.sum()))
    return float(min(1.0, chances[: total - far + 1].sum() + chances[total + far :].sum()))
