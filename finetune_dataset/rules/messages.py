"""The rules for one message of a chat, whatever row it stands in."""

import json
import re
from collections.abc import Iterator
from difflib import get_close_matches

from finetune_dataset.chat import KEYS, OTHER_ROLES, ROLES
from finetune_dataset.rules.images import image_issues
from finetune_dataset.rules.issues import Issue, issue

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
    """
    if not isinstance(message, dict):
        fix = 'Write the message as {"role": ..., "content": ...}.'
        yield issue("not_an_object", path, show(message), "an object with role and content", fix)
        return
    yield from _role_issues(message, path)
    yield from _content_issues(message, path, text_only)
    if message.get("role") == "tool" and not isinstance(message.get("tool_call_id"), str):
        found = show(message["tool_call_id"]) if "tool_call_id" in message else "no tool_call_id"
        fix = "Repeat the id of the tool call that this message answers."
        yield issue("message_missing_key", f"{path}.tool_call_id", found, "a string", fix)
    if message.get("role") == "function" and message.get("name") is None:
        fix = "Repeat the name of the function whose result this is."
        yield issue("message_missing_key", f"{path}.name", "no name", "a string", fix)
    weight = message.get("weight")
    if weight is not None and (isinstance(weight, bool) or weight not in (0, 1)):
        fix = "Use 1 to train on the message, 0 to leave it out of the training."
        yield issue("invalid_weight", f"{path}.weight", show(weight), "0 or 1", fix)
    for key in ("name", "refusal"):
        if message.get(key) is not None and not isinstance(message[key], str):
            fix = f"Put the {key} in double quotes, or leave it out."
            yield issue("wrong_type", f"{path}.{key}", show(message[key]), "a string", fix)
        elif message.get(key) and SPECIAL_TOKEN.search(message[key]):
            yield special_token(message[key], f"{path}.{key}")
    yield from _key_issues(message, path)


def show(value: object) -> str:
    """Describe a JSON value in at most 60 characters, for a message."""
    if isinstance(value, dict):
        text = "an object" if value else "an empty object"
    elif isinstance(value, list):
        text = "a list" if value else "an empty list"
    else:
        text = json.dumps(value[:100] if isinstance(value, str) else value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."


def special_token(text: str, path: str) -> Issue:
    """Describe the first special token of a text that has one."""
    fix = "Remove it: services refuse special tokens in text, and often only after the job was created."
    return issue("special_token", path, SPECIAL_TOKEN.search(text)[0][:60], "plain text", fix)


def _role_issues(message: dict, path: str) -> Iterator[Issue]:
    if "role" not in message:
        fix = "Say who speaks."
        yield issue("message_missing_key", f"{path}.role", "no role", f"one of {', '.join(ROLES)}", fix)
    elif message["role"] not in ROLES:
        name = str(message["role"])[:60]
        near = [OTHER_ROLES[name]] if name in OTHER_ROLES else get_close_matches(name, ROLES, n=1)
        fix = f"Did you mean {near[0]!r}?" if near else "Use one of these roles."
        expected = f"one of {', '.join(ROLES)}"
        yield issue("unrecognized_role", f"{path}.role", show(message["role"]), expected, fix)


def _key_issues(message: dict, path: str) -> Iterator[Issue]:
    role = message.get("role")
    for key in sorted(message):
        if key not in KEYS:
            fix = "Check the spelling, or leave the key out: some services refuse it."
            yield issue("message_unrecognized_key", f"{path}.{key}", show(key), "a key of the chat API", fix)
        elif KEYS[key] not in (None, role) and message[key] is not None and role in ROLES:
            fix, expected = "Leave it out here.", f"{key} in {KEYS[key]} messages only"
            found = f"{key} in a message of the role {role}"
            yield issue("misplaced_key", f"{path}.{key}", found, expected, fix)


def _content_issues(message: dict, path: str, text_only: bool) -> Iterator[Issue]:
    path, content = f"{path}.content", message.get("content")
    if isinstance(content, str):
        if _is_blank(content):
            yield from _empty_issues(message, path)
        elif "|" in content and SPECIAL_TOKEN.search(content):
            yield special_token(content, path)
    elif isinstance(content, list) and content:
        yield from _part_issues(content, path, message.get("role"), text_only)
        if all(isinstance(part, dict) and _is_blank(part.get("text")) for part in content):
            yield from _empty_issues(message, path)
    elif content is not None and content != []:
        yield issue("wrong_type", path, show(content), "a string", "Put the text in double quotes.")
    elif (message.get("role") != "function" or "content" not in message) and not _answers_otherwise(message):
        code = "missing_content" if "content" in message else "message_missing_key"
        found = show(content) if "content" in message else "no content"
        yield issue(code, path, found, "text", "Write the text of the message.")


def _empty_issues(message: dict, path: str) -> Iterator[Issue]:
    if message.get("role") in ("system", "developer", "user"):
        fix = "Write it, or drop the message."
        yield issue("empty_content", path, "empty text", "some text", fix)
    elif message.get("role") == "assistant" and not _answers_otherwise(message):
        fix = "Write the answer that the model should learn, or leave the row out."
        yield issue("missing_content", path, "empty text", "an answer", fix)


def _is_blank(text: object) -> bool:
    return isinstance(text, str) and not text.strip()


def _answers_otherwise(message: dict) -> bool:
    return any(message.get(key) for key in ("tool_calls", "function_call", "refusal", "audio"))


def _part_issues(parts: list, path: str, role: object, text_only: bool) -> Iterator[Issue]:
    for index, part in enumerate(parts):
        place = f"{path}[{index}]"
        kind = part.get("type") if isinstance(part, dict) else None
        if kind in ("text", "refusal"):
            text = part.get(kind)
            if not isinstance(text, str):
                fix = "Put the text in double quotes."
                yield issue("invalid_content_part", f"{place}.{kind}", show(text), "a string", fix)
            elif SPECIAL_TOKEN.search(text):
                yield special_token(text, f"{place}.{kind}")
        elif kind == "image_url":
            yield from image_issues(part, place, role, text_only)
        elif kind in UNSUPPORTED_PARTS:
            fix = "Ask the service whether it trains on this, or leave the part out."
            yield issue("unsupported_content_part", place, show(kind), "text or image_url", fix)
        else:
            found = show(kind) if isinstance(part, dict) and "type" in part else show(part)
            fix = 'Write the part as {"type": "text", "text": ...}.'
            yield issue("invalid_content_part", place, found, "a text or image_url part", fix)
