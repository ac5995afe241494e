"""What all training answers look like: properties of their form, found in the answers themselves.

A property is a sentence for the learner and a yes-or-no check for an answer. It is kept when nearly all
training answers have it. It counts when the held-out answers have it too, and when the base model, asked
questions of the training part, often lacks it: a property that every answer has shows nothing.
"""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import log

from helpers.own_data.split import closed_set
from helpers.own_data.words import LONGEST, plain, spread, tokens

KEPT = 0.95
"""Share of the training answers that have a property."""

HELD = 0.9
"""Share of the held-out answers that must have it, or it does not hold for new answers."""

SEPARATES = 0.8
"""A property that more of the base model's answers have than this does not tell the models apart."""

_SLACK = 1.25  # A range is widened by this factor on both sides.
_SEPARATORS = {
    "\n": "lines",
    " - ": 'parts joined with " - "',
    " | ": 'parts joined with " | "',
    "; ": 'parts joined with ";"',
}
_END = re.compile(r"[.!?…。！？]+(?=\s|$)|[。！？]")


@dataclass(frozen=True)
class Property:
    """One property of the form.

    Attributes:
        kind: A short name: json, labels, parts, opening, closing, phrase, sign, shape, letters, script, case,
            length.
        says: What all training answers share, as a sentence.
        holds: Tells whether an answer has it.
    """

    kind: str
    says: str
    holds: Callable[[str], bool]

    def share(self, answers: Iterable[str]) -> float:
        """Return which share of some answers has it, 0 to 1; 1 for none."""
        found = [self.holds(answer[:LONGEST].strip()) for answer in answers]
        return sum(found) / len(found) if found else 1.0


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


def that_count(
    properties: list[Property], held_out: list[str], base: list[str], questions: list[str]
) -> tuple[list[Property], bool]:
    """Keep the properties that hold for new answers and tell the models apart.

    Args:
        properties: Of `find_properties`.
        held_out: The right answers of the test part.
        base: Answers of the base model to questions of the training part.
        questions: The test questions: repeating the question must not pass for an answer.

    Returns:
        The properties, and whether one separates; if none does, all that hold for new answers.
    """
    hold = [each for each in properties if each.share(held_out) >= HELD]
    apart = [each for each in hold if each.share(base) <= SEPARATES]
    echo = [each for each in hold if each not in apart and each.share(questions) <= SEPARATES]
    return ([*apart, *echo], True) if apart else (hold, False)


def has_form(text: str, properties: list[Property]) -> bool:
    """Tell whether an answer has all of some properties."""
    return all(each.holds(text[:LONGEST].strip()) for each in properties)


def read_answer(text: str) -> object:
    """Return the JSON of an answer, also in a fenced block; None when it is neither object nor list."""
    inside = re.fullmatch(r"```(?:json)?\s*(.*?)\s*```", text.strip(), re.DOTALL)
    try:
        value = json.loads(inside[1] if inside else text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, (dict, list)) else None


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
            yield Property(
                "parts", f"{number} {name}", lambda text, s=sign, n=number: _count_parts(text, s) == n
            )


def _count_parts(text: str, sign: str) -> int:
    return sum(bool(part.strip()) for part in text.split(sign))


def _openings(texts: list[str]) -> Iterable[Property]:
    """One opening of up to four words; the longest that nearly all have."""
    for length in (4, 3, 2, 1):
        counts = Counter(tuple(tokens(text)[:length]) for text in texts)
        opening, often = counts.most_common(1)[0]
        if len(opening) == length and often >= KEPT * len(texts):
            yield Property(
                "opening",
                f'begins with "{" ".join(opening)}"',
                lambda text, o=opening: tuple(tokens(text)[: len(o)]) == o,
            )
            return


def _closings(texts: list[str]) -> Iterable[Property]:
    for length in (4, 3, 2, 1):
        counts = Counter(tuple(tokens(text)[-length:]) for text in texts)
        closing, often = counts.most_common(1)[0]
        if len(closing) == length and often >= KEPT * len(texts):
            yield Property(
                "closing",
                f'ends with "{" ".join(closing)}"',
                lambda text, c=closing: tuple(tokens(text)[-len(c) :]) == c,
            )
            break
    signs = Counter(text[-1:] for text in texts)
    sign, often = signs.most_common(1)[0]
    if sign and not sign.isalnum() and often >= KEPT * len(texts):
        yield Property("sign", f'ends with the sign "{sign}"', lambda text: text.endswith(sign))
    elif sum(count for sign, count in signs.items() if sign.isalnum()) >= KEPT * len(texts):
        yield Property(
            "sign", "ends with a letter or a number, no final sign", lambda text: text[-1:].isalnum()
        )


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
    """One pattern of digits, letters and signs, such as 9999-99-99."""
    shape, often = Counter(map(_shape, texts)).most_common(1)[0]
    if often >= KEPT * len(texts) and shape != "a" and len(shape) <= 40:
        yield Property(
            "shape", f"has the pattern {shape} (9 a digit, a letters)", lambda text: _shape(text) == shape
        )


def _shape(text: str) -> str:
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d", "9", text[:200]))


def _letters(texts: list[str], questions: list[str]) -> Iterable[Property]:
    """The language or the style of the answers, where it is another one than that of the questions."""
    counts, words = spread(texts), [[word for word in tokens(text) if len(word) > 1] for text in texts]
    again = sum(counts[word] > 1 for each in words for word in each)
    if again < 0.2 * sum(map(len, words)) or len(texts) < 10:
        return  # Hardly a word comes back: these are no texts of a language.
    ours = Counter(pair for text in texts for pair in _pairs(text))
    theirs = Counter(pair for text in questions for pair in _pairs(text))
    kinds = len(ours | theirs)
    total, other = ours.total() + kinds, theirs.total() + kinds

    def holds(text: str) -> bool:
        # Naive Bayes with one added to each count, as in every textbook.
        return sum(log((ours[pair] + 1) / total * other / (theirs[pair] + 1)) for pair in _pairs(text)) > 0

    yield Property(
        "letters", "reads like your answers, not like your questions, by its pairs of letters", holds
    )


def _pairs(text: str) -> list[str]:
    letters = re.sub(r"[\W\d_]+", " ", f" {text} ".casefold())
    return [letters[place : place + 2] for place in range(len(letters) - 1)]


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
    low, high = int(words[0] / _SLACK), -int(-words[-1] * _SLACK // 1)
    yield Property("length", f"has {low} to {high} words", lambda text: low <= len(tokens(text)) <= high)
    ends = sorted(len(_END.findall(text)) for text in texts)
    if ends[0] >= 1 and ends[-1] <= 5:
        name = (
            f"{ends[0]} to {ends[-1]} sentences"
            if ends[0] < ends[-1]
            else f"{ends[0]} sentence{'s' * (ends[0] > 1)}"
        )
        yield Property("length", f"has {name}", lambda text: ends[0] <= len(_END.findall(text)) <= ends[-1])
