"""Predictions and scores for the tests of what is made of them."""

from typing import NamedTuple


class Check(NamedTuple):
    """A score as a lesson has them."""

    name: str
    check: object


RIGHT = Check("right", lambda answer, row: "right" in answer)
SHARE = Check("share", lambda answer, row: float(answer.split()[-1]))
"""The last word of an answer is its value."""


def prediction(model: str, group: str, text: str) -> dict:
    """An answer to one question about a group."""
    return {"messages": [], "model": model, "group": group, "text": text}


def answers(model: str, verdicts: list) -> list[dict]:
    """One answer per group, right or wrong; the groups have the numbers from 0 on."""
    return [prediction(model, str(row), "right" if right else "no") for row, right in enumerate(verdicts)]
