"""How near is an answer to what was trained? A good score on near copies says little of new questions."""

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import NamedTuple

_TOKEN = re.compile(r"\w+|[^\w\s]")


class Nearest(NamedTuple):
    """The trained answer that is most like an answer.

    Attributes:
        share: How much of both texts stands in the other, in order: 0 nothing, 1 every word and sign.
        text: The trained answer.
    """

    share: float
    text: str


def nearest(answer: str, trained: Iterable[str]) -> Nearest:
    """Find the trained answer that is most like an answer, word by word.

    Replace what changes from row to row, such as names and numbers, by a blank first, in both: then an answer
    that fills a trained frame has a share of 1.

    Args:
        answer: An answer of a model, or the expected one of a test row.
        trained: The answers of the training file, at least one.

    Returns:
        The first of the nearest. The share is `2 * common / (words of both)`, as `difflib` counts them; signs
        count as words.

    Raises:
        ValueError: There is no trained answer.
    """
    matcher = SequenceMatcher(None, autojunk=False)
    matcher.set_seq2(_TOKEN.findall(answer))
    best: Nearest | None = None
    for text in dict.fromkeys(trained):
        matcher.set_seq1(_TOKEN.findall(text))
        least = best.share if best else -1.0
        # The two quick ones are upper bounds.
        if matcher.real_quick_ratio() > least and matcher.quick_ratio() > least:
            share = matcher.ratio()
            if share > least:
                best = Nearest(share, text)
    if best is None:
        raise ValueError("There is no trained answer to compare with. Give the answers of the training file.")
    return best
