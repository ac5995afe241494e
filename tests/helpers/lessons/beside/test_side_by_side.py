"""What the playground offers: every element, and what stands beside the lesson; and how it asks."""

import pytest

from helpers.lessons import LESSONS, open_lesson
from helpers.lessons.beside.side_by_side import playground_questions, playground_ways
from helpers.lessons.elle import elements

ELLE = open_lesson("elle")
TRAIN, VALIDATION, TEST = ELLE.split(ELLE.rows())


def test_all_elements_can_be_chosen_and_the_name_says_which_were_trained():
    questions = playground_questions(ELLE, TRAIN, TEST)

    names = [name for name in questions if ": " not in name]
    parts = {
        part: [name for name in names if name.endswith(part)] for part in (" (trained)", " (validation)")
    }
    held_out = [name for name in names if not name.endswith(")")]
    assert {name.partition(" (")[0] for name in names} == {entry["name"] for entry in elements()}
    assert len(names) == 118
    assert {part: len(found) for part, found in parts.items()} == {" (trained)": 72, " (validation)": 12}
    assert names[:34] == held_out
    assert {ELLE.group(questions[name]) for name in held_out} == {ELLE.group(row) for row in TEST}
    assert all(name.startswith(ELLE.group(questions[name])) for name in names)


def test_questions_beside_the_lesson_have_no_answer():
    questions = playground_questions(ELLE, TRAIN, TEST)

    beside = {name: row["messages"] for name, row in questions.items() if ": " in name}
    assert beside["greetings: Hello"] == [{"role": "user", "content": "Hello"}]
    assert [name for name in beside if name.startswith("limericks: ") and " cat" in name]
    assert {name.partition(":")[0] for name in beside} == {"greetings", "limericks", "off_topic"}
    assert all(len(messages) == 1 and messages[0]["role"] == "user" for messages in beside.values())


def test_each_way_has_the_system_prompt_and_only_one_has_examples():
    ways = playground_ways(ELLE, TRAIN, base="small", fine_tuned="ft:small")

    assert {name: model for name, (model, _) in ways.items()} == {
        "base": "small", "few_shot": "small", "fine_tuned": "ft:small"
    }  # fmt: skip
    assert ways["base"][1] == ways["fine_tuned"][1] == ways["few_shot"][1][:1]
    assert [message["role"] for message in ways["few_shot"][1]] == ["system", *["user", "assistant"] * 3]
    assert {message["content"] for message in ways["few_shot"][1][2::2]} <= {
        row["messages"][-1]["content"] for row in TRAIN
    }


@pytest.mark.parametrize("name", LESSONS)
def test_every_lesson_has_questions(name):
    lesson = open_lesson(name)
    train, _, test = lesson.split(lesson.rows())

    questions = playground_questions(lesson, train, test)

    assert lesson.group(lesson.example_row(test)) in questions
