"""The rules for one training row: a supervised chat example.

`check_row` is a pure function from a row to its issues, so the same rules run
over a file, in a server, or in a data engine. Rules for a whole file (shape,
number of rows, duplicates) are in `dataset`.

Codes are those of OpenAI's cookbook notebook `Chat_finetuning_data_prep`
where it has one. Its rules date from 2023 and refuse valid newer rows (tools,
content parts, weights); these follow the API schema of April 2025.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches

from helpers.report import Issue

ROLES = ("system", "developer", "user", "assistant", "tool", "function")
MESSAGE_KEYS = {
    *("role", "content", "name", "weight", "refusal", "audio", "annotations"),
    *("tool_calls", "tool_call_id", "function_call"),
}
# Text like this passes the upload, and the job fails later (seen at OpenAI, Feb 2026).
SPECIAL_TOKEN = re.compile(r"<\|[A-Za-z0-9_]+\|>")


def check_row(row: object, line: int = 0) -> list[Issue]:
    """Find every problem of one example, by the rules for supervised chat training.

    Args:
        row: The parsed JSON value of one example.
        line: Line of the row in its file, counted from 1; kept in each issue.

    Returns:
        The issues in reading order; empty for a good row.
    """
    return [replace(issue, line=line) for issue in _row_issues(row)]


def message_text(message: dict) -> str:
    """Return the text of one message, whether its content is a string, a list of parts or absent."""
    content = message.get("content")
    if isinstance(content, list):
        return "".join(part["text"] for part in content if isinstance(part.get("text"), str))
    return content or ""


def show(value: object) -> str:
    """Describe a JSON value in at most 60 characters, for a message."""
    if isinstance(value, dict):
        text = "an object" if value else "an empty object"
    elif isinstance(value, list):
        text = "a list" if value else "an empty list"
    else:
        text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."


def _error(path: str, code: str, found: str, expected: str, fix: str) -> Issue:
    return Issue(0, path, code, "error", found, expected, fix)


def _warning(path: str, code: str, found: str, expected: str, fix: str) -> Issue:
    return Issue(0, path, code, "warning", found, expected, fix)


def _row_issues(row: object) -> Iterator[Issue]:
    if not isinstance(row, dict):
        fix = "Write each example as one object on one line."
        yield _error("", "not_an_object", show(row), 'an object such as {"messages": [...]}', fix)
        return
    messages = row.get("messages")
    if not isinstance(messages, list) or not messages:
        found = show(messages) if "messages" in row else f"the keys {show(', '.join(sorted(row)))}"
        fix = 'Put the chat in the key "messages".'
        yield _error("messages", "missing_messages_list", found, "a list of messages", fix)
        return
    if row.get("tools") is not None and not _is_objects(row["tools"]):
        yield _error("tools", "wrong_type", show(row["tools"]), "a list of objects", "Describe each tool.")
    for index, message in enumerate(messages):
        yield from _message_issues(message, f"messages[{index}]")
    if all(isinstance(message, dict) and message.get("role") in ROLES for message in messages):
        yield from _turn_issues(messages)


def _message_issues(message: object, path: str) -> Iterator[Issue]:
    if not isinstance(message, dict):
        fix = 'Write the message as {"role": ..., "content": ...}.'
        yield _error(path, "not_an_object", show(message), "an object with role and content", fix)
        return
    yield from _role_issues(message, path)
    yield from _content_issues(message, path)
    yield from _tool_issues(message, path)
    weight = message.get("weight")
    if weight is not None and (isinstance(weight, bool) or weight not in (0, 1)):
        fix = "Use 1 to train on the message, 0 to leave it out of the training."
        yield _error(f"{path}.weight", "invalid_weight", show(weight), "0 or 1", fix)
    if message.get("name") is not None and not isinstance(message["name"], str):
        fix = "Put the name in double quotes, or leave it out."
        yield _error(f"{path}.name", "wrong_type", show(message["name"]), "a string", fix)
    for key in sorted(message.keys() - MESSAGE_KEYS):
        fix = "Check the spelling, or leave the key out: some services refuse it."
        yield _warning(f"{path}.{key}", "message_unrecognized_key", show(key), "a key of the chat API", fix)


def _role_issues(message: dict, path: str) -> Iterator[Issue]:
    if "role" not in message:
        fix = "Say who speaks."
        yield _error(f"{path}.role", "message_missing_key", "no role", f"one of {', '.join(ROLES)}", fix)
    elif message["role"] not in ROLES:
        near = get_close_matches(str(message["role"]), ROLES, n=1)
        fix = f"Did you mean {near[0]!r}?" if near else "Use one of these roles."
        expected = f"one of {', '.join(ROLES)}"
        yield _error(f"{path}.role", "unrecognized_role", show(message["role"]), expected, fix)


def _content_issues(message: dict, path: str) -> Iterator[Issue]:
    path, content = f"{path}.content", message.get("content")
    if isinstance(content, str):
        if not content.strip():
            yield from _empty_issues(message, path)
        elif SPECIAL_TOKEN.search(content):
            yield _special_token(content, path)
    elif isinstance(content, list) and content:
        yield from _part_issues(content, path)
    elif content is not None and content != []:
        yield _error(path, "wrong_type", show(content), "a string", "Put the text in double quotes.")
    elif message.get("role") != "function" and not _answers_otherwise(message):
        code = "missing_content" if "content" in message else "message_missing_key"
        found = show(content) if "content" in message else "no content"
        yield _error(path, code, found, "text", "Write the text of the message.")


def _empty_issues(message: dict, path: str) -> Iterator[Issue]:
    if message.get("role") in ("system", "developer", "user"):
        yield _warning(path, "empty_content", "empty text", "some text", "Write it, or drop the message.")
    elif message.get("role") == "assistant" and not _answers_otherwise(message):
        fix = "Write the answer that the model should learn, or leave the row out."
        yield _error(path, "missing_content", "empty text", "an answer", fix)


def _answers_otherwise(message: dict) -> bool:
    return any(message.get(key) for key in ("tool_calls", "function_call", "refusal", "audio"))


def _part_issues(parts: list, path: str) -> Iterator[Issue]:
    for index, part in enumerate(parts):
        place = f"{path}[{index}]"
        if not isinstance(part, dict) or not isinstance(part.get("type"), str):
            fix = 'Write the part as {"type": "text", "text": ...}.'
            yield _error(place, "invalid_content_part", show(part), "an object with a type", fix)
        elif part["type"] == "text" and not isinstance(part.get("text"), str):
            fix = "Put the text in double quotes."
            yield _error(f"{place}.text", "invalid_content_part", show(part.get("text")), "a string", fix)
        elif part["type"] == "text" and SPECIAL_TOKEN.search(part["text"]):
            yield _special_token(part["text"], f"{place}.text")


def _special_token(text: str, path: str) -> Issue:
    fix = "Remove it: services refuse special tokens in text, and often only after the job was created."
    return _error(path, "special_token", SPECIAL_TOKEN.search(text)[0], "plain text", fix)


def _tool_issues(message: dict, path: str) -> Iterator[Issue]:
    calls = message.get("tool_calls")
    if message.get("role") == "tool" and not isinstance(message.get("tool_call_id"), str):
        found = show(message["tool_call_id"]) if "tool_call_id" in message else "no tool_call_id"
        fix = "Repeat the id of the tool call that this message answers."
        yield _error(f"{path}.tool_call_id", "message_missing_key", found, "a string", fix)
    if calls is not None and not _is_objects(calls):
        yield _error(f"{path}.tool_calls", "wrong_type", show(calls), "a list of objects", "List each call.")
        return
    for index, call in enumerate(calls or []):
        function = call.get("function")
        if isinstance(function, dict) and not isinstance(function.get("arguments"), str):
            place = f"{path}.tool_calls[{index}].function.arguments"
            fix = "Write the arguments as JSON text, for example with json.dumps."
            yield _error(place, "wrong_type", show(function.get("arguments")), "a string of JSON", fix)


def _turn_issues(messages: list[dict]) -> Iterator[Issue]:
    answers = [message for message in messages if message["role"] == "assistant"]
    if not answers:
        fix = "Add the answer that the model should learn."
        found = f"only {' and '.join(sorted({message['role'] for message in messages}))}"
        expected = "at least one assistant message"
        yield _error("messages", "example_missing_assistant_message", found, expected, fix)
        return
    if messages[-1]["role"] != "assistant":
        path, fix = f"messages[{len(messages) - 1}].role", "End the row with the answer to learn."
        yield _error(path, "last_message_not_assistant", show(messages[-1]["role"]), "'assistant'", fix)
    if all(message.get("weight") == 0 for message in answers):
        fix = "Give at least one answer the weight 1, or leave the row out."
        yield _error("messages", "no_trained_message", "weight 0 on every answer", "a trained answer", fix)


def _is_objects(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)
