"""Rows with a whole conversation: their owner is named, and nothing beside the chat is lost."""

import pytest

from finetune_dataset.formats.build import UnclearError
from finetune_dataset.formats.chats import (
    conversation,
    foreign_messages,
    has_system_key,
    other_role,
    system_content,
)

TURNS = [{"from": "human", "value": "Tide?"}, {"from": "gpt", "value": "04:10"}]
CHAT = [{"role": "user", "content": "Tide?"}, {"role": "assistant", "content": "04:10"}]


def test_keys_beside_the_conversation_stay():
    assert conversation({"id": 7, "conversations": TURNS, "source": None}) == {"messages": CHAT, "id": 7}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"conversations": [{"from": "system", "value": "A"}, *TURNS], "system": "B"}, "two system prompts"),
        ({"conversations": TURNS, "image": "a.png"}, "An image is a file beside the row"),
        (
            {"conversations": [{"from": "human", "value": "<image>What?"}, TURNS[1]], "images": ["a.png"]},
            "An image is a file beside the row",
        ),
        ({"conversations": TURNS, "system": 5}, "The system prompt is no text"),
    ],
)
def test_a_conversation_with_more_than_one_reading_is_refused(row, words):
    with pytest.raises(UnclearError, match=words):
        conversation(row)


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ({"messages": CHAT}, ""),
        ({"messages": CHAT, "tools": [{"name": "tide", "input_schema": {}}]}, "Anthropic"),
        ({"messages": CHAT, "toolConfig": {"tools": []}}, "Bedrock Converse (Nova)"),
        ({"messages": CHAT, "tools": [{"functionDeclarations": []}]}, "Gemini"),
        ({"messages": [{"role": "user", "message": "Hi"}]}, "Cohere"),
        ({"messages": [{"role": "model", "parts": [{"text": "Hi"}]}]}, "Gemini"),
        ({"messages": [{"role": "user", "content": [{"text": "Hi"}]}]}, "Bedrock Converse (Nova)"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]}, ""),
        ({"messages": [5, None, {"role": 5}, {}]}, ""),
        ({"messages": "Hi"}, ""),
        ({}, ""),
    ],
)
def test_messages_of_another_service_have_its_name(row, name):
    assert foreign_messages(row) == name


def test_a_system_prompt_beside_the_messages_is_seen_where_none_stands_in_them():
    assert has_system_key({"system": "A", "messages": CHAT})
    assert not has_system_key({"system": "", "messages": CHAT})
    assert not has_system_key({"system": "A", "messages": [{"role": "system", "content": "B"}]})
    assert system_content({"parts": [{"text": "A"}]}) == "A"
    assert system_content([]) is None


@pytest.mark.parametrize(
    ("role", "meant"),
    [
        ("human", "user"),
        ("GPT", "assistant"),
        ("Assistant ", "assistant"),
        ("user", None),
        ("usr", None),
        (5, None),
    ],
)
def test_a_role_of_another_program_has_one_meaning_and_a_misspelled_one_has_none(role, meant):
    assert other_role(role) == meant
