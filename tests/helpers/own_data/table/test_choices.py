"""A quiz names its right option by a letter or a number; what is learned is the text of that option."""

import pytest

from helpers.own_data.table.choices import add_right_option

OPTIONS = {"a": ("red", "one"), "b": ("blue", "two"), "c": ("green", "three")}


def quiz(names, key, values):
    """Two rows with three options, and a column that names the right one."""
    rows = [
        {**{name: OPTIONS[mark][row] for name, mark in zip(names, "abc", strict=True)}, key: value}
        for row, value in enumerate(values)
    ]
    return [*names, key], list(enumerate(rows, start=2))


@pytest.mark.parametrize(
    ("names", "key", "values"),
    [
        (("Antwort A", "Antwort B", "Antwort C"), "Loesung", ("B", "C")),
        (("answer1", "answer2", "answer3"), "correct", ("2", "3")),
        (("A", "B", "C"), "Key", ("b)", "(C)")),
        (("option_a", "option_b", "option_c"), "Right one", ("Option B", "option C")),
        (("choice a", "choice b", "choice c"), "answer", ("2", "3")),
        (("opt0", "opt1", "opt2"), "solution", ("1", "2")),
    ],
)
def test_the_text_of_the_right_option_gets_a_column_of_its_own(names, key, values):
    columns, records = quiz(names, key, values)

    new, said = add_right_option(columns, records)

    assert (new, columns[-1]) == (f"{key} (text)", f"{key} (text)")
    assert [texts[new] for _, texts in records] == ["blue", "three"]
    assert f"{key!r} names the right one of the options {names[0]!r} to {names[2]!r}" in said


def test_a_zero_among_the_keys_counts_from_zero():
    columns, records = quiz(("choice a", "choice b", "choice c"), "answer", ("0", "2"))

    new, _ = add_right_option(columns, records)

    assert [texts[new] for _, texts in records] == ["red", "three"]


@pytest.mark.parametrize(
    ("names", "key", "values"),
    [
        (("step1", "step2", "step3"), "level", ("1", "2")),  # No name of a key.
        (("choice a", "choice b", "choice c"), "level", ("1", "2")),
        (("choice a", "choice b", "choice c"), "answer", ("blue", "three")),  # The text stands there already.
        (("Column5", "Column6", "Column7"), "answer", ("5", "6")),
    ],
)
def test_a_table_that_is_no_quiz_stays_as_it_is(names, key, values):
    columns, records = quiz(names, key, values)

    assert add_right_option(columns, records) == ("", "")
    assert columns == [*names, key]
    assert set(records[0][1]) == {*names, key}


def test_measured_values_are_no_options():
    row = {"feature1": "5.1", "feature2": "3.5", "feature3": "1.4", "label": "2"}

    assert add_right_option(list(row), [(2, row), (3, {**row})]) == ("", "")
