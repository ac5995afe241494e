"""A code word for what was found: a learner reads it out, and the instructor knows what is wrong.

It is a "proquint" (D. S. Wilkerson, 2009): 16 bits as five letters, consonants and vowels in turn, so that it
can be spoken. Ten bits say which checks are not well, three say which backend is chosen, three make
most misheard words no code word at all. All well with recorded answers is "tulip".
"""

from __future__ import annotations

CHECKS = (
    "Python", "packages", "training", "disk", "memory",
    "port", "widgets", "backend", "real model", "recordings",
)  # fmt: skip
"""The checks in the order of their bits. There is room for these ten."""

SETTINGS = ("replay", "local", "openai", "azure", "compatible", "unknown")
"""What FINETUNE_BACKEND may say, in the order of their numbers."""

_CONSONANTS = "bdfghjklmnprstvz"
_VOWELS = "aiou"
_PLACES = ((12, _CONSONANTS), (10, _VOWELS), (6, _CONSONANTS), (4, _VOWELS), (0, _CONSONANTS))


class NoCodeWord(ValueError):
    """A word that no doctor has said; the message says what to do."""


def encode(not_well: set[str], setting: str) -> str:
    """Return the code word of a state.

    Args:
        not_well: Which of CHECKS found something.
        setting: One of SETTINGS.
    """
    number = sum(1 << place for place, name in enumerate(CHECKS) if name in not_well)
    number = number << 3 | SETTINGS.index(setting)
    return _letters((number << 3 | number % 7) ^ _WELL)


def decode(word: str) -> tuple[list[str], str]:
    """Return which checks a code word names, and the backend.

    Args:
        word: As it was heard; capitals and blanks do not matter.

    Raises:
        NoCodeWord: No state has this word.
    """
    heard = "".join(word.lower().split())
    if len(heard) == len(_PLACES) and all(
        letter in letters
        for letter, (_, letters) in zip(heard, _PLACES)  # noqa: B905  (Python 3.8 reads this)
    ):
        number, check = divmod(_number(heard) ^ _WELL, 8)
        setting = number & 7
        if number % 7 == check and setting < len(SETTINGS):
            names = [name for place, name in enumerate(CHECKS) if number >> 3 >> place & 1]
            return names, SETTINGS[setting]
    raise NoCodeWord(
        f"{word!r} is no code word. One has five letters, such as 'tulip': consonants of {_CONSONANTS} and "
        f"vowels of {_VOWELS} in turn. Ask for it letter by letter."
    )


def _letters(number: int) -> str:
    return "".join(letters[number >> shift & len(letters) - 1] for shift, letters in _PLACES)


def _number(word: str) -> int:
    return sum(letters.index(letter) << shift for letter, (shift, letters) in zip(word, _PLACES))  # noqa: B905


_WELL = _number("tulip")
