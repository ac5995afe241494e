"""Answers that are JSON: read them, and compare two of them value by value."""

import json
import re
from collections import Counter

from helpers.own_data.words import plain

_MOST_PARTS = 1_000  # Values of one answer that are compared.


def read_answer(text: str) -> object:
    """Return the JSON of an answer, also in a fenced block; None when it is neither object nor list."""
    inside = re.fullmatch(r"```(?:json)?\s*(.*?)\s*```", text.strip(), re.DOTALL)
    try:
        value = json.loads(inside[1] if inside else text)
        flat(value)  # Nested more deeply than it can be compared: no answer of anybody.
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, (dict, list)) else None


def flat(value: object, path: str = "") -> list[tuple[str, str]]:
    """Return each value with the keys that lead to it; the order of a list does not count."""
    if isinstance(value, dict):
        return [pair for key, item in value.items() for pair in flat(item, f"{path}.{plain(str(key))}")]
    if isinstance(value, list):
        return [pair for item in value for pair in flat(item, f"{path}[]")]
    text = value if isinstance(value, str) else json.dumps(value)
    return [(path, plain(text) or text)]


def f1(said: object, right: object) -> float:
    """Compare two values of `read_answer`: F1 of their values with their keys, 0 to 1."""
    found, expected = Counter(flat(said)[:_MOST_PARTS]), Counter(flat(right)[:_MOST_PARTS])
    if said is None or (not found and not expected):
        return float(said is not None and said == right)
    return 2 * (found & expected).total() / (found.total() + expected.total())
