"""The quiz prints its questions, and explains every choice."""

import pytest

from helpers import exercises
from helpers.errors import FineTuneError
from helpers.exercises import quizzes
from helpers.exercises.kept import Kept, read_kept
from helpers.exercises.texts import all_texts


@pytest.fixture(autouse=True)
def own_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("FINETUNE_RUNS_DIR", str(tmp_path))


@pytest.mark.parametrize("notebook", all_texts())
def test_a_quiz_shows_each_question_with_its_choices_and_no_explanation(notebook, capsys):
    exercises.quiz(notebook)

    printed = " ".join(capsys.readouterr().out.split())
    for number, question in enumerate(all_texts()[notebook].quiz, start=1):
        choices = " ".join(f"{letter}) {text}" for letter, text in question.choices.items())
        assert f"{number}. {question.ask} {choices}" in printed
        assert not any(text in printed for text in question.why.values())


@pytest.mark.parametrize("notebook", all_texts())
def test_every_choice_of_every_question_is_answered_with_its_reason(notebook, capsys, monkeypatch):
    monkeypatch.setattr(quizzes, "keep", lambda change: None)  # a hundred times; see the test below
    for number, question in enumerate(all_texts()[notebook].quiz, start=1):
        for letter in question.choices:
            exercises.answer(notebook, number, letter.upper())

            verdict = "right" if letter == question.right else f"not {letter}"
            printed = " ".join(capsys.readouterr().out.split())
            assert printed == f"Question {number}: {verdict}. {question.why[letter]}"


def test_the_letters_chosen_are_kept_in_order():
    for letter in ("b", "B", "a"):
        exercises.answer("04", 1, letter)

    assert read_kept() == Kept(quiz={"04": {"1": ["b", "b", "a"]}})


def test_a_blank_is_not_an_answer_and_is_not_counted(capsys):
    exercises.answer("04", 1, ...)
    exercises.answer("04", 1, "x")

    blank, unknown = capsys.readouterr().out.splitlines()
    assert blank == "Question 1: not answered. Write a letter in place of `...`, and run this cell again."
    assert unknown == 'Question 1: found \'x\' (str); expected one of "a", "b", "c".'
    assert read_kept() == Kept()


@pytest.mark.parametrize("number", [0, 6, "1", None])
def test_a_question_that_is_not_there_is_refused(number):
    with pytest.raises(FineTuneError, match="has the questions 1 to 5; found"):
        exercises.answer("04", number, "a")
