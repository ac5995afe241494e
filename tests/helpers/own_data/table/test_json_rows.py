"""Rows of JSON are chats, or texts by key."""

import json

import pytest

from helpers.own_data.table.json_rows import JsonRow, json_rows


@pytest.fixture
def read(tmp_path):
    """Write values as lines, and read them as rows."""

    def write_and_read(*values):
        path = tmp_path / "rows.jsonl"
        path.write_text("".join(f"{json.dumps(value)}\n" for value in values), encoding="utf-8")
        return list(json_rows(path))

    return write_and_read


@pytest.mark.parametrize(
    "texts",
    [
        {"question": "How many?", "sql": "SELECT 1", "db": "shop"},
        {"prompt": "The soup was cold", "mood": "negative"},
        {"instruction": "Add", "input": "1 2", "output": "3"},
    ],
)
def test_a_question_with_any_other_keys_is_a_table(read, texts):
    assert read(texts) == [JsonRow(1, texts=texts)]


def test_texts_that_stand_one_level_deeper_are_the_columns(read):
    assert read({"translation": {"en": "a bell", "de": "eine Klingel"}}) == [
        JsonRow(1, texts={"en": "a bell", "de": "eine Klingel"})
    ]


def test_a_chat_is_a_chat(read):
    messages = [{"role": "user", "content": "Q?"}, {"role": "assistant", "content": "A."}]

    assert read({"messages": messages}) == [JsonRow(1, chat={"messages": messages})]


def test_what_cannot_be_used_says_why_and_what_to_do(read):
    preference, number = read({"prompt": "Q", "chosen": "a", "rejected": "b"}, 5)

    assert "method 'dpo'" in preference.reason
    assert 'keep the question and the better answer, as "question" and "answer"' in preference.reason
    assert number == JsonRow(2, reason="it is no object with keys")


@pytest.mark.parametrize(
    "whole",
    [
        {
            "version": 1,
            "faqs": [{"question": f"What is {place}?", "answer": f"It {place}"} for place in range(12)],
        },
        {f"What is {place}?": f"It {place}" for place in range(12)},
        [[f"What is {place}?", f"It {place}"] for place in range(12)],
    ],
)
def test_a_file_that_is_one_value_gives_the_rows_inside(read, whole):
    assert [row.texts for row in read(whole)] == [
        {"question": f"What is {place}?", "answer": f"It {place}"} for place in range(12)
    ]


def test_a_file_of_one_chat_is_one_chat(read):
    turns = [{"from": "human", "value": "Q?"}, {"from": "gpt", "value": "A."}]

    assert [len(row.chat["messages"]) for row in read({"conversations": turns})] == [2]


def test_the_intents_of_a_chatbot_give_a_row_for_each_pattern(read):
    bell = {"tag": "bell", "patterns": ["Ring?", "Bell?", "Bells?"], "responses": ["It rings.", "Ding."]}
    rows = read({"intents": [bell, {"tag": "empty", "patterns": [], "responses": []}]})

    assert [tuple(row.texts.values()) for row in rows[:3]] == [
        ("Ring?", "It rings.", "bell"),
        ("Bell?", "Ding.", "bell"),
        ("Bells?", "It rings.", "bell"),
    ]
