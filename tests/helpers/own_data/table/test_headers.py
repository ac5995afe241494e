"""The separator of a table is the one that splits its rows alike, and a first row may hold no names."""

import pytest

from helpers.own_data.table.headers import find_header, holds_no_names


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("question;answer, in short\nWho, please?;Ana\nWhat?;It\n", (["question", "answer, in short"], True)),
        ("Hi, how are you?\tFine\nSo, what now?\tGo\nWho?\tAna\n", (["Hi, how are you?", "Fine"], True)),
        (";;\n\nFrage;Antwort;\nWo?;Da;\n", (["Frage", "Antwort"], True)),
        ("sep=|\na|b\n1|2\n", (["a", "b"], True)),
        ("Hi, how are you?:Fine.\nAll right:Yes.\nAnd you?:Me too.\n", (["Hi", "how are you?:Fine."], False)),
        ("one\ntwo\n", (["one"], False)),
        ("", ([], False)),
        (f"{'x' * 200_000}\ny\n", ([], False)),
    ],
)
def test_the_header_is_read_with_the_separator_that_splits_the_rows_alike(text, expected):
    assert find_header(text) == expected


@pytest.mark.parametrize(
    ("names", "columns", "expected"),
    [
        (["What is it?", "A bell"], [["Who is it?", "How much?"], ["Ana", "5"]], True),
        (["We sat.", "Nous nous assîmes."], [["They ran."], ["Ils coururent."]], True),
        (["x" * 70, "y" * 80], [["z" * 50], ["w" * 40]], True),
        (["question", "answer"], [["Who?", "What?"], ["Ana.", "It."]], False),
        # A survey: its questions are the names of its columns.
        (["How old are you?", "What do you like?"], [["7", "9"], ["The food is good.", "All."]], False),
        (["What is it?", "id", "topic"], [["Who?"], ["1"], ["x"]], False),
        (["question", "answer"], [[], []], False),
    ],
)
def test_a_first_row_like_the_rows_below_it_holds_no_names(names, columns, expected):
    assert holds_no_names(names, columns) is expected
