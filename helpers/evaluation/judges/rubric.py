"""Does one answer meet each point of a list? The judge sees a single answer, and says true or false."""

import json
from collections.abc import Iterable, Mapping
from typing import Any


def rubric_messages(question: str, answer: str, points: Mapping[str, str]) -> list[dict[str, str]]:
    """Return what a judge is asked about one answer.

    Args:
        question: What the answer is for.
        answer: The answer to judge.
        points: What is asked of it: a short name, and what counts as one sentence.

    Returns:
        The messages of one chat request.
    """
    listed = "\n".join(f"{name}: {meaning}" for name, meaning in points.items())
    system = f"You check an answer. Say true or false for each point:\n{listed}"
    user = f"Question:\n{question}\n\nAnswer:\n{answer}\n\nWhich points are true of the answer?"
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]


def rubric_format(names: Iterable[str]) -> dict[str, Any]:
    """Return the `response_format` that asks for true or false to each point, and for nothing else.

    Args:
        names: The names of the points.
    """
    properties = {name: {"type": "boolean"} for name in names}
    schema = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return {"type": "json_schema", "json_schema": {"name": "rubric", "strict": True, "schema": schema}}


def read_grades(text: str | None, names: Iterable[str]) -> dict[str, bool] | None:
    """Read a judge's answer about the points.

    Args:
        text: JSON of the form of `rubric_format`.
        names: The names of the points.

    Returns:
        The points with true or false, in the order of `names`; None for any other text.
    """
    expected = list(names)
    try:
        found = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or set(found) != set(expected):
        return None
    if not all(isinstance(value, bool) for value in found.values()):
        return None
    return {name: found[name] for name in expected}
