"""Rows for a grader, and the order in which they are trained."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from rewarded import ROWS, asked

from local_server.training.reporter import TrainingFailed
from local_server.training.rewards.rows import order, prompts


class Words:
    """A tokenizer with a token for each word."""

    all_special_tokens: tuple[str, ...] = ()

    def apply_chat_template(self, messages: list[dict[str, str]], **options: Any) -> str:
        return " ".join(message["content"] for message in messages) + " answer:"

    def __call__(self, text: str, **options: Any) -> dict[str, list[int]]:
        return {"input_ids": list(range(len(text.split())))}


def read(path: Path, rows: list[dict[str, Any]], context: int = 100) -> list[Any]:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return prompts(path, Words(), context)  # type: ignore[arg-type]


def test_a_row_is_a_prompt_and_what_the_grader_knows(tmp_path: Path) -> None:
    row = {**ROWS[0], "tools": None, "facts": {"number": 1}}

    (prompt,) = read(tmp_path / "training.jsonl", [row])

    assert prompt.tokens == [0, 1, 2, 3]
    assert prompt.item == {"symbol": "H", "facts": {"number": 1}}


def test_rows_without_room_for_an_answer_fail_the_job_by_name(tmp_path: Path) -> None:
    rows = [asked("Iron"), asked("Iron " * 20), asked("Gold " * 30)]

    with pytest.raises(TrainingFailed, match=r"Example 2 has 24 tokens, and the model reads 30") as failed:
        read(tmp_path / "validation.jsonl", rows, context=30)

    assert (failed.value.code, failed.value.param) == ("invalid_validation_file", "validation_file")
    assert [line[:10] for line in failed.value.further] == ["Example 3 "]


def test_each_epoch_has_whole_steps_in_an_order_of_its_own() -> None:
    rows = list(order(10, 3, 2, seed=1))

    first, second = rows[:9], rows[9:]
    assert len(second) == 9
    assert max(Counter(first).values()) == max(Counter(second).values()) == 1
    assert first != second
    assert rows == list(order(10, 3, 2, seed=1)) != list(order(10, 3, 2, seed=2))
