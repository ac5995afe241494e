"""Graders of recipe answers. They stand alone: a server gets a function of this file, and `item`."""

import json
from typing import Any


def listed(text: str) -> list[str] | None:
    """The texts of a JSON list, or None."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        return None
    return [each.strip().lower() for each in found]


def valid(text: str, item: dict[str, Any]) -> float:
    """A JSON list of texts."""
    return float(listed(text) is not None)


def f1(text: str, item: dict[str, Any]) -> float:
    """The ingredients of `item`, in any order."""
    found, expected = set(listed(text) or ()), set(item["ingredients"])
    return 2 * len(found & expected) / (len(found) + len(expected))


def exact(text: str, item: dict[str, Any]) -> float:
    """The ingredients of `item`, in their order."""
    return float(listed(text) == item["ingredients"])
