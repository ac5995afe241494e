"""The rows of the sarcastic bot and of the recipe assistant follow their own rules, and hold enough out."""

import json
import re
from itertools import chain

import pytest

from finetune_dataset.quality.check import check_quality
from finetune_dataset.split import split_dataset
from finetune_dataset.validate import validate_dataset
from helpers.lessons import open_lesson
from helpers.lessons.sarcastic import MAX_WORDS, is_right, known_answers

SARCASTIC, RECIPES = open_lesson("sarcastic"), open_lesson("recipes")
both = pytest.mark.parametrize("lesson", [SARCASTIC, RECIPES], ids=lambda lesson: lesson.name)


def answer(row: dict) -> str:
    return row["messages"][-1]["content"]


def parts(lesson) -> list[list[dict]]:
    return split_dataset(lesson.rows(), by=lesson.group, sizes=lesson.parts, seed=lesson.split_seed)


def names(rows: list[dict]) -> set[str]:
    return set(chain.from_iterable(json.loads(answer(row)) for row in rows))


def lines(row: dict) -> list[str]:
    return row["messages"][1]["content"].split("\n- ")[1:]


def words(text: str) -> set[str]:
    return set(re.findall(r"[\w'-]+", text.lower()))


@both
def test_the_file_is_a_training_file_without_any_issue_and_each_row_a_group_of_its_own(lesson):
    rows = lesson.rows()

    assert validate_dataset(lesson.file).problems == check_quality(lesson.file).problems == []
    assert len({lesson.group(row) for row in rows}) == len({answer(row) for row in rows}) == len(rows)
    assert len({row["messages"][0]["content"] for row in rows}) == 1


@both
def test_the_parts_take_all_rows_hold_enough_out_and_the_example_with_it(lesson):
    training, validation, test = parts(lesson)

    assert len(training) + len(validation) + len(test) == len(lesson.rows())
    assert (len(training) >= 40, len(validation) >= 10, len(test) >= 30) == (True, True, True)
    assert lesson.group(lesson.example_row(test)) == lesson.example


@both
def test_every_expected_answer_has_all_scores(lesson):
    wrong = [
        (score.name, answer(row))
        for row in lesson.rows()
        for score in lesson.scores
        if score.check(answer(row), row) != 1
    ]

    assert wrong == []


@both
def test_the_tiny_model_is_said_not_to_learn_it(lesson):
    assert "needs the real model: `make real-model`" in lesson.advice("periodic-tiny-2026-11")
    assert lesson.advice("smollm2-135m-instruct") == open_lesson("elle").advice("periodic-tiny-2026-11") == ""


def test_every_question_of_the_table_is_asked_with_a_fact_that_is_a_right_answer():
    asked = {row["messages"][1]["content"]: row for row in SARCASTIC.rows()}
    facts = {text.partition("\nFact: ") for text in asked}

    assert {question for question, _, _ in facts} == set(known_answers())
    assert [
        fact for text, row in asked.items() if not is_right(fact := text.partition("\nFact: ")[2], row)
    ] == []


def test_every_answer_of_dimmer_that_is_learned_is_right_and_no_longer_than_the_rule_says():
    texts = [
        (message["content"], row)
        for row in SARCASTIC.rows()
        for message in row["messages"]
        if message["role"] == "assistant"
    ]

    assert [text for text, row in texts if not is_right(text, row)] == []
    assert max(len(text.split()) for text, _ in texts) == 24 < MAX_WORDS


def test_rows_of_several_turns_begin_plain_with_weight_0_and_go_on_sarcastic_with_weight_1():
    manner = next(score for score in SARCASTIC.scores if score.name == "manner")
    longer = [row for row in SARCASTIC.rows() if len(row["messages"]) > 3]

    for row in longer:
        first, *later = (message for message in row["messages"] if message["role"] == "assistant")
        assert (first["weight"], manner.check(first["content"], row)) == (0, 0)
        assert {(each["weight"], manner.check(each["content"], row)) for each in later} == {(1, 1)}
    assert [sum(row in longer for row in part) for part in parts(SARCASTIC)] == [13, 3, 7]


def test_each_line_of_a_recipe_holds_its_one_ingredient_as_a_whole_piece():
    wrong = [
        (line, name)
        for row in RECIPES.rows()
        for line, name in zip(lines(row), json.loads(answer(row)), strict=True)
        if not re.search(rf"(?<![\w'-]){re.escape(name)}(?![\w'-])", line) or re.search(r"\d", name)
    ]

    assert wrong == []


def test_a_word_that_is_stripped_from_one_line_is_kept_in_none():
    kept, stripped = set(), set()
    for row in RECIPES.rows():
        for line, name in zip(lines(row), json.loads(answer(row)), strict=True):
            kept |= words(name)
            stripped |= words(line.replace(name, " ", 1))

    assert kept & stripped == set()
    assert {"red", "brown", "dark", "olive"} <= kept
    assert {"cups", "finely", "chopped", "fresh", "dried", "ground", "large", "all-purpose"} <= stripped


def test_every_held_out_recipe_and_most_held_out_ingredients_are_new():
    training, validation, test = parts(RECIPES)
    seen = names(training)

    assert [row for row in test if not names([row]) - seen] == []
    assert len(names(test) - seen) / len(names(test)) >= 0.5
    assert len(names(validation) - seen) / len(names(validation)) >= 0.4
