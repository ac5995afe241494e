"""Examples of a file as a quality check needs them: what makes two of them the same.

Two examples are compared by keys of a few bytes. Capitals, spacing and the ids of tool calls
do not count; images and the fields for a grader do.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from finetune_dataset.chat import (
    CHAT_KEYS,
    NOT_TEXT_KEYS,
    PREFERRED,
    PROMPT,
    REJECTED,
    SYSTEM_ROLES,
    JsonObject,
    message_text,
)
from finetune_dataset.files import open_source, read_lines
from finetune_dataset.jsonlines import read_pieces
from finetune_dataset.quality.near_duplicates import digest, normalized
from finetune_dataset.rules.issues.issue import show

# What a chat is made of; `functions` is not among them, because it can be a field for the grader.
_CHAT_KEYS = CHAT_KEYS[:3]


@dataclass(frozen=True)
class Example:
    """One example, as the checks need it.

    Attributes:
        line: Its first line in the file.
        messages: Path of each message, and the message.
        answers: The trained assistant messages among them.
        last: Text of the final answer; None when the row has none, or when it only calls tools.
        prompt: Key of everything before the final answer.
        question: Key of the user messages; None without one.
        whole: Key of the whole example.
        choice: Key of what has one right answer: the prompt; of a preference, the prompt and both answers.
        right: Key of that answer: the final message, the preferred one, or the fields for the grader; None
            where nothing is trained.
        conflict: What another right answer is, in words; the line of the first one follows.
        text: All but the system prompt; "" with images, because two images can differ in what no word says.
        asked: The user messages' text; "" with images.
    """

    line: int
    messages: list[tuple[str, JsonObject]]
    answers: list[tuple[str, JsonObject]]
    last: str | None
    prompt: bytes
    question: bytes | None
    whole: bytes
    choice: bytes
    right: bytes | None
    conflict: str
    text: str
    asked: str


@dataclass
class Skipped:
    """What of a file is no chat that could be looked at.

    Attributes:
        number: How many places: lines that cannot be read, and values that are no chat.
        first: The line of the first one.
        reason: What is wrong there.
    """

    number: int = 0
    first: int = 0
    reason: str = ""

    def add(self, line: int, reason: str) -> None:
        """Count one place."""
        if not self.number:
            self.first, self.reason = line, reason
        self.number += 1

    def notes(self, path: Path) -> list[str]:
        """Say how much of a file was skipped; nothing when nothing was."""
        if not self.number:
            return []
        count = f"{self.number:,} {'place' if self.number == 1 else 'places'} in {path.name}"
        return [
            f"{count} could not be looked at, the first on line {self.first}: {self.reason}. "
            "validate_dataset says what to do."
        ]


def read_examples(path: str | Path, skipped: Skipped | None = None) -> Iterator[Example]:
    """Read the chats of a file; what is no chat is skipped, and counted.

    Args:
        path: The file.
        skipped: Where to count what is skipped.

    Yields:
        Each chat or preference, as the checks need it.

    Raises:
        DatasetError: The file does not exist or cannot be opened.
    """
    skipped = skipped or Skipped()
    with open_source(path) as source:
        for piece in read_pieces(read_lines(source), blank=False):
            if not piece.values and piece.issue and piece.issue.severity == "error":
                skipped.add(piece.first, str(piece.issue.found))
            for value in piece.values:
                messages = _messages(value)
                if isinstance(value, dict) and messages:
                    yield _example(piece.first, value, messages)
                else:
                    skipped.add(piece.first, show(value))


def _messages(row: object) -> list[tuple[str, JsonObject]]:
    """Return the messages, each with its path; of a preference row, those of the prompt and both answers."""
    if not isinstance(row, dict):
        return []
    parts = {"messages": row.get("messages")}
    # A reinforcement row can have a field `input` of its own.
    if PREFERRED in row and isinstance(row.get(PROMPT), dict):
        prompt = row[PROMPT].get("messages")
        parts = {f"{PROMPT}.messages": prompt, PREFERRED: row[PREFERRED], REJECTED: row.get(REJECTED)}
    return [
        (f"{name}[{index}]", message)
        for name, messages in parts.items()
        for index, message in enumerate(messages if isinstance(messages, list) else [])
        if isinstance(message, dict) and _has_text(message.get("content"))
    ]


def _has_text(content: object) -> bool:
    return content is None or isinstance(content, str) or _are_parts(content)


def _are_parts(content: object) -> bool:
    return isinstance(content, list) and all(isinstance(part, dict) for part in content)


def _example(line: int, value: JsonObject, messages: list[tuple[str, JsonObject]]) -> Example:
    chat = [(path, message) for path, message in messages if not path.startswith(REJECTED)]
    rejected = [_turn(message) for path, message in messages if path.startswith(REJECTED)]
    answers = [
        (path, message)
        for path, message in chat
        if message.get("role") == "assistant"
        and message.get("weight") != 0
        and not any(message.get(key) for key in NOT_TEXT_KEYS)
        and not _refuses(message)
    ]
    turns = [_turn(message) for _, message in chat]
    final = chat[-1][1] if chat else {}
    answered = final.get("role") == "assistant"
    prompt = turns[:-1] if answered else turns
    asked = [turn for turn in turns if turn[0] == "user"]
    # What a grader reads beside the prompt; the same prompt with other fields is another example.
    fields = {} if answered else {key: value[key] for key in value if key not in _CHAT_KEYS}
    choice, right, conflict = prompt, None, "another answer to the prompt"
    if rejected and turns:
        choice = [*prompt, *sorted([turns[-1], *rejected])]
        conflict = "the other choice between the two answers"
    if answered and final.get("weight") != 0:
        right = _key(turns[-1])
    elif fields:
        right = _key(json.dumps(fields, sort_keys=True))
        conflict = "other fields for the grader after the prompt"
    media = any(marks for _, _, marks in [*turns, *rejected])
    words = [text for role, text, _ in [*turns, *rejected] if role not in SYSTEM_ROLES]
    return Example(
        line,
        messages,
        answers,
        last=message_text(final) if answers and answers[-1][1] is final else None,
        prompt=_key(prompt),
        question=_key(asked) if any(text or marks for _, text, marks in asked) else None,
        whole=_key([turns, rejected, json.dumps(fields, sort_keys=True)]),
        choice=_key(choice),
        right=right,
        conflict=conflict,
        text="" if media else "\n".join(words),
        asked="" if media else "\n".join(text for _, text, _ in asked),
    )


def _refuses(message: JsonObject) -> bool:
    content = message.get("content")
    return isinstance(content, list) and any(part.get("type") == "refusal" for part in content)


def _turn(message: JsonObject) -> tuple[str, str, str]:
    """Return what makes two messages the same: role, text, and images or other parts that are no text."""
    content = message.get("content")
    parts = [part for part in content if part.get("type") != "text"] if isinstance(content, list) else []
    marks = digest(json.dumps(parts, sort_keys=True)).hex() if parts else ""
    return str(message.get("role")), normalized(all_text(message)), marks


def _key(value: object) -> bytes:
    return digest(repr(value))


def all_text(message: JsonObject) -> str:
    """Return the text of a message, its refusal, and the names and arguments of its calls."""
    content = message.get("content")
    if len(message) == 2 and isinstance(content, str):  # Nearly every message: a role and a text.
        return content
    calls = message.get("tool_calls")
    calls = [*(calls if isinstance(calls, list) else [calls]), message.get("function_call")]
    # Without the ids of calls: they differ in every example.
    functions = [call.get("function", call) if isinstance(call, dict) else call for call in calls if call]
    refusal = message.get("refusal")
    return "\n".join(
        [message_text(message), refusal if isinstance(refusal, str) else "", *map(json.dumps, functions)]
    )
