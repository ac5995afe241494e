"""What a text holds, for comparing two of them: words, numbers, names.

Nothing is known of a language here. Which words matter is counted in the learner's own answers.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from finetune_dataset.quality.near_duplicates import normalized

LONGEST = 20_000
"""Characters of a text that are looked at; a longer cell is no answer of a small model."""

_NUMBER = r"\d+(?:[.,:]\d+)*"
# A number; one character of a script without spaces; or letters, with an apostrophe or a hyphen inside.
_TOKEN = re.compile(
    rf"{_NUMBER}|[\u2e80-\u9fff\uac00-\ud7af]"
    r"|[^\W\d_\u2e80-\u9fff\uac00-\ud7af]+(?:['’\-][^\W\d_\u2e80-\u9fff\uac00-\ud7af]+)*"
)
_LIST_NUMBER = re.compile(r"^\s*\d{1,2}[.)]\s+", re.MULTILINE)
_SENTENCE_END = re.compile(
    r"(?<!\b[A-Z])(?<!\b[A-Z][a-z])(?<!\b[A-Z][a-z]{2})[.!?…。！？]\s*[\"'”’)]*\s*$|\n\s*(?:[-*•]\s*)?$|^\W*$"
)  # A dot after "Ms" or "St" ends no sentence.
# Words that are shorter say little in a language with spaces.
_SHORTEST = 4
# A word in more than this share of the answers belongs to all of them, and says nothing about one.
COMMON = 0.1
COMMON_FACT = 0.2
ECHO = 0.9
"""From this share of common words on, an answer is its question again."""

NAMES = 0.2
"""From this share of words with a capital on, capitals are grammar."""


def plain(text: str) -> str:
    """Return a text without capitals, outer signs and extra spaces, for "is it the same answer?"."""
    return normalized(text[:LONGEST]).strip(" .,;:!?\"'“”‘’`*()[]。！？")


def tokens(text: str) -> list[str]:
    """Return the words and numbers of a text in small letters; 1,200 and 1200 are one number."""
    return [_number(found) if found[0].isdigit() else found.casefold() for found in _found(text)]


def numbers(text: str) -> set[str]:
    """Return the numbers of a text; those that only count the lines of a list are none of it."""
    return {token for token in tokens(_LIST_NUMBER.sub("", text[:LONGEST])) if token[0].isdigit()}


def facts(text: str, *, names: bool = True) -> set[str]:
    """Return the numbers of a text, and with `names` its names, in small letters.

    A name is a word with a capital that does not begin a sentence, or one in capitals only.
    """
    return numbers(text) | (set(_names(text)) - {"i"} if names else set())


def capitals_mean_names(texts: Iterable[str]) -> bool:
    """Tell whether a capital inside a sentence marks a name: not in German, nor in texts in capitals."""
    every = [(len(_names(text)), len(tokens(text))) for text in texts]
    return sum(names for names, _ in every) < NAMES * sum(words for _, words in every)


def _names(text: str) -> list[str]:
    return [
        found.group().casefold()
        for found in _TOKEN.finditer(text[:LONGEST])
        if found.group()[0].isupper()
        and (
            (len(found.group()) > 1 and found.group().isupper())
            or not _SENTENCE_END.search(text[max(0, found.start() - 12) : found.start()])
        )
    ]


def content_words(text: str) -> set[str]:
    """Return the longer words and the numbers of a text."""
    return {
        token
        for token in tokens(text)
        if len(token) >= _SHORTEST or not token.isascii() or token[0].isdigit()
    }


def spread(texts: Iterable[str]) -> Counter[str]:
    """Return word → number of texts that hold it."""
    return Counter(token for text in texts for token in set(tokens(text)))


class Telling:
    """What tells one answer of a file from its others: the words and facts that few of them hold.

    Args:
        answers: The training answers.

    Attributes:
        names: Whether capitals mark names here; if not, only numbers are facts.
    """

    def __init__(self, answers: Sequence[str]) -> None:
        self._counts, self._answers = spread(answers), len(answers)
        self.names = capitals_mean_names(answers)

    def facts(self, text: str) -> set[str]:
        """Return the numbers and names of an answer that at most a fifth of the others hold."""
        return self._rare(facts(text, names=self.names), COMMON_FACT)

    def words(self, text: str) -> set[str]:
        """Return the longer words and the numbers of an answer that at most a tenth of the others hold."""
        return self._rare(content_words(text), COMMON)

    def _rare(self, found: set[str], share: float) -> set[str]:
        return {token for token in found if self._counts[token] <= max(1, share * self._answers)}


def similarity(one: list[str], other: list[str]) -> float:
    """Return how alike two lists of words are, 0 to 1: twice the shared words over all (Dice)."""
    shared = Counter(one) & Counter(other)
    return 2 * shared.total() / max(1, len(one) + len(other))


def is_echo(text: str, question: str) -> bool:
    """Tell whether a text is the question again, but for a word in ten."""
    return similarity(tokens(text), tokens(question)) >= ECHO


def shortened(text: str, characters: int = 70) -> str:
    """Return the start of a text on one line."""
    line = " ".join(text[: 4 * characters].split())
    return line if len(line) <= characters else f"{line[: characters - 1]}…"


def _found(text: str) -> list[str]:
    return _TOKEN.findall(text[:LONGEST])


def _number(text: str) -> str:
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", text):
        text = text.replace(",", "")
    whole, sign, rest = text.partition(".")
    if sign and rest.isdigit():
        text = f"{whole}.{rest.rstrip('0')}".rstrip(".")
    return text.lstrip("0") or "0"
