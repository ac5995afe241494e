"""A judge is shown both answers, and its verdict is read or is none."""

import json

import pytest
from hypothesis import given, settings, strategies as st

from helpers.evaluation.judges.pairs import (
    PAIR_FORMAT,
    VERDICTS,
    pair_messages,
    read_verdict,
    settled,
    turned,
)

verdicts = st.sampled_from([*VERDICTS, None])


def test_a_judge_is_shown_the_question_both_answers_and_the_rule():
    messages = pair_messages("What is tin?", "A metal.", "A gas.", "The better answer is true.")

    assert messages == [
        {
            "role": "system",
            "content": "You compare two answers, A and B. The better answer is true. "
            'Say which is better: "A", "B" or "equal".',
        },
        {
            "role": "user",
            "content": "Question:\nWhat is tin?\n\nAnswer A:\nA metal.\n\nAnswer B:\nA gas.\n\n"
            "Which is better?",
        },
    ]


@settings(max_examples=20)
@given(st.text(), st.text())
def test_exchanged_answers_change_their_places_and_nothing_else(first, second):
    one, other = (pair_messages("?", *both, "Be right.") for both in ((first, second), (second, first)))

    assert one[0] == other[0]
    assert one[1]["content"].endswith(f"Answer A:\n{first}\n\nAnswer B:\n{second}\n\nWhich is better?")
    assert other[1]["content"].endswith(f"Answer A:\n{second}\n\nAnswer B:\n{first}\n\nWhich is better?")


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ('{"better": "A"}', "first"),
        ('{"better": "B"}', "second"),
        ('{"better": "equal"}', "equal"),
        ("A", "first"),
        (" b. ", "second"),
        ('"Equal"', "equal"),
        ("**B**", "second"),
        ("(A)", "first"),
    ],
)
def test_a_clear_verdict_is_read(text, verdict):
    assert read_verdict(text) == verdict


@pytest.mark.parametrize(
    "text",
    [
        "",
        None,
        "A or B",
        "Answer A is better.",
        "A good answer",
        "AB",
        "Apple",
        "I think B",
        '{"better": "C"}',
        '{"better": ["A"]}',
        '{"better": null}',
        '{"better": "A", "worse": "A"}',
        '{"winner": "A"}',
        '["A"]',
        "1",
        '{"better": "A"',
        "[" * 100_000,
        "ａ",
    ],
)
def test_an_unclear_verdict_is_none_and_never_guessed(text):
    assert read_verdict(text) is None


@settings(max_examples=60)
@given(st.text() | st.recursive(st.none() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)))
def test_no_text_stops_the_reader(answer):
    text = answer if isinstance(answer, str) else json.dumps(answer)

    assert read_verdict(text) in {*VERDICTS, None}


def test_each_answer_that_the_format_allows_can_be_read():
    schema = PAIR_FORMAT["json_schema"]["schema"]

    read = [read_verdict(json.dumps({"better": word})) for word in schema["properties"]["better"]["enum"]]

    assert read == list(VERDICTS)
    assert (schema["required"], schema["additionalProperties"]) == (["better"], False)


@given(verdicts)
def test_a_verdict_that_is_turned_twice_is_the_same(verdict):
    assert turned(turned(verdict)) == verdict


@pytest.mark.parametrize(
    ("verdict", "again", "both"),
    [
        ("first", "first", "first"),
        ("second", "second", "second"),
        ("equal", "equal", "equal"),
        ("first", "second", "equal"),
        ("first", "equal", "equal"),
        ("first", None, None),
        (None, "equal", None),
    ],
)
def test_an_answer_wins_where_it_wins_in_both_orders(verdict, again, both):
    assert settled(verdict, again) == settled(again, verdict) == both
