"""The columns are guessed, shown, and can be set."""

import pandas as pd
import pytest

from helpers.errors import DatasetError
from helpers.own_data.table.columns import choose_columns
from helpers.own_data.table.reading import read_table

MORE = {"id": [1, 2, 3], "empty": ["", "", ""], "same": ["x", "x", "x"]}


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"prompt": "abc", "completion": "xyz"}, (["prompt"], "completion")),
        ({"Customer question": "abc", "Our reply": "xyz"}, (["Customer question"], "Our reply")),
        ({"label": "xyz", "text": "abc"}, (["text"], "label")),
        ({"instruction": "abc", "input": "def", "output": "xyz"}, (["instruction", "input"], "output")),
        ({"id": "abc", "q_en": "abc", "q_de": "def", "a_en": "uvw", "a_de": "xyz"}, (["q_en"], "a_en")),
        ({"Questions": "abc", "Topic": "uvw", "Answers": "xyz"}, (["Questions"], "Answers")),
        (
            {"question": "abc", "correct_answer": "xyz", "incorrect_answers": "uvw"},
            (["question"], "correct_answer"),
        ),
        (
            {"Frage": "abc", "Richtige Antwort": "xyz", "Falsche Antwort": "uvw"},
            (["Frage"], "Richtige Antwort"),
        ),
        ({"resposta": "xyz", "pergunta": "abc", "grupo": "uvw"}, (["pergunta"], "resposta")),
        ({"english": ["a?", "b?", "c"], "deutsch": ["x", "y", "z"]}, (["english"], "deutsch")),
        ({"rueckmeldung": ["x", "y", "z"], "anfrage": ["a?", "b?", "c?"]}, (["anfrage"], "rueckmeldung")),
    ],
)
def test_columns_are_guessed_by_name_and_then_by_content(columns, expected):
    frame = pd.DataFrame({**{name: list(texts) for name, texts in columns.items()}, **MORE})

    chosen = choose_columns(read_table(frame))

    assert (chosen.question, chosen.answer) == expected
    assert "guessed" in chosen.why


def test_the_table_shows_each_column_and_its_use():
    frame = pd.DataFrame({"id": [1, 2], "question": ["What?", ""], "answer": ["5", "6"]})

    table = choose_columns(read_table(frame)).table

    assert table.to_dict("records")[1] == {
        "column": "question",
        "filled": 1,
        "different": 1,
        "median length": 5,
        "first": "What?",
        "used as": "question",
    }
    assert list(table["used as"]) == ["", "question", "answer"]


def test_the_answer_of_a_quiz_is_the_text_of_its_right_option():
    options = {"Option A": list("uvw"), "Option B": list("xyz"), "Option C": list("rst")}
    table = read_table(pd.DataFrame({"Question": ["1?", "2?", "3?"], **options, "Key": ["B", "A", "C"]}))

    chosen = choose_columns(table)

    assert (chosen.question, chosen.answer) == (["Question"], "Key (text)")
    assert choose_columns(table, answer="Key").answer == "Key"


def test_columns_that_are_set_are_used_and_a_plus_joins_two():
    table = read_table(pd.DataFrame({"a": list("xyz"), "b+c": list("uvw"), "d": list("rst")}))

    assert choose_columns(table, "a+d", "b+c").question == ["a", "d"]
    assert choose_columns(table, "b+c", "d").question == ["b+c"]
    assert "set by you" in choose_columns(table, "a", "d").why


@pytest.mark.parametrize(
    ("question", "answer", "message"),
    [
        (
            "Qestion",
            None,
            r"has no column 'Qestion'. Columns: 'Question', 'Answer'. Did you mean 'Question'\?",
        ),
        (None, "reply", r"has no column 'reply'"),
        ("Question", "Question", "cannot be both"),
    ],
)
def test_a_column_that_is_not_there_is_refused_with_near_names(question, answer, message):
    table = read_table(pd.DataFrame({"Question": list("xyz"), "Answer": list("uvw")}))

    with pytest.raises(DatasetError, match=message):
        choose_columns(table, question, answer)


def test_without_a_column_that_could_be_the_answer_both_must_be_set():
    table = read_table(pd.DataFrame({"question": list("xyz"), "id": [1, 2, 3]}))

    with pytest.raises(DatasetError, match="No column looks like the answers"):
        choose_columns(table)


def test_of_very_many_columns_the_first_are_named():
    frame = pd.DataFrame({f"c{number}": ["x", "x"] for number in range(200)})

    with pytest.raises(DatasetError, match=r"'c29' and 170 more\. Those that are mostly empty"):
        choose_columns(read_table(frame))
