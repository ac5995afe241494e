"""A way to ask a model, as it was measured: how often it was right, and what its requests cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from math import isfinite
from typing import Literal, get_args

from finetune_dataset.errors import FineTuneError
from helpers.evaluation import wilson
from helpers.evaluation.paired import chance_of_gap

Kind = Literal["prompt", "smaller model", "retrieve", "fine-tune"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""What one can do, in the order of the work it makes: of two that cost the same, the earlier
one is chosen."""

FEWEST = 10
"""Fewer questions show nothing, for or against: a rule of this course. One wrong answer refutes no
quality."""

MOST = 100_000
"""Questions that anybody would ask: a rule of this course."""

_LOOK_BACK = 40
"""Questions before the found number that are looked at, too."""


@dataclass(frozen=True)
class Option:
    """One way to ask a model, measured on held-out questions.

    Attributes:
        name: What it is called, such as "few-shot 10".
        kind: What one would do to have it, one of `KINDS`.
        quality: Share of the questions that it answered right, 0 to 1; the mean of its runs.
        n: Questions (groups of questions, where several are about one thing).
        by_group: Question → how right the answer was, 0 to 1, for comparing two options in pairs.
        runs: The quality of each run, one for each seed: of a training, or of the examples in a prompt.
        per_request: What one request costs, in the unit of `Needs`; None where it is not known.
        once: What it costs once: training; None where it is not known.
        rows: Training rows; 0 where nothing is trained.
        looks_up: Whether facts must be looked up for each request, as for a model that was trained with them.
        origin: Where the numbers are from, in sentences.
    """

    name: str
    kind: Kind
    quality: float
    n: int
    by_group: Mapping[str, float] = field(default_factory=dict)
    runs: Sequence[float] = ()
    per_request: float | None = None
    once: float | None = 0.0
    rows: int = 0
    looks_up: bool = False
    origin: Sequence[str] = ()

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval over the questions (Wilson's)."""
        return _interval(self.quality, self.n)

    @property
    def has_known_cost(self) -> bool:
        """Whether it can be compared by its cost: both a request's and the training's are known."""
        return None not in (self.per_request, self.once)

    @property
    def level(self) -> float:
        """The highest quality that is shown: the low end of the interval, or the worst run if it is lower."""
        return min(self.interval[0], *self.runs, 1.0)

    def reaches(self, wanted: float) -> bool | None:
        """Tell whether the questions show a quality; None when they leave it open.

        Fewer than `FEWEST` always do.

        Args:
            wanted: Share of right answers, 0 to 1.
        """
        if self.n < FEWEST:
            return None
        if self.level >= wanted:
            return True
        return False if max(self.interval[1], *self.runs, 0.0) < wanted else None

    def describe(self) -> str:
        """Write its quality with both kinds of uncertainty."""
        low, high = self.interval
        words = f"{self.name}: {self.quality:.0%} right, {low:.0%} to {high:.0%} over {self.n} question"
        words += "" if self.n == 1 else "s"
        if len(self.runs) > 1:
            words += f"; {min(self.runs):.0%} to {max(self.runs):.0%} over {len(self.runs)} runs"
        return words


def questions_needed(quality: float, wanted: float, more_than: int = 0) -> int | None:
    """Say about how many questions would show that a quality is reached, if the share of right answers stays.

    About: a share of whole answers is rarely kept exactly, so a few more questions may show it less well.

    Args:
        quality: The share that will be answered right, 0 to 1.
        wanted: The share that it should be shown to reach, 0 to 1.
        more_than: Questions that did not show it.

    Returns:
        The smallest number that was found to show it, at least `FEWEST`. None when no number up to
        `MOST` does.
    """

    def shows(n: int) -> bool:
        return wilson(quality * n, n)[0] >= wanted

    least = low = max(FEWEST, more_than + 1)
    if shows(least) or quality <= wanted:
        return least if quality > wanted else None
    high = 2 * low
    while not shows(high):
        low, high = high, 2 * high
        if high > MOST:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if shows(middle) else (middle, high)
    # Half an answer is none: a smaller number may lie on the other side of one that does not show it.
    return next(n for n in range(max(least, high - _LOOK_BACK), high + 1) if shows(n))


def difference(a: Option, b: Option) -> tuple[float, float | None]:
    """Compare two options on the questions that both answered.

    Args:
        a: A option.
        b: Another one.

    Returns:
        The mean of `b` minus the mean of `a`, and how often chance alone would give as much (see
        `helpers.evaluation.compare`); None where their answers are not known one by one.
    """
    both = [group for group in a.by_group if group in b.by_group]
    if not both:
        return b.quality - a.quality, None
    gaps = [b.by_group[group] - a.by_group[group] for group in both]
    return sum(gaps) / len(gaps), chance_of_gap(gaps)


@cache
def _interval(quality: float, n: int) -> tuple[float, float]:
    return wilson(quality * n, n)


def check_options(options: Sequence[Option]) -> None:
    """Refuse what cannot be decided about.

    Args:
        options: What was measured.

    Raises:
        FineTuneError: There is no option, two have one name, or a number is impossible.
    """
    if not options:
        raise FineTuneError(
            "There is no option to decide about. Give at least one Option(...); "
            "notebook 05_evaluate measures them."
        )
    names = [option.name for option in options]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise FineTuneError(f"Two options are called {twice[0]!r}. Give each a name of its own.")
    for option in options:
        where = f"The option {option.name!r}: "
        if option.kind not in KINDS:
            raise FineTuneError(f"{where}kind is {option.kind!r}; expected one of {', '.join(KINDS)}.")
        if not isinstance(option.n, int) or isinstance(option.n, bool) or option.n < 1:
            raise FineTuneError(
                f"{where}n is {option.n!r}; expected the number of questions, at least 1. "
                "Ask it some questions."
            )
        shares = {
            "quality": option.quality,
            **{f"by_group[{key!r}]": v for key, v in option.by_group.items()},
        }
        shares |= {f"runs[{place}]": value for place, value in enumerate(option.runs)}
        for name, value in shares.items():
            if not is_number(value) or not 0 <= value <= 1:
                raise FineTuneError(
                    f"{where}{name} is {value!r}; expected a share of right answers, 0 to 1. "
                    "Score its answers."
                )
        amounts = {"per_request": option.per_request, "once": option.once, "rows": option.rows}
        for name, amount in amounts.items():
            if amount is not None and (not is_number(amount) or amount < 0):
                raise FineTuneError(f"{where}{name} is {amount!r}; expected a number, 0 or more.")
        _check_means(option, where)


def _check_means(option: Option, where: str) -> None:
    parts = {"by_group": list(option.by_group.values()), "runs": list(option.runs)}
    for name, values in parts.items():
        if values and abs(sum(values) / len(values) - option.quality) > 0.005:
            mean = sum(values) / len(values)
            raise FineTuneError(
                f"{where}quality is {option.quality:g}, and the mean of {name} is {mean:g}; expected the "
                "same. Score its answers again."
            )
    if option.by_group and len(option.by_group) != option.n:
        raise FineTuneError(
            f"{where}n is {option.n}, and by_group has {len(option.by_group)} questions; expected "
            "the same number."
        )


def is_number(value: object) -> bool:
    """Tell whether a value is a number that one can calculate with."""
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
