"""What the playground of notebook 05c offers, and how it asks: the notebook and the recorder do the same."""

from collections.abc import Sequence
from typing import Final

from helpers.lessons.lesson import Lesson
from helpers.lessons.ways import Row, conversation

Messages = list[dict[str, str]]

BESIDE: Final = ("greetings", "limericks", "off_topic")
"""Sets of `Lesson.probes` whose questions are offered, too."""

EXAMPLES: Final = 3
"""Solved examples in the prompt of `few_shot`."""


def playground_questions(lesson: Lesson, train: Sequence[Row], test: Sequence[Row]) -> dict[str, Row]:
    """Return what can be chosen: a question about each group of a lesson, and some beside it.

    Args:
        lesson: The lesson.
        train: Its training rows.
        test: Its held-out rows, at least one.

    Returns:
        Name of a question → the row that asks it. Held-out groups come first; the others have their part
        behind their name, such as "Iron (trained)". Rows beside the lesson have no answer.
    """
    trained = {lesson.group(row) for row in train}
    held_out = {lesson.group(row) for row in test}
    found: dict[str, Row] = {}
    for row in [*test, *lesson.rows()]:
        if len(row["messages"]) == 3:
            group = lesson.group(row)
            part = "" if group in held_out else " (trained)" if group in trained else " (validation)"
            found.setdefault(f"{group}{part}", row)
    sets = {probe.name: probe.asked for probe in lesson.probes(test)}
    for name in BESIDE:
        for asked in sets[name]:
            found[f"{name}: {asked.group}"] = {"messages": asked.messages[-1:]}
    return found


def playground_ways(
    lesson: Lesson, train: Sequence[Row], *, base: str, fine_tuned: str
) -> dict[str, tuple[str, Messages]]:
    """Return who is asked, side by side.

    Args:
        lesson: The lesson.
        train: Its training rows; solved examples come from the first of their groups.
        base: The base model.
        fine_tuned: The fine-tuned model.

    Returns:
        Name of a way → the model, and the messages that stand before a question.
    """
    system = conversation(train[0])[:1]
    shown = list({lesson.group(row): row for row in train}.values())[:EXAMPLES]
    examples = [message for row in shown for message in conversation(row)[1:]]
    return {
        "base": (base, system),
        "few_shot": (base, [*system, *examples]),
        "fine_tuned": (fine_tuned, system),
    }
