"""Chats: the tables of keys fit each other, and the text of a message is found in every form."""

import pytest

from finetune_dataset.chat import (
    MESSAGE_KEYS,
    NOT_TEXT_KEYS,
    OTHER_ROLES,
    ROLES,
    SYSTEM_ROLES,
    is_legacy,
    message_text,
)


def test_the_tables_name_only_roles_and_keys_that_there_are():
    assert set(MESSAGE_KEYS.values()) <= {None, *ROLES}
    assert {*SYSTEM_ROLES, *OTHER_ROLES.values()} <= set(ROLES)
    assert {MESSAGE_KEYS[key] for key in NOT_TEXT_KEYS} == {"assistant"}


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"content": "Hi"}, "Hi"),
        ({"content": None}, ""),
        ({}, ""),
        ({"content": [{"type": "text", "text": "a"}, {"type": "image_url"}, {"text": "b"}]}, "ab"),
    ],
)
def test_a_message_has_one_text_whatever_its_form(message, text):
    assert message_text(message) == text


@pytest.mark.parametrize(
    ("row", "legacy"),
    [
        ({"prompt": "a", "completion": "b"}, True),
        ({"prompt": "a", "completion": 5}, False),
        ({"prompt": "a", "completion": "b", "id": 7}, False),
        ("prompt", False),
    ],
)
def test_a_legacy_row_is_a_prompt_and_a_completion_and_nothing_else(row, legacy):
    assert is_legacy(row) == legacy
