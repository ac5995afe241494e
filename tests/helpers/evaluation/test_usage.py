"""What answers took, summed up beside what they got right."""

from types import SimpleNamespace

import pytest
from hypothesis import given, strategies as st
from judging import RIGHT, SHARE, prediction

from helpers.evaluation.usage import (
    Sums,
    percentile,
    rival_records,
    rival_table,
    sum_up,
    taken,
    with_recorded_seconds,
)


def took(prompt: int, cached: int, completion: int, seconds: float) -> dict:
    tokens = {"prompt_tokens": prompt, "cached_tokens": cached, "completion_tokens": completion}
    return {**tokens, "seconds": seconds}


ASKED = [
    prediction("base", "gold", "right 1") | took(10, 0, 70, 1.0),
    prediction("base", "iron", "no 0.5") | took(12, 4, 50, 3.0),
    prediction("tuned", "gold", "right 0.5") | took(10, 0, 20, 0.5),
]


def test_each_rival_has_its_scores_and_what_a_question_takes():
    assert rival_records(ASKED, [RIGHT, SHARE], "small") == [
        {
            "model": "base",
            "base_model": "small",
            "n": 2,
            "prompt_tokens": 11.0,
            "completion_tokens": 60.0,
            "cached_tokens": 2.0,
            "latency_median": 2.0,
            "latency_p95": 2.9,
            "scores": {"right": 0.5, "share": 0.75},
            "all": 0.5,
        },
        {
            "model": "tuned",
            "base_model": "small",
            "n": 1,
            "prompt_tokens": 10.0,
            "completion_tokens": 20.0,
            "cached_tokens": 0.0,
            "latency_median": 0.5,
            "latency_p95": 0.5,
            "scores": {"right": 1.0, "share": 0.5},
            "all": 0.0,
        },
    ]


def test_two_answers_about_one_thing_count_once_and_must_both_be_right():
    asked = [
        prediction("base", group, text) | took(10, 0, 20, 1.0)
        for group, text in [("iron", "right 1"), ("gold", "right 1"), ("gold", "right 0.5")]
    ]

    [sums] = sum_up(asked, [RIGHT, SHARE]).values()

    assert sums == Sums(
        n=2,
        scores={"right": 1.0, "share": 0.875},
        marks={"right": "11", "share": "01"},  # gold, iron
        right_in_all=0.5,
        prompt_tokens=10.0,
        completion_tokens=20.0,
        cached_tokens=0.0,
        seconds=1.0,
        latency_median=1.0,
        latency_p95=1.0,
    )


def test_the_table_has_one_row_per_rival():
    table = rival_table(rival_records(ASKED, [RIGHT], "small"))

    assert table.index.tolist() == ["base", "tuned"]
    assert table.loc["base"].to_dict() == {
        "right": 0.5, "all": 0.5, "prompt": 11, "cached": 2, "answer": 60, "median s": 2, "p95 s": 2.9
    }  # fmt: skip


def test_what_an_answer_took_is_what_the_service_says():
    usage = SimpleNamespace(
        prompt_tokens=9, completion_tokens=4, prompt_tokens_details=SimpleNamespace(cached_tokens=8)
    )

    assert taken(SimpleNamespace(usage=usage), 1.23456) == took(9, 8, 4, 1.235)


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (None, took(None, None, None, 1)),
        (SimpleNamespace(prompt_tokens=9, completion_tokens=4), took(9, None, 4, 1)),
        (
            SimpleNamespace(prompt_tokens=9, completion_tokens=4, prompt_tokens_details=None),
            took(9, None, 4, 1),
        ),
    ],
)
def test_a_service_that_does_not_say_what_it_counted_leaves_gaps_and_no_zeros(usage, expected):
    fields = taken(SimpleNamespace(usage=usage), 1)

    [record] = rival_records([prediction("base", "gold", "right") | fields], [RIGHT], "small")

    assert fields == expected
    assert (record["prompt_tokens"], record["cached_tokens"]) == (expected["prompt_tokens"], None)


def test_a_replayed_answer_has_the_seconds_of_the_recorded_run():
    recorded = [prediction("base", "gold", "x") | took(1, 0, 1, 2.5)]
    replayed = [prediction("base", "gold", "x") | took(1, 0, 1, 0.001), prediction("base", "iron", "x")]

    seconds = [row["seconds"] for row in with_recorded_seconds(replayed, recorded)]

    assert seconds == [2.5, None]
    assert replayed[0]["seconds"] == 0.001


@given(st.lists(st.floats(0, 1e3), min_size=1), st.floats(0, 1))
def test_a_percentile_lies_between_the_least_and_the_largest_value(values, share):
    assert min(values) <= percentile(values, share) <= max(values)
