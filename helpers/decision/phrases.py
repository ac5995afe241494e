"""Parts of sentences that several texts of a decision need."""

from collections.abc import Sequence

from helpers.decision.options import KINDS, Option

Sentences = tuple[str, ...]


def not_tried(options: Sequence[Option]) -> str:
    """Name the ways of which no option was measured; an empty text for none."""
    return ", ".join(kind for kind in KINDS if not named(options, kind))


def named(options: Sequence[Option], kind: str) -> list[str]:
    """Return the names of the options of one way."""
    return [option.name for option in options if option.kind == kind]


def span(option: Option) -> str:
    """Write the interval over the questions."""
    low, high = option.interval
    return f"{low:.0%} to {high:.0%}"


def points(gap: float) -> str:
    """Write a difference of two shares."""
    return f"{100 * gap:+.0f} points"


def sure(chance: float | None) -> str:
    """Write how often chance alone gives a difference, as the end of a sentence."""
    if chance is None:
        return ", their answers are not known one by one"
    return ", p < 0.001" if chance < 0.001 else f", p = {chance:.2g}"


def floor(share: float) -> str:
    """A share, rounded down: at this figure the statement is still true."""
    return f"{int(1000 * share) / 10:g} %"
