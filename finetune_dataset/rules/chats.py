"""The rules for a chat, wherever it stands: its list of messages, its tools and their calls, its end."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeGuard

from finetune_dataset.chat import ROLES, JsonObject
from finetune_dataset.rules.images import count_images
from finetune_dataset.rules.issues.issue import Issue, show
from finetune_dataset.rules.issues.table import issue
from finetune_dataset.rules.limits import MAX_IMAGES_PER_ROW
from finetune_dataset.rules.messages import message_issues
from finetune_dataset.rules.tools import call_issues, tool_names


def chat_issues(row: JsonObject, prefix: str, text_only: bool = False) -> Iterator[Issue]:
    """Check what all methods share: the list of messages, the tools and their calls.

    Args:
        row: The object that holds the messages.
        prefix: Its place in the row, with a dot; "" for the row itself.
        text_only: Whether images are refused, as in preference rows.

    Yields:
        The issues, without a line.
    """
    path, messages = f"{prefix}messages", row.get("messages")
    if not isinstance(messages, list) or not messages:
        keys = f"the keys {show(', '.join(sorted(row)))}" if row else "no key"
        yield issue("missing_messages_list", path, show(messages) if "messages" in row else keys)
        return
    for index, message in enumerate(messages):
        yield from message_issues(message, f"{path}[{index}]", text_only)
    names = tool_names(row)
    for found in names.issues:
        yield replace(found, path=prefix + found.path)
    parallel = row.get("parallel_tool_calls")
    if parallel is not None and not isinstance(parallel, bool):
        place, fix = f"{prefix}parallel_tool_calls", "Write true or false, without quotes."
        yield issue("wrong_type", place, show(parallel), expected="true or false", fix=fix)
    if has_known_roles(messages):
        yield from call_issues(messages, path, names)
    images = count_images(messages)
    if images > MAX_IMAGES_PER_ROW:
        yield issue("too_many_images", path, f"{images} images")


def answered(messages: list[JsonObject]) -> Iterator[Issue]:
    """Check that a chat to learn has an answer, and ends with one."""
    answers = [message for message in messages if message["role"] == "assistant"]
    if not answers:
        found = f"only {' and '.join(sorted({message['role'] for message in messages}))}"
        yield issue("example_missing_assistant_message", "messages", found)
        return
    if messages[-1]["role"] != "assistant":
        place = f"messages[{len(messages) - 1}].role"
        yield issue("last_message_not_assistant", place, show(messages[-1]["role"]))
    if all(message.get("weight") == 0 for message in answers):
        yield issue("no_trained_message", "messages", "weight 0 on every answer")


def ends_with(roles: tuple[str, ...], messages: object, prefix: str) -> Iterator[Issue]:
    """Check the end of a prompt; an agent's preference may be its answer to the result of a tool."""
    if has_known_roles(messages) and messages[-1]["role"] not in roles:
        place = f"{prefix}messages[{len(messages) - 1}].role"
        yield issue("last_message_not_user", place, show(messages[-1]["role"]))


def has_known_roles(messages: object) -> TypeGuard[list[JsonObject]]:
    """Tell whether this is a list of messages that all have a role of the chat API."""
    return (
        isinstance(messages, list)
        and bool(messages)
        and all(isinstance(message, dict) and message.get("role") in ROLES for message in messages)
    )


def other_format(found: str, expected: str, method: str) -> Issue:
    """Say that a row is one of another method."""
    fix = f'If the file is right, pass method="{method}": here and to the job.'
    return issue("other_format", "", found, expected=expected, fix=fix)


def unknown_key(key: str, path: str, known: str) -> Issue:
    """Say that a key is none of the known ones."""
    # As in Anthropic's API.
    fix = 'Make it the first of the messages, with the role "system": here it is not read.'
    return issue(
        "row_unrecognized_key",
        path,
        show(key),
        expected=f"one of {known}",
        fix=fix if key == "system" else None,
    )
