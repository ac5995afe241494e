"""Which of two answers is better? A judge is asked twice, with the answers in both orders."""

import json
import re
from typing import Any, Final, Literal

Verdict = Literal["first", "second", "equal"]
VERDICTS: Final[tuple[Verdict, ...]] = ("first", "second", "equal")
"""What can be said of a pair."""

_READ: Final[dict[str, Verdict]] = {"A": "first", "B": "second", "EQUAL": "equal"}

PAIR_FORMAT: Final[dict[str, Any]] = {
    "type": "json_schema",
    "json_schema": {
        "name": "verdict",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"better": {"type": "string", "enum": ["A", "B", "equal"]}},
            "required": ["better"],
            "additionalProperties": False,
        },
    },
}
"""The `response_format` that leaves a judge no other answer than one of the three."""


def pair_messages(question: str, first: str, second: str, rule: str) -> list[dict[str, str]]:
    """Return what a judge is asked about two answers.

    Ask again with `first` and `second` exchanged, and read that verdict with `turned`.

    Args:
        question: What both answers are for.
        first: The answer that is shown as A.
        second: The answer that is shown as B.
        rule: What makes an answer better, as one or two sentences.

    Returns:
        The messages of one chat request.
    """
    system = f'You compare two answers, A and B. {rule} Say which is better: "A", "B" or "equal".'
    user = f"Question:\n{question}\n\nAnswer A:\n{first}\n\nAnswer B:\n{second}\n\nWhich is better?"
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]


def read_verdict(text: str | None) -> Verdict | None:
    """Read a judge's answer about a pair.

    Args:
        text: JSON of the form of `PAIR_FORMAT`, or nothing but A, B or equal; quotes, brackets and a point
            around it do not count, and neither does upper or lower case.

    Returns:
        "first" for A, "second" for B, "equal"; None for any other text.
    """
    try:
        found = json.loads(text or "")
    except (ValueError, RecursionError):
        found = text
    if isinstance(found, dict) and set(found) == {"better"}:
        found = found["better"]
    if not isinstance(found, str):
        return None
    word = re.fullmatch(r"[\s\"'*(\[]*(a|b|equal)[\s\"'*)\].]*", found, re.IGNORECASE | re.ASCII)
    return _READ[word[1].upper()] if word else None


def turned(verdict: Verdict | None) -> Verdict | None:
    """Return what a verdict about exchanged answers says of the answers in their own order.

    Args:
        verdict: What the judge said when the second answer stood first.
    """
    other: dict[Verdict | None, Verdict] = {"first": "second", "second": "first", "equal": "equal"}
    return other.get(verdict)


def settled(verdict: Verdict | None, again: Verdict | None) -> Verdict | None:
    """Return what a judge says of a pair in all: an answer wins where it wins in both orders, else none does.

    So did L. Zheng and others, "Judging LLM-as-a-Judge with MT-Bench and Chatbot Arena", 2023.

    Args:
        verdict: What it said of the pair.
        again: What it said of the exchanged pair, turned back by `turned`.

    Returns:
        The verdict of both; "equal" where they differ; None where one of them could not be read.
    """
    if verdict is None or again is None:
        return None
    return verdict if verdict == again else "equal"
