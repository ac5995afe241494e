"""How sure is a score with so few questions? Intervals over questions, and what so many can show.

The referent of all of them: other questions of the same kind, asked of the same model. There are only 118
elements, so "other questions" stands for other elements that could have been held out. An interval says
nothing about another training seed; `helpers.evaluation.over_runs` does.

SciPy does the work. It is imported where it is used: a notebook's first cell need not wait for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor

import numpy as np

LEVEL = 0.95
"""Of all intervals here. Made this way, 95 of 100 hold the true value."""
ALPHA = 0.05
"""A difference counts as seen where chance alone gives one as large less often than this."""
POWER = 0.8
"""How often a true difference should be seen (J. Cohen, "Statistical Power Analysis", 1988, page 56)."""
BOOTSTRAP_FROM = 10
"""Values from which on they are drawn again. With fewer, the interval comes out too narrow."""
_DRAWS, _SEED = 5000, 7


def wilson(right: float, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a share of right answers.

    It stays within 0 and 1, and is right for shares near them, where the usual plus-minus interval shrinks to
    nothing (E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22,
    1927, pages 209-212).

    Args:
        right: Right answers, 0 to `n`. Where an answer can be right in part, their sum: the interval then
            reaches from the low end for the next smaller whole number to the high end for the next larger.
        n: Answers, at least 1.

    Returns:
        Its low and its high end, 0 to 1.
    """
    from scipy.stats import binomtest

    whole = round(min(max(right, 0), n), 9)  # A sum of tenths is not exact.
    ends = [
        binomtest(number, n).proportion_ci(LEVEL, method="wilson") for number in (floor(whole), ceil(whole))
    ]
    return float(ends[0].low), float(ends[1].high)


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the 95 % interval of a mean of scores.

    Right or wrong answers have Wilson's. For values in between, such as F1, the values are drawn again, many
    times, and the means of these draws are looked at: the bootstrap, bias-corrected and accelerated
    (B. Efron, "Better bootstrap confidence intervals", JASA 82, 1987, pages 171-185). With few values, or
    with equal ones, it is Wilson's all the same, which is then wider than it need be.

    Args:
        values: One per group of questions, 0 to 1; at least one.

    Returns:
        Its low and its high end, 0 to 1.
    """
    if set(values) <= {0, 1} or len(values) < BOOTSTRAP_FROM or len(set(values)) == 1:
        return wilson(sum(values), len(values))
    from scipy.stats import bootstrap

    found = bootstrap(
        (np.asarray(values, dtype=float),),
        np.mean,
        confidence_level=LEVEL,
        n_resamples=_DRAWS,
        rng=np.random.default_rng(_SEED),
    ).confidence_interval
    return float(found.low), float(found.high)


@dataclass(frozen=True)
class Power:
    """What a number of questions can show; printed, it is two sentences.

    Attributes:
        n: Questions, each answered right or wrong by two models.
        least: Answers that must change, all in one direction, so that the difference is seen; None where
            even all of them would not do.
        likely: The true difference that is seen in four of five tests where no answer becomes worse, 0 to 1;
            None where none is.
    """

    n: int
    least: int | None
    likely: float | None

    def __str__(self) -> str:
        if self.least is None or self.likely is None:
            return f"With {self.n} questions no difference can be seen, however large: ask more."
        return (
            f"With {self.n} questions you can see differences above {100 * (self.least - 1) / self.n:.0f} "
            f"points: {self.least} answers must change, all in one direction, for p < {ALPHA}. To be seen in "
            f"four of five tests, the true difference must be at least {100 * self.likely:.0f} points, and "
            "more where some answers become worse."
        )


def power(n: int) -> Power:
    """Say which differences between two models a number of questions can show.

    The test is McNemar's, exact, two-sided, as in `compare`. It is the best case: where some answers change
    for the worse, more must change for the better.

    Args:
        n: Questions (groups), at least 1.
    """
    from scipy.stats import binom, binomtest

    least = next((some for some in range(1, n + 1) if binomtest(0, some).pvalue < ALPHA), None)
    if least is None:
        return Power(n, None, None)
    shares = np.arange(1, 1001) / 1000
    seen = binom.sf(least - 1, n, shares)
    return Power(n, least, float(shares[np.argmax(seen >= POWER)]))
