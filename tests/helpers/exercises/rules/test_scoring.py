"""Exercises about the loss of a token and about agreement: each attempt runs in the notebook's own cell."""

import pytest
from solving import EXERCISES, said


def loss(result: str) -> str:
    return f"from math import *\n\n\ndef loss(probability):\n    return {result}"


def kappa(result: str) -> str:
    return f"def kappa(agreed, chance):\n    return {result}"


# Exercise → a typical wrong answer → the mistake that it shows.
WRONG = {
    "05c.2": {
        loss("log(probability)"): "sign",
        loss("-log2(probability)"): "base_two",
        loss("-log10(probability)"): "base_ten",
        loss("1 - probability"): "difference",
        loss("0.6931471805599453"): "other",
    },
    "05d.1": {
        kappa("agreed - chance"): "difference",
        kappa("agreed / chance"): "ratio",
        kappa("(agreed - chance) / agreed"): "wrong_rest",
        kappa("(agreed - chance) / chance"): "chance_rest",
        kappa("agreed"): "plain",
        kappa("max(0, (agreed - chance) / (1 - chance))"): "below_zero",
        kappa("0.25"): "other",
    },
}


@pytest.mark.parametrize("name", WRONG)
def test_a_blank_is_not_attempted(name):
    assert said(name, None).startswith(f"{name}: not attempted. ")


@pytest.mark.parametrize("name", WRONG)
def test_the_solution_is_right(name):
    assert said(name, EXERCISES[name].solution) == f"{name}: right. {EXERCISES[name].right}"


@pytest.mark.parametrize(
    ("name", "code", "mistake"),
    [(name, code, mistake) for name, cases in WRONG.items() for code, mistake in cases.items()],
)
def test_a_typical_wrong_answer_gets_its_hint(name, code, mistake):
    exercise = EXERCISES[name]

    assert said(name, code) == f"{name}: not yet. {exercise.wrong.get(mistake, exercise.hint)}"
