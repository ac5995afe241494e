"""JSON answers are compared value by value."""

import pytest

from helpers.own_data.evidence.json_answers import f1, flat, read_answer


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1}', {"a": 1}),
        ('```json\n["x"]\n```', ["x"]),
        ("5", None),
        ("Sure! {}", None),
        ("[" * 100_000, None),
        ("[" * 800 + "]" * 800, None),
    ],
)
def test_an_object_or_a_list_is_read_also_in_a_fenced_block(text, expected):
    assert read_answer(text) == expected


def test_each_value_stands_with_its_keys():
    assert flat({"A": [1, {"b": "X."}], "c": None}) == [(".a[]", "1"), (".a[].b", "x"), (".c", "null")]


@pytest.mark.parametrize(
    ("said", "right", "score"),
    [
        (["salt", "oil"], ["Oil", "salt"], 1),
        (["salt", "oil"], ["salt", "egg"], 0.5),
        ({"a": 1}, {"b": 1}, 0),
        (["salt", "salt"], ["salt"], 2 / 3),
        (None, ["salt"], 0),
        ([], [], 1),
        (None, [], 0),
    ],
)
def test_f1_counts_shared_values(said, right, score):
    assert f1(said, right) == pytest.approx(score)
