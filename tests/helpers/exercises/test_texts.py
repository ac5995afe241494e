"""The texts of exercises and quizzes are complete, short, and for every notebook."""

import pytest
from solving import EXERCISES

from finetune_dataset import split_dataset
from helpers import lessons
from helpers.errors import FineTuneError
from helpers.evaluation.intervals import wilson
from helpers.exercises.texts import all_texts, exercise_of, texts_of
from helpers.paths import ROOT, data_path
from helpers.stored_json import read_json

QUESTIONS = [
    (notebook, number, question)
    for notebook, texts in all_texts().items()
    for number, question in enumerate(texts.quiz, start=1)
]
each_question = pytest.mark.parametrize(
    ("notebook", "number", "question"), QUESTIONS, ids=[f"{name}-{number}" for name, number, _ in QUESTIONS]
)
WORDS = 45
"""Of what is read after one attempt: two or three sentences."""


def test_every_notebook_has_exercises_and_a_quiz():
    notebooks = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))

    assert [texts.notebook for texts in all_texts().values()] == notebooks
    assert [name.partition("_")[0] for name in notebooks] == list(all_texts())


@each_question
def test_every_choice_is_explained_and_one_is_right(notebook, number, question):
    assert list(question.choices) == list(question.why) == ["a", "b", "c"]
    assert question.right in question.choices


@each_question
def test_a_question_can_be_read_at_a_glance(notebook, number, question):
    texts = [question.ask, *question.choices.values(), *question.why.values()]

    assert [text for text in texts if len(text.split()) > WORDS] == []


@pytest.mark.parametrize("name", EXERCISES)
def test_what_an_exercise_says_is_short_and_each_mistake_reads_otherwise(name):
    exercise = EXERCISES[name]
    said = [exercise.hint, exercise.right, *exercise.wrong.values()]

    assert [text for text in said if len(text.split()) > WORDS] == []
    assert len({exercise.hint, exercise.right, *exercise.wrong.values()}) >= 5


def test_the_right_letters_of_the_quizzes_have_no_pattern():
    letters = [question.right for _, _, question in QUESTIONS]

    assert min(letters.count(letter) for letter in "abc") >= len(letters) // 5
    assert all(len({q.right for q in texts.quiz}) >= 2 for texts in all_texts().values())


@pytest.mark.parametrize(
    ("find", "name", "message"),
    [
        (texts_of, "99", "No exercises for the notebook '99'. Notebooks: 00, 01, 01b, "),
        (exercise_of, "04", "No exercise is called '04'. Notebook 04 has 04.1, 04.2."),
        (exercise_of, "04.9", "No exercise is called '04.9'. Notebook 04 has 04.1, 04.2."),
        (exercise_of, 4.1, "No exercises for the notebook '4'. Notebooks: 00, 01, 01b, "),
    ],
)
def test_a_name_that_is_not_there_is_answered_with_those_that_are(find, name, message):
    with pytest.raises(FineTuneError) as refused:
        find(name)

    assert str(refused.value).startswith(message)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_split_by_row_trains_most_of_the_tested_elements_as_01_2_says(seed):
    elle = lessons.open_lesson("elle")

    parts = split_dataset(elle.rows(), by=str, sizes={"training": 0.8, "test": 0.2}, seed=seed)

    trained, tested = (set(map(elle.group, part)) for part in parts)
    assert 0.7 < len(trained & tested) / len(tested) < 1


def test_four_times_as_many_questions_make_half_the_interval_as_05_1_says():
    (low, high), (lower, higher) = wilson(30, 40), wilson(120, 160)

    assert (higher - lower) / (high - low) == pytest.approx(0.5, abs=0.03)


def test_the_recorded_model_keeps_its_manner_without_the_system_prompt_as_05c_1_says():
    lost = read_json(data_path("sample_runs", "elle", "05c_lost.json"), dict, way_out="", error=FineTuneError)

    [row] = [row for row in lost["lost"] if row["set"] == "no_system"]
    assert row["fine_tuned"] < 0.5 < row["base"]
