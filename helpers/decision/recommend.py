"""From measured options and a learner's needs to a recommendation: a pure function, and its reasons."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from textwrap import fill
from typing import Any, Literal

from helpers.decision import words
from helpers.decision.case import case
from helpers.decision.choose import able, cheapest
from helpers.decision.needs import Needs, check_needs
from helpers.decision.options import Option, check_options
from helpers.decision.places import places_to_train

Choice = Literal["prompt", "retrieve", "fine-tune", "smaller model", "not yet"]

ADVICE: dict[Choice, str] = {
    "prompt": "Write a prompt with examples, and train nothing.",
    "retrieve": "Look the facts up, write them into the prompt, and train nothing.",
    "fine-tune": "Fine-tune, and keep the test for the next model.",
    "smaller model": "Take the smaller or cheaper model.",
    "not yet": "Do not decide yet: measure first.",
}
"""Choice → what to do, as one sentence."""

_COLUMNS = 100
"""Of a line in a notebook; a page of it is hardly wider."""


@dataclass(frozen=True)
class Recommendation:
    """What to do, and why; printed, it is a page of text.

    Attributes:
        choice: prompt, retrieve, fine-tune, smaller model or not yet.
        option: The chosen option; None for "not yet".
        reasons: Sentences from the measurements.
        what_would_change_it: Sentences with the numbers at which the recommendation is another one.
        places: Where one can train on that day; nothing where nothing is to be trained.
        case: The learner's form, as sentences, with what was measured about its questions.
    """

    choice: Choice
    option: Option | None
    reasons: tuple[str, ...]
    what_would_change_it: tuple[str, ...]
    places: tuple[str, ...]
    case: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return what `05b_decision.json` holds: what is true on any day, and so without places and case."""
        return {
            "choice": self.choice,
            "option": self.option.name if self.option else None,
            "reasons": list(self.reasons),
            "what_would_change_it": list(self.what_would_change_it),
        }

    def __repr__(self) -> str:
        """Return the whole text."""
        name = f" ({self.option.name})" if self.option else ""
        lines = [f"{self.choice.upper()}{name}: {ADVICE[self.choice]}"]
        for title, sentences in (
            ("Why", self.reasons),
            ("What would change it", self.what_would_change_it),
            ("Where one can train", self.places),
            ("The case", self.case),
        ):
            lines += ["", title, *map(_item, sentences)] if sentences else []
        return "\n".join(lines)


def decide(options: Sequence[Option], needs: Needs, today: date | None = None) -> Recommendation:
    """Recommend a way: the cheapest of those that are shown to be good enough.

    An option is good enough when the low end of its 95 % interval, and each of its runs, reach the wanted
    quality. What the questions cannot show is left undecided, and said.

    Args:
        options: What was measured, at least one.
        needs: The learner's numbers.
        today: The day for "where can one still fine-tune"; today without it.

    Returns:
        The recommendation.

    Raises:
        FineTuneError: There is no option, a number is impossible, or a cost that is needed is not known.
    """
    check_options(options)
    check_needs(needs)
    today = today or date.today()
    good = able(options, needs)
    chosen = cheapest(good, needs)
    form = case(options, needs, today)
    if chosen is None:
        why, change = words.why_not_yet(options, needs), words.what_to_measure(options, needs)
        return Recommendation("not yet", None, why, change, (), form)
    why, change = (
        words.why(options, good, needs, chosen),
        words.what_would_change(options, good, needs, chosen),
    )
    places = tuple(places_to_train(today)) if chosen.rows else ()
    return Recommendation(chosen.kind, chosen, why, change, places, form)


def _item(text: str) -> str:
    return fill(text, _COLUMNS, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False)
