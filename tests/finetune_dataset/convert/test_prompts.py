"""Prompt and completion rows become chats; marks that all of them share go."""

import json

import pytest

from finetune_dataset.convert.prompts import COMPLETION_ENDS, PROMPT_ENDS, chat_row, shared_end
from finetune_dataset.jsonlines import read_jsonl
from finetune_dataset.repair.mend import repair_dataset


def test_prompt_and_completion_rows_become_chats_without_the_marks_that_all_of_them_share(save, tmp_path):
    rows = [
        {"prompt": f"Question {number}?\n\n###\n\n", "completion": f" Answer {number} END"}
        for number in range(3)
    ]

    repair = repair_dataset(save("\n".join(map(json.dumps, rows))), tmp_path / "fixed.jsonl")

    assert read_jsonl(repair.out)[2] == {
        "messages": [
            {"role": "user", "content": "Question 2?"},
            {"role": "assistant", "content": "Answer 2"},
        ]
    }
    assert repair.notes[0] == "line 1: legacy_prompt_completion, mended"


def test_a_mark_that_only_some_prompts_have_is_part_of_the_text(save, tmp_path):
    rows = [{"prompt": "a ->", "completion": " b"}, {"prompt": "c", "completion": " d"}]

    repair = repair_dataset(save("\n".join(map(json.dumps, rows))), tmp_path / "fixed.jsonl")

    chats = read_jsonl(repair.out)
    assert [[message["content"] for message in chat["messages"]] for chat in chats] == [
        ["a ->", "b"],
        ["c", "d"],
    ]


def test_a_row_that_is_more_than_prompt_and_completion_is_named(save, tmp_path):
    rows = [{"prompt": "a", "completion": "b"}, {"prompt": "a", "completion": "b", "label": False}]

    repair = repair_dataset(save("\n".join(map(json.dumps, rows))), tmp_path / "fixed.jsonl")

    assert [item.place for item in repair.left_out] == ["line 2"]


@pytest.mark.parametrize(
    ("texts", "ends", "mark"),
    [
        (["a\n\n###\n\n", "b ###"], PROMPT_ENDS, "###"),
        (["a --->", "b --->"], PROMPT_ENDS, "--->"),
        (["a ->", "b"], PROMPT_ENDS, ""),
        ([], COMPLETION_ENDS, ""),
    ],
)
def test_the_longest_mark_that_all_texts_end_with_is_found(texts, ends, mark):
    assert shared_end(texts, ends) == mark


def test_outer_spaces_go_with_the_marks():
    row = chat_row({"prompt": "What? ->", "completion": " This END"}, "->", " END")

    assert [message["content"] for message in row["messages"]] == ["What?", "This"]
