"""Rules of the notebook 07: a grader that pays right answers, and cannot be gamed by a list."""

from collections.abc import Callable
from numbers import Real
from typing import Any

from helpers.exercises.answers import Misfit, call, described, require_attempt

# Nitrogen; the table's values are texts.
ITEM = {"symbol": "N", "number": "7", "category": "nonmetal", "use": "keeping food fresh"}
RIGHT = "Nitrogen has the atomic number 7."
PAID = (
    "Element 7 is nitrogen, a nonmetal in period 2. It was discovered in 1772.",
    "Discovered in 1772, nitrogen is element 7.",
)
# Answers that should not be paid → the mistake of a grader that pays them.
NOT_PAID = {
    "Nitrogen has the atomic number 8.": "wrong_number",
    "Nitrogen has the atomic number 79.": "part",
    " ".join(map(str, range(1, 119))): "listing",
    "7, 8, 9 or 10": "listing",
}


def fair_grade(function: Callable[..., Any]) -> str:
    """The right number as a number of its own, and at most three numbers.

    Args:
        function: `grade(sample, item)`, the learner's; `sample["output_text"]` is the answer.
    """
    if _reward(function, RIGHT) != 1:
        return "never"
    paid = [mistake for text, mistake in NOT_PAID.items() if _reward(function, text) != 0]
    if paid:
        return paid[0]
    if any(_reward(function, text) != 1 for text in PAID):
        return "other_numbers"
    try:
        nothing = function({"output_text": ""}, dict(ITEM))
    except Exception:
        return "empty"
    require_attempt(nothing)
    return "" if nothing == 0 else "wrong_number"


def _reward(function: Callable[..., Any], text: str) -> float:
    """What a grader gives; the server takes True and False for numbers, too."""
    given = call(function, {"output_text": text}, dict(ITEM))
    if not isinstance(given, Real):
        missing = " Is `return` missing?" if given is None else ""
        raise Misfit(f"grade returned {described(given)}; expected 1.0 or 0.0.{missing}")
    return float(given)
