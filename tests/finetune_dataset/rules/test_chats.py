"""What all chats share is checked in the same way, whatever row they stand in."""

import pytest
from samples import ANSWER, PLAIN, USER

from finetune_dataset.rules.chats import chat_issues, ends_with, has_known_roles


def test_the_place_of_a_chat_stands_before_its_issues():
    assert [each.path for each in chat_issues({"messages": [5]}, "input.")] == ["input.messages[0]"]
    assert list(chat_issues(PLAIN, "")) == []


@pytest.mark.parametrize("messages", [None, [], [5], [{"role": []}], [{"role": "usr"}]])
def test_messages_without_roles_have_no_end_to_check(messages):
    assert not has_known_roles(messages)
    assert list(ends_with(("user",), messages, "")) == []


def test_a_prompt_that_ends_in_an_answer_is_named():
    assert [each.code for each in ends_with(("user",), [USER, ANSWER], "")] == ["last_message_not_user"]
