"""What all training answers look like: properties of their form, found in the answers themselves.

What is kept is what nearly all training answers have; `properties` says which of it counts.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import partial

from helpers.own_data.evidence.letters import reads_like
from helpers.own_data.evidence.properties import KEPT, Property
from helpers.own_data.evidence.structured import read_answer
from helpers.own_data.split import closed_set
from helpers.own_data.words import LONGEST, plain, spread, tokens

_SLACK = 1.25  # A range is widened by this factor on both sides.
_SEPARATORS = {
    "\n": "lines",
    " - ": 'parts joined with " - "',
    " | ": 'parts joined with " | "',
    "; ": 'parts joined with ";"',
}
_END = re.compile(r"[.!?…。！？]+(?=\s|$)|[。！？]")


def find_properties(answers: list[str], questions: list[str]) -> list[Property]:
    """Find what nearly all training answers have in common.

    Args:
        answers: The training answers, at least one.
        questions: Their questions.

    Returns:
        The properties, the most telling ones first.
    """
    texts = [answer[:LONGEST].strip() for answer in answers]
    if parsed := _json_property(texts):
        return parsed
    labels = closed_set(texts)
    if labels:
        shown = ", ".join(repr(label) for label in list(labels)[:6]) + (" …" if len(labels) > 6 else "")
        return [
            Property(
                "labels", f"one of {len(labels)} fixed answers: {shown}", lambda text: plain(text) in labels
            )
        ]
    found = [*_parts(texts), *_openings(texts), *_closings(texts), *_phrases(texts), *_signs(texts)]
    found += [
        *_shapes(texts),
        *_letters(texts, questions),
        *_scripts(texts),
        *_cases(texts),
        *_lengths(texts),
    ]
    return [each for each in found if each.share(texts) >= KEPT]


def unlike_base(answers: list[str], base: list[str]) -> list[Property]:
    """Find whether answers differ from a base model's in their style, where nothing else tells them apart.

    Args:
        answers: The training answers.
        base: Answers of the base model to training questions.

    Returns:
        One property or none. Whether it holds for other answers has to be seen.
    """
    holds = reads_like([answer[:LONGEST].strip() for answer in answers], base)
    says = "reads like your answers, not like the base model's, by its pairs of letters"
    return [Property("letters", says, holds)] if holds else []


def _json_property(texts: list[str]) -> list[Property]:
    values = [read_answer(text) for text in texts]
    if sum(value is not None for value in values) < KEPT * len(texts):
        return []
    kind = dict if sum(isinstance(value, dict) for value in values) * 2 > len(values) else list
    keys = Counter(key for value in values if isinstance(value, dict) for key in value)
    always = {key for key, count in keys.items() if count >= KEPT * len(texts)}

    def holds(text: str) -> bool:
        value = read_answer(text)
        return isinstance(value, kind) and (
            not isinstance(value, dict) or always <= value.keys() <= keys.keys()
        )

    named = f" with the keys {', '.join(sorted(always)[:8])}" if always else ""
    return [Property("json", f"JSON: {'an object' if kind is dict else 'a list'}{named}", holds)]


def _parts(texts: list[str]) -> Iterable[Property]:
    for sign, name in _SEPARATORS.items():
        counts = Counter(_count_parts(text, sign) for text in texts)
        number, often = counts.most_common(1)[0]
        if number > 1 and often >= KEPT * len(texts):
            yield Property("parts", f"{number} {name}", partial(_has_parts, sign, number))


def _has_parts(sign: str, number: int, text: str) -> bool:
    return _count_parts(text, sign) == number


def _count_parts(text: str, sign: str) -> int:
    return sum(bool(part.strip()) for part in text.split(sign))


def _openings(texts: list[str]) -> Iterable[Property]:
    if opening := _shared(texts, slice(0, 4), slice(0, 3), slice(0, 2), slice(0, 1)):
        place, words = opening
        yield Property(
            "opening", f'begins with "{" ".join(words)}"', lambda text: tokens(text)[place] == words
        )


def _closings(texts: list[str]) -> Iterable[Property]:
    if closing := _shared(texts, slice(-4, None), slice(-3, None), slice(-2, None), slice(-1, None)):
        place, words = closing
        yield Property("closing", f'ends with "{" ".join(words)}"', lambda text: tokens(text)[place] == words)
    signs = Counter(text[-1:] for text in texts)
    sign, often = signs.most_common(1)[0]
    if sign and not sign.isalnum() and often >= KEPT * len(texts):
        yield Property("sign", f'ends with the sign "{sign}"', lambda text: text.endswith(sign))
    elif sum(count for sign, count in signs.items() if sign.isalnum()) >= KEPT * len(texts):
        yield Property(
            "sign", "ends with a letter or a number, no final sign", lambda text: text[-1:].isalnum()
        )


def _shared(texts: list[str], *places: slice) -> tuple[slice, list[str]] | None:
    """Return the first of some places where nearly all texts have the same words, and these words."""
    for place in places:
        words, often = Counter(tuple(tokens(text)[place]) for text in texts).most_common(1)[0]
        if often >= KEPT * len(texts) and len(words) == (place.stop or -place.start):
            return place, list(words)
    return None


def _phrases(texts: list[str]) -> Iterable[Property]:
    """Words that stand in nearly every answer, such as a greeting; the four longest."""
    counts = spread(texts)
    always = sorted(
        (word for word, count in counts.items() if count >= KEPT * len(texts)), key=lambda w: (-len(w), w)
    )
    if chosen := [word for word in always if len(word) >= 3][:4]:
        yield Property(
            "phrase",
            f"holds the words {', '.join(map(repr, chosen))}",
            lambda text: set(chosen) <= set(tokens(text)),
        )


def _signs(texts: list[str]) -> Iterable[Property]:
    """Signs such as an emoji, an arrow or a bracket in nearly every answer."""
    counts = Counter(sign for text in texts for sign in set(text) if _is_sign(sign))
    if chosen := sorted(sign for sign, count in counts.items() if count >= KEPT * len(texts))[:5]:
        yield Property("sign", f"holds the signs {' '.join(chosen)}", lambda text: set(chosen) <= set(text))


def _is_sign(sign: str) -> bool:
    return (
        not sign.isalnum()
        and not sign.isspace()
        and sign not in ".,!?'\"-’"
        and not unicodedata.combining(sign)
    )


def _shapes(texts: list[str]) -> Iterable[Property]:
    """One pattern of digits, letters and signs, such as 9999-99-99; a number of words alone is none."""
    shape, often = Counter(map(_shape, texts)).most_common(1)[0]
    if often >= KEPT * len(texts) and set(shape) - set("a .") and len(shape) <= 40:
        yield Property(
            "shape", f"has the pattern {shape} (9 a digit, a letters)", lambda text: _shape(text) == shape
        )


def _shape(text: str) -> str:
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d", "9", text[:200]))


def _letters(texts: list[str], questions: list[str]) -> Iterable[Property]:
    """The language or the style of the answers, where it is another one than that of the questions."""
    if holds := reads_like(texts, questions):
        yield Property(
            "letters", "reads like your answers, not like your questions, by its pairs of letters", holds
        )


def _scripts(texts: list[str]) -> Iterable[Property]:
    script, often = Counter(map(_script, texts)).most_common(1)[0]
    if script and script != "LATIN" and often >= KEPT * len(texts):
        yield Property(
            "script", f"is written in {script.title()} letters", lambda text: _script(text) == script
        )


def _script(text: str) -> str:
    """Return the script of most letters, the first word of their Unicode names."""
    names = Counter(unicodedata.name(sign, "").partition(" ")[0] for sign in text[:500] if sign.isalpha())
    return names.most_common(1)[0][0] if names else ""


def _cases(texts: list[str]) -> Iterable[Property]:
    if not all(any(map(str.isalpha, text)) for text in texts):
        return
    yield Property("case", "has no capital letter", lambda text: text == text.lower())
    yield Property("case", "is in capitals", lambda text: text == text.upper() and text != text.lower())


def _lengths(texts: list[str]) -> Iterable[Property]:
    words = sorted(len(tokens(text)) for text in texts)
    low, high = max(min(1, words[0]), int(words[0] / _SLACK)), -int(-words[-1] * _SLACK // 1)
    yield Property("length", f"has {low} to {high} words", lambda text: low <= len(tokens(text)) <= high)
    ends = sorted(len(_END.findall(text)) for text in texts)
    if ends[0] >= 1 and ends[-1] <= 5:
        name = (
            f"{ends[0]} to {ends[-1]} sentences"
            if ends[0] < ends[-1]
            else f"{ends[0]} sentence{'s' * (ends[0] > 1)}"
        )
        yield Property("length", f"has {name}", lambda text: ends[0] <= len(_END.findall(text)) <= ends[-1])
