"""The exercise about the margin of two rewards: each attempt runs in the notebook's own cell."""

import pytest
from solving import EXERCISES, said

NAME = "06.1"


def attempt(result: str) -> str:
    return f"def margin(beta, preferred, other):\n    return {result}"


GAINED, LOST = "(preferred[1] - preferred[0])", "(other[1] - other[0])"
# A typical wrong answer → the mistake that it shows.
WRONG = {
    attempt(f"{GAINED} - {LOST}"): "no_beta",
    attempt("beta * (preferred[1] - other[1])"): "no_start",
    attempt(f"beta * {GAINED}"): "preferred_only",
    attempt(f"beta * ({GAINED} + {LOST})"): "sum",
    attempt(f"beta * ({LOST} - {GAINED})"): "turned",
    attempt(f"({GAINED} - {LOST}) / beta"): "divided",
    attempt(f"beta * (max(0, {GAINED}) - {LOST})"): "cut_off",
    attempt("beta * 100"): "other",
}


def test_a_blank_is_not_attempted():
    assert said(NAME, None).startswith(f"{NAME}: not attempted. ")


def test_the_solution_is_right():
    assert said(NAME, EXERCISES[NAME].solution) == f"{NAME}: right. {EXERCISES[NAME].right}"


@pytest.mark.parametrize(("code", "mistake"), WRONG.items(), ids=WRONG.values())
def test_a_typical_wrong_answer_gets_its_hint(code, mistake):
    exercise = EXERCISES[NAME]

    assert said(NAME, code) == f"{NAME}: not yet. {exercise.wrong.get(mistake, exercise.hint)}"


def test_numbers_alone_are_told_how_they_are_handed_over():
    said_of_it = said(NAME, attempt("beta * (preferred - other)"))

    assert "margin(0.5, (-60.0, -55.0), (-62.0, -70.0)) stopped with TypeError" in said_of_it
