"""What the models here can read and write: text. One rule for rows of files, chats and responses.

Nothing is reduced in silence. What can be written as text is used, calls of tools among it (`tools.py`);
anything else fails the job before it trains, or is refused in a question, each with its place. The table in
the README has every kind of content.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

# Type of a part of a message → the key that holds its text. A refusal is what the model says, too.
TEXT_PARTS = {"text": "text", "input_text": "text", "output_text": "text", "refusal": "refusal"}
# Names of what is no text, for people.
_NOT_TEXT = {
    "image_url": "an image",
    "input_image": "an image",
    "input_audio": "audio",
    "audio": "audio",
    "file": "a file",
    "input_file": "a file",
    "annotations": "notes on another text",
}
_KEYS = ("audio", "annotations")
# Where a row of a file or a chat has its messages, and a response.
_LISTS = ("messages", "input")
# A line without any of these words has nothing but text; JSON can write their letters as \u0061 also.
_PERHAPS = re.compile(rb'"(?:audio|annotations|refusal|image_url|input_audio|file)"|\\u00[567]')
FIX = "The models here read and write text only. Write it as text, or leave it out."


class NotText(NamedTuple):
    """Something that no model here can represent.

    Args:
        place: Keys and indexes from the row or request to it.
        found: What it is.
    """

    place: tuple[str | int, ...]
    found: str

    def path(self) -> str:
        """The place in a file, as `messages[1].content[0].type`."""
        return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.place)[1:]


def not_text(whole: object) -> Iterator[NotText]:
    """Find what is no text in a row of a file, or in a question.

    Args:
        whole: JSON of any form; what it should be is checked elsewhere.

    Yields:
        The places in reading order.
    """
    if not isinstance(whole, dict):
        return
    for key in _LISTS:
        messages = whole.get(key)
        for index, message in enumerate(messages if isinstance(messages, list) else ()):
            if isinstance(message, dict):
                yield from _in_message(message, (key, index))


def _in_message(message: dict[str, Any], place: tuple[str | int, ...]) -> Iterator[NotText]:
    for key in _KEYS:
        if message.get(key):
            yield NotText((*place, key), _NOT_TEXT[key])
    # The result of a function in a response is text, too.
    key = "output" if message.get("type") == "function_call_output" else "content"
    content = message.get(key)
    if message.get("refusal") and content:
        yield NotText((*place, "refusal"), "a refusal beside the content")
    for index, part in enumerate(content if isinstance(content, list) else ()):
        named = part.get("type") if isinstance(part, dict) else None
        if isinstance(named, str) and named not in TEXT_PARTS:
            yield NotText((*place, key, index, "type"), _NOT_TEXT.get(named, f"{named!r:.40}"))


def not_text_in(path: Path, method: str = "supervised") -> Iterator[tuple[int, NotText]]:
    """Find what is no text in a file.

    Args:
        path: JSON Lines without errors.
        method: How the rows train. A row for a grader may have any fields beside its messages.

    Yields:
        The number of a line, from 1, and what was found on it.
    """
    with open(path, "rb") as lines:
        for number, line in enumerate(lines, start=1):
            if _PERHAPS.search(line):
                for place, messages in _chats(json.loads(line), method):
                    for found in not_text({"messages": messages}):
                        yield number, NotText((*place, *found.place[1:]), found.found)


def _chats(row: dict[str, Any], method: str) -> list[tuple[tuple[str, ...], Any]]:
    """The lists of messages in a row, each with its place."""
    if method != "dpo":
        return [(("messages",), row["messages"])]
    sides = ("preferred_output", "non_preferred_output")
    return [(("input", "messages"), row["input"]["messages"]), *(((side,), row[side]) for side in sides)]


def plain(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Turn messages into those that a chat template reads; calls of tools are left to `tools.py`.

    Args:
        messages: Checked by `not_text`.

    Returns:
        `role` and `content` of each. `developer` is the newer name of `system`. A name stands before the text
        where it tells speakers of one role apart, which is what the API has it for; not before the result of
        a function, which has its name from it.
    """
    names: dict[str, set[object]] = {}
    for message in messages:
        names.setdefault(_role(message), set()).add(message.get("name"))
    return [
        {"role": _role(message), "content": _named(message, several=len(names[_role(message)]) > 1)}
        for message in messages
    ]


def _role(message: Mapping[str, Any]) -> str:
    return "system" if message["role"] == "developer" else str(message["role"])


def _named(message: Mapping[str, Any], *, several: bool) -> str:
    content = message.get("content") or message.get("refusal") or ""
    if not isinstance(content, str):
        content = "".join(str(part[TEXT_PARTS[part["type"]]]) for part in content)
    name = message.get("name") if message["role"] != "function" else None
    return f"{name}: {content}" if several and name else content
