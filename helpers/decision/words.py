"""The sentences of a recommendation, each from the numbers that it names."""

from collections.abc import Sequence
from dataclasses import replace

from helpers.decision.choose import (
    Change,
    able,
    cheapest,
    has_rows,
    price_change,
    quality_changes,
    request_changes,
    with_known_cost,
)
from helpers.decision.needs import Needs
from helpers.decision.options import FEWEST, Option, difference, questions_needed
from helpers.decision.phrases import Sentences, floor, not_tried, points, span, sure
from helpers.evaluation.intervals import ALPHA

_CLOSE = 0.1
"""Two costs that are nearer than this share are called close: prices and counts of tokens are not that
exact."""


def why(options: Sequence[Option], good: Sequence[Option], needs: Needs, chosen: Option) -> Sentences:
    """Say why an option was chosen.

    Args:
        options: All that were measured.
        good: Those that are good enough.
        needs: The learner's numbers.
        chosen: One of `good`.
    """
    said = [f"Wanted: {needs.quality:.0%} right. {chosen.describe()}: shown."]
    said += [_compared(chosen, other, needs) for other in good if other is not chosen]
    said += [_left_out(other, needs) for other in options if other not in good]
    said += [_doubt(chosen, other) for other in options if other is not chosen]
    if chosen.rows and len(chosen.runs) < 2:
        said.append(
            f"{chosen.name} was trained once. Another seed may give another result: train it three times."
        )
    return tuple(filter(None, said))


def why_not_yet(options: Sequence[Option], needs: Needs) -> Sentences:
    """Say why no option was chosen.

    Args:
        options: All that were measured.
        needs: The learner's numbers.
    """
    return (
        f"Wanted: {needs.quality:.0%} right. No option is shown to reach it.",
        *(_left_out(option, needs) for option in options),
    )


def what_to_measure(options: Sequence[Option], needs: Needs) -> Sentences:
    """Say what would end a "not yet".

    Args:
        options: All that were measured.
        needs: The learner's numbers.
    """
    said = []
    usable = [option for option in options if has_rows(option, needs)]
    most = max(option.n for option in options)
    least = questions_needed(1, needs.quality)
    if least and most < least:
        said.append(
            f"More questions: with {most}, even if all were right, {needs.quality:.0%} would not be shown. "
            f"Ask at least {least}."
        )
    for option in usable:
        if option.reaches(needs.quality) is None and (needed := _needed(option, needs)):
            said.append(
                f"{option.name}: about {needed:,} questions would show {needs.quality:.0%}, if the share "
                f"stays at {option.quality:.0%}; it had {option.n}."
            )
    enough = [option for option in usable if option.n >= FEWEST]
    best = max(enough, key=lambda option: option.level, default=None)
    if best is not None and 0 < best.level < needs.quality:
        there = replace(needs, quality=best.level)
        if other := cheapest(able(with_known_cost(options), there), there):
            said.append(
                f"A lower wish: at {floor(best.level)} wanted, it would be {other.kind} ({other.name})."
            )
    if missing := not_tried(options):
        said.append(f"Not tried yet: {missing}.")
    said.append(
        "Better options: more or better rows, another prompt, a larger base model; then measure again."
    )
    return tuple(said)


def what_would_change(
    options: Sequence[Option], good: Sequence[Option], needs: Needs, chosen: Option
) -> Sentences:
    """Say at which numbers the recommendation is another one.

    Args:
        options: All that were measured.
        good: Those that are good enough.
        needs: The learner's numbers.
        chosen: One of `good`.
    """
    said = []
    if len(good) > 1:
        changes = request_changes(good, needs, chosen) + price_change(good, needs, chosen)
        said += [_changed(change, chosen) for change in changes]
        if not any(change.what == "requests_per_day" for change in changes):
            said.append("The number of requests a day does not change it.")
    else:
        said.append(f"Neither requests nor prices change it: only {chosen.name} is shown to be good enough.")
    said += [_changed(change, chosen) for change in quality_changes(options, needs, chosen)]
    for other in options:
        if (
            other.reaches(needs.quality) is None
            and has_rows(other, needs)
            and _is_cheaper(other, chosen, needs)
        ):
            said.append(
                f"{other.name} would cost less, and {needs.quality:.0%} is open for it ({span(other)}). "
                f"{_more_questions(other, needs)}"
            )
    if missing := not_tried(options):
        said.append(f"Not tried: {missing}. If it is good enough and costs less, it is the better choice.")
    return tuple(said)


def _compared(chosen: Option, other: Option, needs: Needs) -> str:
    more = needs.total(other) - needs.total(chosen)
    share = more / needs.total(other) if needs.total(other) else 0.0
    words = f"{other.describe()}: shown, too. In {needs.days:,} days it costs "
    words += f"{needs.amount(needs.total(other))}, and {chosen.name} {needs.amount(needs.total(chosen))}"
    if not more:
        return f"{words}: the same, and {chosen.name} is no more work."
    return f"{words}{'; that is close' if share < _CLOSE else ''}."


def _left_out(option: Option, needs: Needs) -> str:
    if not has_rows(option, needs):
        return (
            f"{option.name} was trained on {option.rows:,} rows, and you have {needs.rows:,}: its quality "
            "says nothing about yours. The learning curve shows what fewer rows do."
        )
    if option.reaches(needs.quality) is None:
        return f"{option.describe()}: undecided."
    return f"{option.describe()}: not reached."


def _doubt(chosen: Option, other: Option) -> str:
    """Say that a difference to the chosen option is not shown; nothing where it is."""
    gap, chance = difference(chosen, other)
    if chance is None:
        (low, high), (other_low, other_high) = chosen.interval, other.interval
        if other_low > high or other_high < low:
            return ""
        return (
            f"{other.name} or {chosen.name}: which is right more often is undecided; the intervals overlap."
        )
    if chance < ALPHA:
        better = (
            f"{other.name} is right more often ({points(gap)}{sure(chance)}); the wanted quality does not"
        )
        return f"{better} need it." if gap > 0 else ""
    gap_says = f"{other.name} has {points(gap)}{sure(chance)}"
    return f"{other.name} or {chosen.name}: which is right more often is undecided ({gap_says})."


def _changed(change: Change, chosen: Option) -> str:
    then = f"{change.option.kind} ({change.option.name})" if change.option else "not yet"
    if change.what == "requests_per_day":
        return f"{change.side.capitalize()} {change.at:,.0f} requests a day: {then}."
    if change.what == "price":
        return f"If a request to {chosen.name} costs more than {change.at:,.2f} times as much: {then}."
    at = floor(change.at)
    return f"With more than {at} wanted: {then}." if change.side == "above" else f"With {at} wanted: {then}."


def _is_cheaper(other: Option, chosen: Option, needs: Needs) -> bool:
    known = other.has_known_cost and chosen.has_known_cost
    return known and needs.total(other) < needs.total(chosen)


def _more_questions(option: Option, needs: Needs) -> str:
    needed = _needed(option, needs)
    if needed is None:
        return "Ask more questions, or repeat it, before you decide against it."
    return f"About {needed:,} questions would show it, if the share stays at {option.quality:.0%}."


def _needed(option: Option, needs: Needs) -> int | None:
    """Questions that would show the wanted quality; None where a run below it is what leaves it open."""
    if min(option.runs, default=1.0) < needs.quality:
        return None
    return questions_needed(option.quality, needs.quality, more_than=option.n)
