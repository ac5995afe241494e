"""Each exercise of each notebook has texts, a rule or a letter, and a cell that holds a blank."""

import re

import pytest
from solving import EXERCISES, cell_of, said

from helpers.exercises.rules.registry import RULES
from helpers.exercises.texts import all_texts

CHOICES = {name: each for name, each in EXERCISES.items() if each.choice}


def test_every_exercise_has_either_a_letter_or_a_rule():
    assert set(CHOICES) | set(RULES) == set(EXERCISES)
    assert set(CHOICES) & set(RULES) == set()


@pytest.mark.parametrize("notebook", all_texts())
def test_a_notebook_has_two_or_three_exercises_and_one_is_a_prediction(notebook):
    found = all_texts()[notebook].exercises

    assert list(found) in (["1", "2"], ["1", "2", "3"])
    assert "predict" in {each.kind for each in found.values()}


@pytest.mark.parametrize("name", EXERCISES)
def test_a_cell_names_its_exercise_and_its_kind_and_does_not_hold_the_answer(name):
    cell, exercise = cell_of(name), EXERCISES[name]

    assert cell.startswith(f"# Exercise {name} · {exercise.kind.capitalize()}")
    assert exercise.solution.strip() not in cell


@pytest.mark.parametrize("name", CHOICES)
def test_a_prediction_offers_every_letter_once_in_its_cell(name):
    letters = re.findall(r'"([a-d])" ', cell_of(name))

    assert sorted(letters) == sorted({CHOICES[name].choice, *CHOICES[name].wrong})


@pytest.mark.parametrize("name", CHOICES)
def test_a_blank_prediction_is_not_attempted(name):
    assert said(name, None) == (
        f"{name}: not attempted. Write your answer in place of `...`, and run this cell again."
    )


@pytest.mark.parametrize("name", CHOICES)
def test_the_solution_of_a_prediction_is_right(name):
    assert said(name, CHOICES[name].solution) == f"{name}: right. {CHOICES[name].right}"


@pytest.mark.parametrize(
    ("name", "letter"), [(name, letter) for name, each in CHOICES.items() for letter in each.wrong]
)
def test_each_other_letter_gets_the_reason_why_it_is_wrong(name, letter):
    assert said(name, f'prediction = " {letter.upper()}"') == (
        f"{name}: not yet. {CHOICES[name].wrong[letter]}"
    )
