"""Properties of the form of an answer, and which of them show anything.

A property is a sentence for the learner and a yes-or-no check for an answer. It counts when the held-out
answers have it too, and when the base model, asked questions of the training part, often lacks it: what every
answer has shows nothing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from helpers.own_data.words import LONGEST

KEPT = 0.95
"""Share of the training answers that have a property."""

HELD = 0.9
"""Share of the held-out answers that must have it, or it does not hold for new answers."""

SEPARATES = 0.8
"""A property that more of the base model's answers have than this does not tell the models apart."""


@dataclass(frozen=True)
class Property:
    """One property of the form.

    Attributes:
        kind: A short name: json, labels, parts, opening, closing, phrase, sign, shape, letters, script, case,
            length.
        says: What all training answers share, as a sentence.
        holds: Tells whether an answer has it.
    """

    kind: str
    says: str
    holds: Callable[[str], bool]

    def share(self, answers: Iterable[str]) -> float:
        """Return which share of some answers has it, 0 to 1; 1 for none."""
        found = [self.holds(answer[:LONGEST].strip()) for answer in answers]
        return sum(found) / len(found) if found else 1.0


def that_count(
    properties: list[Property], held_out: list[str], base: list[str], questions: list[str]
) -> tuple[list[Property], bool]:
    """Keep the properties that hold for new answers and tell the models apart.

    Args:
        properties: Of `find_properties`.
        held_out: The right answers of the test part.
        base: Answers of the base model to questions of the training part.
        questions: The test questions: repeating the question must not pass for an answer.

    Returns:
        The properties, and whether one separates; if none does, all that hold for new answers.
    """
    hold = [each for each in properties if each.share(held_out) >= HELD]
    apart = [each for each in hold if each.share(base) <= SEPARATES]
    echo = [each for each in hold if each not in apart and each.share(questions) <= SEPARATES]
    return ([*apart, *echo], True) if apart else (hold, False)


def has_form(text: str, properties: list[Property]) -> bool:
    """Tell whether an answer has all of some properties; no text has none."""
    answer = text[:LONGEST].strip()
    return bool(answer) and all(each.holds(answer) for each in properties)
