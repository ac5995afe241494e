"""The rules behind the verdict, at their limits."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from helpers.evaluation import wilson
from helpers.own_data.evidence.decision import are_right, has_form, memorized
from helpers.own_data.evidence.measured import NOTHING, Share


def share(right: int, n: int, base: float = 0) -> Share:
    """So many of so many."""
    return Share(base, right / n, n, *wilson(right, n))


@dataclass
class Numbers:
    """What the rules look at, without a pair of models."""

    form: Share = NOTHING
    answers: Share = NOTHING
    control: float = 0
    reference_form: float = 1
    trained_scores: list = field(default_factory=list)
    repeated: int = 0
    repeated_new: int = 0
    copies: int = 0
    expected_copies: int = 0
    measure: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(kind="facts"))


@pytest.mark.parametrize(
    ("right", "n", "control", "expected"),
    [
        (12, 12, 0, True),
        (10, 12, 0, True),
        (9, 12, 0, None),
        (3, 12, 0, None),
        (2, 12, 0, False),
        (0, 12, 0, False),
        (27, 40, 0, True),
        (25, 40, 0, False),
        (30, 40, 0.7, False),
        (36, 40, 0.7, True),
    ],
)
def test_answers_are_right_when_surely_most_are_and_more_than_the_control(right, n, control, expected):
    assert are_right(Numbers(answers=share(right, n), control=control)) is expected


@pytest.mark.parametrize(
    ("form", "reference", "expected"),
    [
        (share(12, 12), 1, True),
        (share(9, 12), 1, False),
        (share(9, 12), 0.9, True),
        (share(12, 12, base=0.8), 1, True),
        (share(11, 12, base=0.7), 1, False),
        (NOTHING, 1, False),
    ],
)
def test_the_form_is_learned_when_it_is_surely_more_than_the_base_models(form, reference, expected):
    assert has_form(Numbers(form=form, reference_form=reference)) is expected


def test_each_sign_of_learning_by_heart_is_named():
    wrong = share(0, 13)

    assert memorized(Numbers(answers=wrong, repeated=10), 20, 13).startswith(
        "10 of 20 trained answers are repeated"
    )
    assert (
        memorized(Numbers(answers=wrong, trained_scores=[1] * 15 + [0] * 5), 20, 13)
        == "15 of 20 right on trained questions"
    )
    assert memorized(Numbers(answers=wrong, copies=8, expected_copies=1), 20, 13).startswith(
        "8 of 13 answers to new"
    )
    assert memorized(Numbers(answers=wrong, repeated=9, copies=6, trained_scores=[1, 0, 0]), 20, 13) == ""


def test_answers_that_new_questions_get_as_well_are_not_known_by_heart():
    assert memorized(Numbers(answers=share(7, 13), repeated=12, repeated_new=7), 20, 13) == ""


def test_the_same_label_again_is_no_copy():
    labels = SimpleNamespace(kind="labels")

    assert memorized(Numbers(answers=share(5, 13), repeated=20, copies=13, measure=labels), 20, 13) == ""
