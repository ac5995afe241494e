"""A row is asked as it was trained, or with one thing changed."""

import pytest

from helpers.lessons import open_lesson
from helpers.lessons.ways import ALWAYS, conversation, question

SYSTEM, FIRST, SECOND = (
    {"role": role, "content": text}
    for role, text in (("system", "Be brief."), ("user", "A?"), ("user", "B?"))
)
ROW = {
    "messages": [
        SYSTEM,
        FIRST,
        {"role": "assistant", "content": "a", "weight": 0},
        SECOND,
        {"role": "assistant", "content": "b", "weight": 1},
    ]
}
ANSWER = {"role": "assistant", "content": "a"}


def test_a_conversation_has_no_weights_of_a_training_file():
    assert conversation(ROW) == [SYSTEM, FIRST, ANSWER, SECOND, {"role": "assistant", "content": "b"}]


def test_a_question_is_everything_before_the_last_answer():
    assert question(ROW) == [SYSTEM, FIRST, ANSWER, SECOND]
    assert question({"messages": [SYSTEM, FIRST]}) == [SYSTEM, FIRST]


def test_the_ways_that_each_dataset_has_change_one_thing():
    assert {way.name: way.messages(ROW) for way in ALWAYS} == {
        "no_system": [FIRST, ANSWER, SECOND],
        "prose": [SYSTEM, FIRST, ANSWER, {"role": "user", "content": "B?\nAnswer in plain prose."}],
    }


@pytest.mark.parametrize("way", open_lesson("elle").ways, ids=lambda way: way.name)
def test_each_way_of_elle_is_new_and_asks_about_the_same_element(way):
    lesson = open_lesson("elle")
    row = lesson.example_row(lesson.rows())
    trained = [question(other) for other in lesson.rows()]

    messages = way.messages(row)

    assert messages not in trained
    assert lesson.example in messages[-1]["content"]
