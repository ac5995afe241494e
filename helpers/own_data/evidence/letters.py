"""Tell a language or a style from another one by pairs of letters: no language has to be known for that."""

import re
from collections import Counter
from collections.abc import Callable
from math import log

from helpers.own_data.words import spread, tokens


def reads_like(texts: list[str], others: list[str]) -> Callable[[str], bool] | None:
    """Find out whether answers can be told from other texts by their letters.

    Args:
        texts: The training answers.
        others: Their questions, or answers of another model.

    Returns:
        A check that is true for a text that reads like the answers; None where the answers are no texts of a
        language, because hardly a word comes back, or where there are fewer than ten.
    """
    counts, words = spread(texts), [[word for word in tokens(text) if len(word) > 1] for text in texts]
    again = sum(counts[word] > 1 for each in words for word in each)
    if again < 0.2 * sum(map(len, words)) or len(texts) < 10:
        return None
    ours = Counter(pair for text in texts for pair in _pairs(text))
    theirs = Counter(pair for text in others for pair in _pairs(text))
    kinds = len(ours | theirs)
    total, other = ours.total() + kinds, theirs.total() + kinds

    def holds(text: str) -> bool:
        # Naive Bayes with one added to each count, as in every textbook.
        return sum(log((ours[pair] + 1) / total * other / (theirs[pair] + 1)) for pair in _pairs(text)) > 0

    return holds


def _pairs(text: str) -> list[str]:
    letters = re.sub(r"[\W\d_]+", " ", f" {text} ".casefold())
    return [letters[place : place + 2] for place in range(len(letters) - 1)]
