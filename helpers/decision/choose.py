"""Which option is the cheapest of those that are good enough, and where another one becomes it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from finetune_dataset.errors import FineTuneError
from helpers.decision.needs import Needs
from helpers.decision.options import KINDS, Option

_NEAR = 1e-6
"""Around a crossing or a quality, as a share: which option stands on which side of it."""


@dataclass(frozen=True)
class Change:
    """A number from which on the recommendation is another one.

    Attributes:
        what: The need that changes: "requests_per_day", "quality" or "price" (the factor of what a request to
            the chosen option costs).
        side: "above" or "below".
        at: The value.
        option: Who is chosen there; None for "not yet".
    """

    what: str
    side: str
    at: float
    option: Option | None


def able(options: Sequence[Option], needs: Needs) -> list[Option]:
    """Return the options that are shown to be good enough, and that the learner has the rows for."""
    return [option for option in options if option.reaches(needs.quality) and has_rows(option, needs)]


def has_rows(option: Option, needs: Needs) -> bool:
    """Tell whether the learner has as many training rows as the option was measured with."""
    return needs.rows is None or option.rows <= needs.rows


def with_known_cost(options: Sequence[Option]) -> list[Option]:
    """Return the options that can be compared by their cost."""
    return [option for option in options if option.has_known_cost]


def cheapest(options: Sequence[Option], needs: Needs, requests_per_day: float | None = None) -> Option | None:
    """Choose the option with the lowest cost in the time of use.

    Args:
        options: Those that are good enough.
        needs: The needs of the learner.
        requests_per_day: Another number of requests than in `needs`.

    Returns:
        One of them. Where two cost the same: the one that is less work, then the one with the higher quality,
        then the one whose name comes first. None without options.

    Raises:
        FineTuneError: What a request to one of several options costs is not known, or its training.
    """
    if len(options) > 1:
        for option in options:
            if option.per_request is None:
                raise FineTuneError(
                    f"{option.name!r} is good enough, and what a request to it costs is not known. Give the "
                    "option per_request=; `usage` of an answer has its tokens."
                )
            if option.once is None:
                raise FineTuneError(
                    f"{option.name!r} is good enough, and what its training costs is not known. Give the "
                    "option once=; 0 where nothing is trained."
                )
    return min(
        options,
        key=lambda option: (
            needs.total(option, requests_per_day),
            KINDS.index(option.kind),
            -option.quality,
            option.name,
        ),
        default=None,
    )


def crossings(options: Sequence[Option], needs: Needs) -> list[float]:
    """Return the numbers of requests a day at which two options cost the same, ascending."""
    found = set()
    for place, a in enumerate(options):
        for b in options[place + 1 :]:
            dearer = ((b.per_request or 0.0) - (a.per_request or 0.0)) * needs.days
            if dearer and (at := (needs.fixed(a) - needs.fixed(b)) / dearer) > 0:
                found.add(at)
    return sorted(found)


def request_changes(options: Sequence[Option], needs: Needs, chosen: Option) -> list[Change]:
    """Find the nearest numbers of requests a day, below and above, at which another option is chosen."""
    places, now, found = crossings(options, needs), needs.requests_per_day, []
    for side, near in (
        ("below", [p for p in places[::-1] if p < now]),
        ("above", [p for p in places if p > now]),
    ):
        for at in near:
            other = cheapest(options, needs, at * (1 - _NEAR if side == "below" else 1 + _NEAR))
            if other is not chosen:
                found.append(Change("requests_per_day", side, at, other))
                break
    return found


def quality_changes(options: Sequence[Option], needs: Needs, chosen: Option) -> list[Change]:
    """Find the wanted qualities, below and above, at which another option is chosen."""
    usable = [option for option in with_known_cost(options) if has_rows(option, needs)]
    found = []
    for other in sorted((r for r in usable if r.level < needs.quality), key=lambda r: -r.level):
        there = replace(needs, quality=other.level)
        if other.level > 0 and cheapest(able(usable, there), there) is other:
            found.append(Change("quality", "below", other.level, other))
            break
    more = replace(needs, quality=chosen.level + _NEAR)
    found.append(Change("quality", "above", chosen.level, cheapest(able(usable, more), more)))
    return found


def price_change(options: Sequence[Option], needs: Needs, chosen: Option) -> list[Change]:
    """Find the factor of the price of a request to the chosen option from which on another one is chosen."""
    spent = needs.total(chosen) - needs.fixed(chosen)
    rest = [option for option in options if option is not chosen]
    other = cheapest(rest, needs)
    if other is None or not spent:
        return []
    return [Change("price", "above", (needs.total(other) - needs.fixed(chosen)) / spent, other)]
