"""Answers for programs: JSON is compared value by value, code sign by sign."""

import json
import re
from collections import Counter
from collections.abc import Sequence

from helpers.own_data.words import LONGEST, plain

_FENCE = re.compile(r"```\w*\s*(.*?)\s*```", re.DOTALL)
_TAG = re.compile(r"</?\w[^>]*>")
# Signs as code has them, and prose hardly: a bracket right after a word, operators, names_with_parts.
_MARK = re.compile(r"\w[(\[]|[=<>{}\\]|;\s*(?:\n|$)|\w_(?=\w)")
_MARKS, _CHARACTERS = 2, 40  # At least two of them, and one in so many characters.
_QUERY = re.compile(r"(?:select|insert|update|delete|create|with)\b.*\b(?:from|into|set|table|as)\b", re.I)
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


def is_code(answers: Sequence[str]) -> bool:
    """Tell whether nearly all answers are code, such as queries for a database.

    Args:
        answers: All answers.
    """
    dense = [_is_dense(text) for text in answers]
    code = [one or _is_query(text) for one, text in zip(dense, answers, strict=True)]
    return 2 * sum(dense) >= len(answers) > 0 and sum(code) >= 0.9 * len(answers)


def same_code(said: str, right: str) -> bool:
    """Tell whether two answers are the same code.

    Capitals, spaces, quotes, a fence around it and a last semicolon do not count.

    Args:
        said: The answer.
        right: The right answer.
    """
    return _signs(said) == _signs(right)


def _is_query(text: str) -> bool:
    return bool(_QUERY.match(" ".join(text[:LONGEST].split())))


def _is_dense(text: str) -> bool:
    bare = _TAG.sub("", text[:LONGEST])
    return len(_MARK.findall(bare)) >= max(_MARKS, len(bare) / _CHARACTERS)


def _signs(text: str) -> list[str]:
    fenced = _FENCE.fullmatch(text.strip())
    code = re.sub(r"[\"'`]", "", fenced[1] if fenced else text)
    return re.findall(r"\w+|[^\w\s]", code[:LONGEST].casefold().strip().removesuffix(";"))
