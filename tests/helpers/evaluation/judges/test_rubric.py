"""A judge is shown one answer and a list of points; its true and false are read, or nothing is."""

import json

import pytest
from hypothesis import given, strategies as st

from helpers.evaluation.judges.rubric import read_grades, rubric_format, rubric_messages

POINTS = {"form": "five lines", "facts": "the right number"}


def test_a_judge_is_shown_the_question_the_answer_and_each_point():
    assert rubric_messages("What is tin?", "A metal.", POINTS) == [
        {
            "role": "system",
            "content": "You check an answer. Say true or false for each point:\n"
            "form: five lines\nfacts: the right number",
        },
        {
            "role": "user",
            "content": "Question:\nWhat is tin?\n\nAnswer:\nA metal.\n\nWhich points are true of the answer?",
        },
    ]


def test_the_format_asks_for_each_point_and_for_nothing_else():
    assert rubric_format(POINTS)["json_schema"]["schema"] == {
        "type": "object",
        "properties": {"form": {"type": "boolean"}, "facts": {"type": "boolean"}},
        "required": ["form", "facts"],
        "additionalProperties": False,
    }


@given(st.dictionaries(st.text(), st.booleans(), min_size=1))
def test_grades_in_any_order_are_read_in_that_of_the_points(grades):
    names = list(grades)[::-1]

    assert list(read_grades(json.dumps(grades), names).items()) == [(name, grades[name]) for name in names]


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "yes",
        "true",
        "[true, false]",
        '{"form": true}',
        '{"form": true, "facts": 1}',
        '{"form": true, "facts": "true"}',
        '{"form": true, "facts": null}',
        '{"form": true, "facts": true, "more": true}',
        "{" * 100_000,
    ],
)
def test_other_grades_are_none_and_never_guessed(text):
    assert read_grades(text, POINTS) is None


@given(st.text())
def test_no_text_stops_the_reader(text):
    assert read_grades(text, POINTS) is None
