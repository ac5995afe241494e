"""Turns are read whatever their keys are."""

import pytest

from finetune_dataset.formats.build import UnclearError
from finetune_dataset.formats.turns import read_turns, speaker_of

CHAT = [{"role": "user", "content": "Tide?"}, {"role": "assistant", "content": "04:10"}]


@pytest.mark.parametrize(
    "turns",
    [
        [{"from": "human", "value": "Tide?"}, {"from": "gpt", "value": "04:10"}],
        [{"role": "USER", "message": "Tide?"}, {"role": "CHATBOT", "message": "04:10"}],
        [{"author": "user", "content": "Tide?"}, {"author": "bot", "content": "04:10"}],
        [{"speaker": "Human", "text": "Tide?"}, {"speaker": "AI", "text": "04:10"}],
        [{"role": "user", "parts": [{"text": "Tide?"}]}, {"role": "model", "parts": [{"text": "04:10"}]}],
        [{"type": "human", "content": "Tide?"}, {"type": "ai", "data": {"content": "04:10", "type": "ai"}}],
        [{"input": "Tide?", "output": "04:10"}],
        [{"human": "Tide?", "assistant": "04:10"}],
        {"role": ["user", "assistant"], "content": ["Tide?", "04:10"]},
        '[{"from": "human", "value": "Tide?"}, {"from": "gpt", "value": "04:10"}]',
    ],
)
def test_turns_with_other_keys_are_a_chat(turns):
    assert read_turns(turns).messages == CHAT


@pytest.mark.parametrize(
    ("turns", "words"),
    [
        ([], "no list with turns"),
        ("Hi", "is a text"),
        (["Hi"], "is a text"),
        ([5], "is no object"),
        ([{"content": "Hi"}], "nobody speaks"),
        ([{"role": "narrator", "content": "Hi"}], "'narrator' speaks"),
        ([{"role": "user", "content": {"a": 1}}], "is no text"),
        ([{"role": "user"}], "has no text"),
        ([{"type": "reasoning", "summary": []}], "Remove the reasoning"),
        ([{"type": "web_search_call", "id": "x"}], "OpenAI runs itself"),
        ({"role": ["user"], "content": []}, "no list with turns"),
    ],
)
def test_turns_that_cannot_be_read_say_what_to_do(turns, words):
    with pytest.raises(UnclearError, match=words):
        read_turns(turns)


def test_a_message_of_the_chat_api_keeps_all_its_keys():
    chat = [
        {"role": "user", "content": "Tide?", "name": "Ana"},
        {"role": "assistant", "content": "No.", "weight": 0},
        {"role": "assistant", "content": None, "refusal": "No."},
        {"role": "assistant", "function_call": {"name": "tide", "arguments": "{}"}, "content": None},
        {"role": "function", "name": "tide", "content": "04:10"},
    ]

    assert read_turns(chat).messages == chat


@pytest.mark.parametrize(
    ("turn", "speaker"), [({"type": "text"}, ""), ({"role": 5}, ""), ({"from": " GPT "}, "gpt")]
)
def test_who_speaks_is_told_in_small_letters(turn, speaker):
    assert speaker_of(turn) == speaker
