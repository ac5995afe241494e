"""The learner's form as sentences, with what was measured and what is known about its questions."""

from collections.abc import Sequence
from datetime import date

from helpers.costs.per_thousand import REQUESTS
from helpers.decision.needs import Needs
from helpers.decision.options import KINDS, Option, difference
from helpers.decision.phrases import Sentences, named, not_tried, points, sure

BLANK = "not written down"


def case(options: Sequence[Option], needs: Needs, today: date) -> Sentences:
    """Write the learner's form, and beside it what was measured about the same questions.

    Args:
        options: All that were measured.
        needs: The learner's form.
        today: The day to count from.
    """
    if needs == Needs():
        return ("The form is not filled in: notebook 05b_decide asks its questions.",)
    tried = ", ".join(f"{kind} ({', '.join(names)})" for kind in KINDS if (names := named(options, kind)))
    hours = ", ".join(f"{kind} {needs.hours.get(kind, 0):g}" for kind in KINDS)
    work = (
        f" at {needs.usd_per_hour:g} USD" if needs.unit == "USD" else ", not counted in seconds of a computer"
    )
    rows = max(option.rows for option in options)
    compute = _training(options, needs) if rows else "no training was measured"
    largest = f"the largest measured training had {rows:,} rows" if rows else "no training was measured"
    have = "as many as were measured" if needs.rows is None else f"{needs.rows:,} training rows"
    hosting = f"{needs.hosting_usd_per_day:g} USD a day" if needs.unit == "USD" else "not counted"
    said = [
        f"Use case: {needs.use_case or BLANK}. What should improve: {needs.improve or BLANK}.",
        f"Alternatives tried: {tried}. Not tried: {not_tried(options) or 'none'}.",
        f"Use: {needs.requests_per_day:,g} requests a day for {needs.days:,} days.",
        f"Effort, in hours of work: {hours}{work}.",
        f"Compute: {compute}. Hosting: {hosting}.",
        f"Data: {have}; {largest}.",
    ]
    if tuned := [option for option in options if option.rows]:
        best = max(tuned, key=lambda option: option.quality)
        rest = [option for option in options if not option.rows]
        if rest:
            said.append(_benefit(best, max(rest, key=lambda option: option.quality), needs))
    said.append(f"Reuse: {needs.reuse or BLANK}.")
    origins = sorted({sentence for option in options for sentence in option.origin})
    return (*said, *origins, f"Written on {today}.")


def _training(options: Sequence[Option], needs: Needs) -> str:
    costs = [option.once for option in options if option.rows]
    known = [once for once in costs if once is not None]
    if not known:
        return "what one training costs is not known"
    others = "" if len(known) == len(costs) else "; what another one costs is not known"
    return f"one training costs up to {needs.amount(max(known))}{others}"


def _benefit(tuned: Option, other: Option, needs: Needs) -> str:
    gap, chance = difference(other, tuned)
    words = f"Benefit: {tuned.name} against the best without training, {other.name}: {points(gap)}"
    words += sure(chance)
    if tuned.per_request is None or other.per_request is None:
        return f"{words}."
    costs = f"{REQUESTS * tuned.per_request:.3g} against {REQUESTS * other.per_request:.3g} {needs.unit}"
    return f"{words}; {REQUESTS:,} requests cost {costs}."
