"""A judge has a score of its own: how often it says what we say, and what the order of the answers does."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from helpers.evaluation import wilson
from helpers.evaluation.judges.pairs import Verdict

A = TypeVar("A")
B = TypeVar("B")


@dataclass(frozen=True)
class Agreement:
    """How far a judge and the labels agree.

    Attributes:
        n: Labeled pairs.
        unreadable: Pairs without a verdict; they count as disagreement.
        agreed: Pairs with the verdict of the label.
        share: `agreed` of `n`, 0 to 1.
        low: Low end of its 95 % interval (Wilson's), 0 to 1.
        high: High end.
        kappa: Cohen's kappa over the pairs with a verdict, -1 to 1; None where it does not exist.
    """

    n: int
    unreadable: int
    agreed: int
    share: float
    low: float
    high: float
    kappa: float | None


@dataclass(frozen=True)
class Position:
    """What the order of the answers does to a judge. Each pair counts once.

    Attributes:
        n: Pairs that have a readable verdict in both orders.
        unreadable: The other pairs.
        flipped: Pairs whose verdict changes when the answers are exchanged.
        flips: `flipped` of `n`, 0 to 1; None where `n` is 0.
        flips_low: Low end of its 95 % interval (Wilson's).
        flips_high: High end.
        decided: Pairs of `n` with a winner in at least one of the two orders.
        first: How often a winner stood in the first place, 0 to 1; .5 for a judge that does not look at it;
            None where `decided` is 0.
        first_low: Low end of its 95 % interval (Wilson's, with `decided` trials).
        first_high: High end.
    """

    n: int
    unreadable: int
    flipped: int
    flips: float | None
    flips_low: float
    flips_high: float
    decided: int
    first: float | None
    first_low: float
    first_high: float


def agree(verdicts: Sequence[Verdict | None], labels: Sequence[Verdict]) -> Agreement:
    """Compare a judge with the labels of another reader.

    Args:
        verdicts: What the judge says of each pair; None where that could not be read.
        labels: What the reader says of the same pairs. Kappa between two readers is as high as a judge can
            be expected to come; the course's labels have one reader, so there it is not known.

    Returns:
        The share of equal verdicts with its interval, and Cohen's kappa.

    Raises:
        ValueError: There are no pairs, or not as many verdicts as labels.
    """
    pairs = _together(verdicts, labels)
    read = [(verdict, label) for verdict, label in pairs if verdict is not None]
    agreed = sum(verdict == label for verdict, label in read)
    kappa = cohen_kappa([verdict for verdict, _ in read], [label for _, label in read]) if read else None
    return Agreement(
        len(pairs), len(pairs) - len(read), agreed, agreed / len(pairs), *wilson(agreed, len(pairs)), kappa
    )


def cohen_kappa(one: Sequence[str], other: Sequence[str]) -> float | None:
    """Say how far two judges agree beyond chance.

    kappa = (p - c) / (1 - c). p is the share of equal verdicts. c is the share that chance would give two
    judges who say each verdict as often as these two do, but without looking (J. Cohen, "A coefficient of
    agreement for nominal scales", Educational and Psychological Measurement 20, 1960, pages 37-46).

    Args:
        one: The verdicts of one judge.
        other: The verdicts of the other on the same things.

    Returns:
        1 where all verdicts are equal, 0 where chance alone would give as many, below 0 for fewer; None where
        both say one and the same verdict always, because then chance explains everything.

    Raises:
        ValueError: There are no verdicts, or not as many of one as of the other.
    """
    pairs = _together(one, other)
    n, ones, others = len(pairs), Counter(one), Counter(other)
    equal = sum(a == b for a, b in pairs)
    # Whole numbers: a rounded 1 - c would be nearly 0 where it is 0.
    chance = sum(ones[name] * others[name] for name in ones)
    return (equal * n - chance) / (n * n - chance) if chance < n * n else None


def position(verdicts: Sequence[Verdict | None], exchanged: Sequence[Verdict | None]) -> Position:
    """Measure position bias from verdicts about the same pairs in both orders.

    Args:
        verdicts: What the judge says of each pair.
        exchanged: What it says when the second answer stands first: as it was read, not turned back.

    Returns:
        The share of verdicts that flip, and the share of winners in the first place, with their intervals.
        A pair gives two verdicts that are not independent, so each pair counts once, with their mean.

    Raises:
        ValueError: There are no pairs, or not as many verdicts in one order as in the other.
    """
    pairs = _together(verdicts, exchanged)
    read = [pair for pair in pairs if None not in pair]
    same = {("first", "second"), ("second", "first"), ("equal", "equal")}
    flipped = sum(pair not in same for pair in read)
    winners = [[place for place in pair if place != "equal"] for pair in read]
    shares = [places.count("first") / len(places) for places in winners if places]
    return Position(
        len(read),
        len(pairs) - len(read),
        flipped,
        *_share(flipped, len(read)),
        len(shares),
        *_share(sum(shares), len(shares)),
    )


def _share(right: float, n: int) -> tuple[float | None, float, float]:
    """A share with its interval; nothing is known of none."""
    return (right / n, *wilson(right, n)) if n else (None, 0.0, 1.0)


def _together(one: Sequence[A], other: Sequence[B]) -> list[tuple[A, B]]:
    if len(one) != len(other) or not one:
        raise ValueError(
            f"Expected as many verdicts of one as of the other, at least one; found {len(one)} and "
            f"{len(other)}. Give one for each pair, None where it could not be read."
        )
    return list(zip(one, other, strict=True))
