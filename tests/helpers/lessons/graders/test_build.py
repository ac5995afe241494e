"""A lesson's graders say of each answer what its scores say, here and on a server."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache

import openai
import pytest
from grading import flags, multi, run
from hypothesis import given, settings, strategies as st

from finetune_dataset.jsonlines import read_jsonl
from helpers.errors import FineTuneError
from helpers.lessons import LESSONS, Lesson, open_lesson
from helpers.lessons.graders import grader_of, item_of, multi_grader
from helpers.lessons.graders.build import sounds
from helpers.paths import data_path

each_lesson = pytest.mark.parametrize("name", LESSONS)


@cache
def held_out(name: str) -> list[tuple[dict, str]]:
    """Rows of the test part, each with a text written for it: the expected one, or one of a real model."""
    lesson = open_lesson(name)
    rows = lesson.split(lesson.rows())[2]
    asked = [(row, row["messages"][-1]["content"]) for row in rows]
    judged = [pair for pair in read_jsonl(data_path("judged_answers.jsonl")) if pair["dataset"] == name]
    asked += [(pair, pair[place]["text"]) for pair in judged for place in ("first", "second")]
    if name == "elle":
        predictions = read_jsonl(data_path("sample_runs", "elle", "05_predictions.jsonl"))
        asked += [(row, row["text"]) for row in predictions]
    return asked


def graded(lesson: Lesson, row: dict, answer: str) -> dict[str, float]:
    """What the graders give, run here: their sources, and nothing else of ours."""
    item = json.loads(json.dumps(item_of(lesson, row, answer)))
    return {
        score.name: loaded(lesson.name, score.name)({"output_text": answer}, item) for score in lesson.scores
    }


@cache
def loaded(lesson: str, score: str):
    names: dict = {}
    exec(grader_of(open_lesson(lesson), score)["source"], names)
    return names["grade"]


def scored(lesson: Lesson, row: dict, answer: str) -> dict[str, float]:
    return {score.name: score.check(answer, row) for score in lesson.scores}


@each_lesson
def test_the_graders_of_a_lesson_give_its_scores_on_all_held_out_answers(name):
    lesson = open_lesson(name)

    found = [graded(lesson, *each) for each in held_out(name)]

    assert found == [scored(lesson, *each) for each in held_out(name)]
    # Both ends of each score were met: a grader that always says the same would be seen.
    assert {score.name: {0.0, 1.0} <= {each[score.name] for each in found} for score in lesson.scores} == {
        score.name: True for score in lesson.scores
    }


@each_lesson
@settings(max_examples=30)
@given(data=st.data())
def test_the_graders_of_a_lesson_give_its_scores_on_any_text(name, data):
    lesson = open_lesson(name)
    row, answer = data.draw(st.sampled_from(held_out(name)))
    cut = data.draw(st.integers(0, len(answer)))
    text = answer[:cut] + data.draw(st.text(max_size=20)) + answer[cut:]

    assert graded(lesson, row, text) == scored(lesson, row, text)


def test_an_item_carries_the_sounds_of_the_last_words_that_the_dictionary_has():
    assert sounds("It sat on a train, - in the Rain; - ") == {"train": ["T R EY1 N"], "rain": ["R EY1 N"]}
    assert sounds("Xqzt") == sounds("") == {}


@pytest.mark.slow
@each_lesson
def test_a_server_accepts_the_graders_of_a_lesson(name, client: openai.OpenAI):
    grader = multi_grader(open_lesson(name))

    assert client.fine_tuning.alpha.graders.validate(grader=grader).grader.to_dict() == grader


def test_a_server_gives_an_answer_the_scores_of_its_lesson(client: openai.OpenAI):
    lesson = open_lesson("elle")
    row, answer = held_out("elle")[0]

    result = run(client, multi_grader(lesson), answer, item_of(lesson, row, answer))

    scores = scored(lesson, row, answer)
    assert (result.sub_rewards, flags(result)) == (scores, {})
    assert result.reward == pytest.approx(sum(scores.values()) / len(scores))


@pytest.mark.slow
@each_lesson
def test_a_server_gives_all_held_out_answers_the_scores_of_their_lesson(name, client: openai.OpenAI):
    lesson = open_lesson(name)
    grader = multi_grader(lesson)

    with ThreadPoolExecutor(16) as pool:
        results = pool.map(
            lambda each: run(client, grader, each[1], item_of(lesson, *each)).sub_rewards, held_out(name)
        )

    assert list(results) == [scored(lesson, *each) for each in held_out(name)]


def test_a_grader_that_fails_says_so_and_gives_no_score(client: openai.OpenAI):
    lesson = open_lesson("elle")
    row, answer = held_out("elle")[0]
    item = item_of(lesson, row, answer)
    del item["symbol"]

    found = flags(run(client, multi({"facts": grader_of(lesson, "facts")}, "facts"), answer, item))

    assert "KeyError: 'symbol'" in found.pop("python_grader_runtime_error_details")
    assert found == {"python_grader_runtime_error": True}


@pytest.mark.parametrize(
    ("lesson", "name", "known"),
    [
        (open_lesson("elle"), "formm", "form, rhyme, facts"),
        (replace(open_lesson("elle"), name="mine"), "form", "elle, recipes, sarcastic"),
    ],
)
def test_an_unknown_grader_is_refused_with_those_that_there_are(lesson, name, known):
    with pytest.raises(FineTuneError) as caught:
        grader_of(lesson, name)

    assert str(caught.value) == (
        f"There is no grader {name!r} for the dataset {lesson.name!r}; there is {known}. For a score of your "
        "own, write a function grade(sample, item) that returns 0 to 1."
    )
