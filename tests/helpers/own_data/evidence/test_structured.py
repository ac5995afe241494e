"""JSON answers are compared value by value, code sign by sign."""

import pytest

from helpers.own_data.evidence.structured import f1, flat, is_code, read_answer, same_code


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


QUERIES = [f"SELECT name_{part} FROM shop WHERE price > {part}" for part in range(9)]


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([*QUERIES, "SELECT name FROM shop"], True),
        (["def ring(bell):\n    return bell.ring()", "print(bells[0])"], True),
        (["Select a bell from the list.", "Set the price (in euros), please."], False),
        (["<p>Yes, you can.</p>", "<p>No, you <b>cannot</b>.</p>"], False),
        ([*QUERIES[:2], "I do not know that."], False),
        ([], False),
    ],
)
def test_code_is_known_by_its_signs(answers, expected):
    assert is_code(answers) is expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ('select sum(price)  FROM shop where name = "Bell" ;', True),
        ("```sql\nSELECT SUM(price) FROM shop WHERE name = 'Bell'\n```", True),
        ("SELECT MAX(price) FROM shop WHERE name = 'Bell'", False),
        ("SELECT SUM(price) FROM shop WHERE name > 'Bell'", False),
        ("SELECT SUM(price) FROM shop", False),
        ("", False),
    ],
)
def test_code_is_the_same_sign_by_sign(said, expected):
    assert same_code(said, "SELECT SUM(price) FROM shop WHERE name = 'Bell'") is expected
