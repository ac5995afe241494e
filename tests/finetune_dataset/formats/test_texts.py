"""Texts that hold a whole conversation are cut at their marks, and only there."""

import time
from contextlib import suppress

import pytest
from foreign_rows import SUPERVISED

from finetune_dataset.formats.build import UnclearError
from finetune_dataset.formats.texts import read_text, style_of, text_row

MARKED = {name: row["text"] for name, (row, _) in SUPERVISED.items() if row.keys() == {"text"}}


@pytest.mark.parametrize(("name", "text"), MARKED.items())
def test_a_marked_text_has_a_name_and_each_turn_its_speaker(name, text):
    assert style_of(text) == name
    assert [message["role"] for message in read_text(text)][-2:] == ["user", "assistant"]


@pytest.mark.parametrize(
    "text", ["", "Hello", "I met Human: no", "See ### Human: x", "A [INST] b", 5, None, "Story.\n\nHuman: Hi"]
)
def test_a_text_that_only_holds_a_mark_somewhere_has_no_turns(text):
    assert style_of(text) == ""


def test_several_turns_of_llama_2_keep_their_order():
    text = "<s>[INST] A [/INST] B </s><s>[INST] C [/INST] D </s>"

    assert [message["content"] for message in read_text(text)] == ["A", "B", "C", "D"]


def test_a_turn_without_text_and_a_text_without_turns_are_refused():
    with pytest.raises(UnclearError, match="'assistant' has no text"):
        read_text("\n\nHuman: Hi\n\nAssistant:")
    with pytest.raises(UnclearError, match="Say which part is the question"):
        text_row({"text": "Once upon a time."})


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "\n" * 1_000_000,
        "### Human:" * 100_000,
        "[INST]" * 100_000,
        "[INST] x [/INST]" + "</s> " * 200_000,
        "<s>" * 300_000,
        "[INST] <<SYS>>" * 70_000,
    ],
)
def test_a_megabyte_of_marks_takes_seconds_at_most(text):
    started = time.monotonic()
    if style_of(text):
        with suppress(UnclearError):
            read_text(text)

    assert time.monotonic() - started < 20
