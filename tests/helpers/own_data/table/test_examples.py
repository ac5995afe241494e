"""Rows of a table become chat rows, and none is lost without a word."""

import json

import pandas as pd
import pytest
from own_rows import chat

from helpers.errors import DatasetError
from helpers.own_data.table.columns import choose_columns
from helpers.own_data.table.examples import answer_of, make_examples, question_of
from helpers.own_data.table.reading import read_table


def examples(frame, question=None, answer=None, **more):
    table = read_table(frame)
    return make_examples(table, choose_columns(table, question, answer), **more)


def test_each_row_becomes_a_chat_with_joined_questions():
    found = examples(
        pd.DataFrame({"q": ["How?", "Why?"], "facts": ["5 days", ""], "a": ["So.", "No."]}), "q+facts", "a"
    )

    assert found.rows == [chat("How?\n5 days", "So."), chat("Why?", "No.")]


def test_a_system_prompt_stands_first():
    found = examples(pd.DataFrame({"q": ["How?", "Why?"], "a": ["So.", "No."]}), system_prompt="Be short.")

    assert found.rows[0]["messages"][0] == {"role": "system", "content": "Be short."}
    assert (question_of(found.rows[0]), answer_of(found.rows[0])) == ("How?", "So.")


def test_rows_without_question_or_answer_are_named(tmp_path):
    path = tmp_path / "shop.csv"
    path.write_text("q,a\nHow?,\n,So.\nWhy?,#N/A\nWho?,Ana\nWhen?,Now\n", encoding="utf-8")

    found = examples(path)

    assert [(row.place, row.reason) for row in found.skipped] == [
        ("row 2", "the answer is empty"),
        ("row 3", "the question is empty"),
        ("row 4", "the answer is #N/A"),
    ]
    assert len(found.rows) == 2


def test_chats_that_cannot_be_scored_are_named(tmp_path):
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    rows = [
        chat("How?", "So."),
        chat("Why?", "No."),
        {"messages": [{"role": "user", "content": "How?"}]},
        {"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "tool_calls": [call]}]},
        chat("Why?", " "),
    ]
    path = tmp_path / "chats.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")

    found = examples(path)

    assert found.rows == rows[:2]
    assert [row.place for row in found.skipped] == ["chat 3", "chat 4", "chat 5"]


def test_answers_that_are_all_one_text_are_refused():
    with pytest.raises(DatasetError, match=r"All 2 answers are one text, 'Yes.'.*nothing to learn"):
        examples(pd.DataFrame({"q": ["How?", "Why?"], "a": ["Yes.", "yes"]}))


def test_a_table_of_blanks_is_refused():
    with pytest.raises(DatasetError, match=r"No row of the DataFrame gives an example. The first: row"):
        examples(pd.DataFrame({"q": ["How?", "Why?"], "a": [" ", None]}), "q", "a")


def test_of_a_very_large_table_a_part_is_drawn_and_said_to_be():
    frame = pd.DataFrame({"q": [f"What is {row}?" for row in range(10_002)], "a": list("xyz") * 3334})

    found = examples(frame, "q", "a")

    assert (len(found.rows), found.left_out) == (10_000, 2)
    assert "the table gives 10,002; 10,000 of them, drawn at random, are used" in repr(found)
    assert examples(frame, "q", "a").rows == found.rows


def test_a_text_that_no_model_reads_is_left_out():
    found = examples(pd.DataFrame({"q": ["What?", "Who?"], "a": ["x " * 600_000, "Ana"]}), "q", "a")

    assert [row.reason for row in found.skipped] == ["it has 1,200,004 characters; at most 1,000,000"]
