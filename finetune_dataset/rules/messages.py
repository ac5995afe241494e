"""The rules for one message of a chat, whatever row it stands in."""

import re
from collections.abc import Iterator
from difflib import get_close_matches

from finetune_dataset.chat import MESSAGE_KEYS, NOT_TEXT_KEYS, ROLES, SYSTEM_ROLES, JsonObject
from finetune_dataset.formats.chats import other_role
from finetune_dataset.rules.images import image_issues
from finetune_dataset.rules.issues.issue import Issue, show
from finetune_dataset.rules.issues.table import issue

# Parts that the chat API takes and that no guide documents for training.
UNSUPPORTED_PARTS = ("input_audio", "file")
# Text like this passes the upload, and the job fails later (seen at OpenAI, Feb 2026).
SPECIAL_TOKEN = re.compile(r"<\|[A-Za-z0-9_]+\|>")


def message_issues(message: object, path: str, text_only: bool = False) -> Iterator[Issue]:
    """Find every problem of one message, calls of tools left out.

    Args:
        message: The parsed JSON value.
        path: Its place in the row, such as `messages[1]`.
        text_only: Whether images are refused, as in preference rows.

    Yields:
        The issues, without a line.
    """
    if not isinstance(message, dict):
        yield issue(
            "not_an_object",
            path,
            show(message),
            expected="an object with role and content",
            fix='Write the message as {"role": ..., "content": ...}.',
        )
        return
    yield from _role_issues(message, path)
    yield from _content_issues(message, path, text_only)
    yield from _tool_answer_issues(message, path)
    weight = message.get("weight")
    if weight is not None and (isinstance(weight, bool) or weight not in (0, 1)):
        yield issue("invalid_weight", f"{path}.weight", show(weight))
    for key in ("name", "refusal"):
        text = message.get(key)
        if text is not None and not isinstance(text, str):
            fix = f"Put the {key} in double quotes, or leave it out."
            yield issue("wrong_type", f"{path}.{key}", show(text), fix=fix)
        elif text:
            yield from special_token_issues(text, f"{path}.{key}")
    yield from _key_issues(message, path)


def special_token_issues(text: str, path: str) -> Iterator[Issue]:
    """Name the first special token of a text, if it has one."""
    # Nearly no text has a bar, and looking for one is much faster.
    token = SPECIAL_TOKEN.search(text) if "|" in text else None
    if token:
        yield issue("special_token", path, token[0][:60])


def _role_issues(message: JsonObject, path: str) -> Iterator[Issue]:
    if "role" not in message:
        expected = f"one of {', '.join(ROLES)}"
        yield issue(
            "message_missing_key", f"{path}.role", "no role", expected=expected, fix="Say who speaks."
        )
    elif message["role"] not in ROLES:
        name = str(message["role"])[:60]
        near = [meant] if (meant := other_role(name)) else get_close_matches(name, ROLES, n=1)
        fix = f"Did you mean {near[0]!r}?" if near else None
        yield issue("unrecognized_role", f"{path}.role", show(message["role"]), fix=fix)


def _tool_answer_issues(message: JsonObject, path: str) -> Iterator[Issue]:
    """Check that the answer of a tool says what it answers."""
    if message.get("role") == "tool" and not isinstance(message.get("tool_call_id"), str):
        found = show(message["tool_call_id"]) if "tool_call_id" in message else "no tool_call_id"
        fix = "Repeat the id of the tool call that this message answers."
        yield issue("message_missing_key", f"{path}.tool_call_id", found, expected="a string", fix=fix)
    if message.get("role") == "function" and message.get("name") is None:
        fix = "Repeat the name of the function whose result this is."
        yield issue("message_missing_key", f"{path}.name", "no name", expected="a string", fix=fix)


def _key_issues(message: JsonObject, path: str) -> Iterator[Issue]:
    role = message.get("role")
    for key in sorted(message):
        if key not in MESSAGE_KEYS:
            yield issue("message_unrecognized_key", f"{path}.{key}", show(key))
        elif MESSAGE_KEYS[key] not in (None, role) and message[key] is not None and role in ROLES:
            found = f"{key} in a message of the role {role}"
            expected = f"{key} in {MESSAGE_KEYS[key]} messages only"
            yield issue("misplaced_key", f"{path}.{key}", found, expected=expected)


def _content_issues(message: JsonObject, path: str, text_only: bool) -> Iterator[Issue]:
    path, content = f"{path}.content", message.get("content")
    if isinstance(content, str):
        if _is_blank(content):
            yield from _empty_issues(message, path)
        else:
            yield from special_token_issues(content, path)
    elif isinstance(content, list) and content:
        yield from _part_issues(content, path, message.get("role"), text_only)
        if message.get("role") == "tool":
            yield issue(
                "tool_content_parts", path, f"a list of {len(content)} part{'s' * (len(content) > 1)}"
            )
        if all(isinstance(part, dict) and _is_blank(part.get("text")) for part in content):
            yield from _empty_issues(message, path)
    elif content is not None and content != []:
        yield issue("wrong_type", path, show(content))
    elif (message.get("role") != "function" or "content" not in message) and not _answers_otherwise(message):
        code = "missing_content" if "content" in message else "message_missing_key"
        yield issue(code, path, show(content) if "content" in message else "no content")


def _empty_issues(message: JsonObject, path: str) -> Iterator[Issue]:
    if message.get("role") in (*SYSTEM_ROLES, "user"):
        yield issue("empty_content", path, "empty text")
    elif message.get("role") == "assistant" and not _answers_otherwise(message):
        fix = "Write the answer that the model should learn, or leave the row out."
        yield issue("missing_content", path, "empty text", expected="an answer", fix=fix)


def _is_blank(text: object) -> bool:
    return isinstance(text, str) and not text.strip()


def _answers_otherwise(message: JsonObject) -> bool:
    return any(message.get(key) for key in NOT_TEXT_KEYS)


def _part_issues(parts: list[object], path: str, role: object, text_only: bool) -> Iterator[Issue]:
    for index, part in enumerate(parts):
        place = f"{path}[{index}]"
        kind = part.get("type") if isinstance(part, dict) else None
        if not isinstance(part, dict):
            yield issue("invalid_content_part", place, show(part))
        elif kind in ("text", "refusal"):
            text = part.get(kind)
            if isinstance(text, str):
                yield from special_token_issues(text, f"{place}.{kind}")
            else:
                fix = "Put the text in double quotes."
                yield issue(
                    "invalid_content_part", f"{place}.{kind}", show(text), expected="a string", fix=fix
                )
        elif kind == "image_url":
            yield from image_issues(part, place, role, text_only)
        elif kind in UNSUPPORTED_PARTS:
            yield issue("unsupported_content_part", place, show(kind))
        else:
            yield issue("invalid_content_part", place, show(kind if "type" in part else part))
