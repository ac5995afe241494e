"""What a learner hands over is named before it is judged."""

import numpy as np
import pytest

from helpers.exercises.answers import (
    Blank,
    Misfit,
    call,
    described,
    letter,
    number,
    require_attempt,
    returned,
)


@pytest.mark.parametrize("answer", [..., [1, ...], (..., 2), {"a": ...}, {...}])
def test_an_answer_that_still_holds_a_blank_is_not_attempted(answer):
    with pytest.raises(Blank):
        require_attempt(answer)


@pytest.mark.parametrize("answer", [None, 0, "", "...", [], {}, float("nan"), np.array([1, 2])])
def test_anything_else_is_an_attempt(answer):
    require_attempt(answer)


@pytest.mark.parametrize(("answer", "value"), [(3, 3), (2.5, 2.5), (np.int64(4), 4), (np.float32(0.5), 0.5)])
def test_numbers_of_python_and_of_numpy_are_numbers(answer, value):
    assert number(answer) == value


@pytest.mark.parametrize("answer", [True, "3", None, [3], float("inf")])
def test_what_is_no_finite_number_is_a_misfit(answer):
    with pytest.raises(Misfit, match="expected a"):
        number(answer)


def test_a_letter_may_have_capitals_and_blanks_around_it():
    assert letter(" B ", ["a", "b"]) == "b"


@pytest.mark.parametrize("answer", ["c", "", 1, None, "ab"])
def test_a_letter_that_is_not_there_is_a_misfit(answer):
    with pytest.raises(Misfit, match='expected one of "a", "b"'):
        letter(answer, ["a", "b"])


def test_a_function_that_returns_its_blank_is_not_attempted():
    with pytest.raises(Blank):
        call(lambda status: ..., "running")


def test_an_error_of_the_learner_s_function_is_told_with_the_call():
    def half(value):
        return value / 0

    with pytest.raises(Misfit, match=r"half\(4\) stopped with ZeroDivisionError: division by zero"):
        call(half, 4)


def test_an_interrupt_is_passed_on():
    def endless():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        call(endless)


def test_a_truth_value_of_numpy_is_a_truth_value():
    assert returned(bool, lambda: np.bool_(True)) is True


def test_a_value_whose_text_is_broken_is_named_by_its_kind():
    class Broken:
        def __repr__(self):
            raise RuntimeError

    assert described(Broken()) == "a Broken (Broken)"
