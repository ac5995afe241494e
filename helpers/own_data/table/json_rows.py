"""Rows of JSON: chats in any layout that the checker knows, or one text for each key."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from finetune_dataset.chat import JsonObject
from finetune_dataset.convert.cells import cell_text
from finetune_dataset.files import open_source, read_lines
from finetune_dataset.formats.pairs import pair_name
from finetune_dataset.formats.table import format_of
from finetune_dataset.jsonlines import read_pieces
from finetune_dataset.rules.limits import MIN_EXAMPLES
from finetune_dataset.shapes.pieces import Piece
from helpers.errors import DatasetError


@dataclass
class JsonRow:
    """One row of a file.

    Attributes:
        line: The line that it begins on.
        chat: The row as a chat; None if it is none.
        texts: Its texts by key, when it is no chat.
        reason: Why it cannot be used; "" if it can.
    """

    line: int
    chat: JsonObject | None = None
    texts: dict[str, str] = field(default_factory=dict)
    reason: str = ""


def json_rows(path: Path) -> Iterator[JsonRow]:
    """Read the rows of a file of JSON lines, or of one list.

    Args:
        path: The file.

    Yields:
        The rows, also those that cannot be used.

    Raises:
        DatasetError: The file cannot be opened.
    """
    with open_source(path) as source:
        rows = iter(_values(read_pieces(read_lines(source), blank=False)))
        first, second = next(rows, None), next(rows, None)
        # Often the whole file is one object, with the rows in a list, or with the answers by question.
        if first and not second and not isinstance(first[1], JsonRow):
            yield from (_row(value, first[0]) for value in _rows_in(first[1]))
            return
        for line, value in chain(filter(None, (first, second)), rows):
            yield value if isinstance(value, JsonRow) else _row(value, line)


def _values(pieces: Iterable[Piece]) -> Iterator[tuple[int, object]]:
    """Return line and value of each row; a `JsonRow` where it cannot be read."""
    for piece in pieces:
        if not piece.values and piece.issue:
            yield piece.first, JsonRow(piece.first, reason=str(piece.issue.found))
        yield from ((piece.first, value) for value in piece.values)


def _rows_in(whole: object) -> list[object]:
    """Return the rows of a file that is one object: those of its only list, or each key with its text."""
    if isinstance(whole, list):
        return whole
    if not isinstance(whole, dict) or "messages" in whole or format_of(whole, "supervised"):
        return [whole]
    lists = [value for value in whole.values() if isinstance(value, list) and len(value) > 1]
    if len(lists) == 1 and all(isinstance(value, dict) for value in lists[0]):
        return [row for value in lists[0] for row in _intents(value)]
    if len(whole) >= MIN_EXAMPLES and all(isinstance(value, str) for value in whole.values()):
        return [{"question": key, "answer": value} for key, value in whole.items()]
    return [whole]


def _intents(value: JsonObject) -> list[JsonObject]:
    """Return an intent of a chatbot, patterns and responses, as one row for each pattern."""
    asked, told = value.get("patterns"), value.get("responses")
    if not (isinstance(asked, list) and isinstance(told, list) and asked and told):
        return [value]
    return [
        {"question": text, "answer": told[place % len(told)], "tag": value.get("tag")}
        for place, text in enumerate(asked)
    ]


def _row(value: object, line: int) -> JsonRow:
    if isinstance(value, list) and len(value) == 2 and all(isinstance(each, str) for each in value):
        value = dict(zip(("question", "answer"), value, strict=True))
    if not isinstance(value, dict):
        return JsonRow(line, reason="it is no object with keys")
    found = format_of(value, "supervised")
    # A question with other keys than a known answer is a row for graders elsewhere, and a table here.
    if found and found[1].method not in ("supervised", "reinforcement"):
        return JsonRow(
            line,
            reason=f"it is for the method {found[1].method!r}; this notebook trains answers (supervised): "
            'keep the question and the better answer, as "question" and "answer"',
        )
    messages = isinstance(value.get("messages"), list)
    if messages or (found and found[1].method == "supervised" and not pair_name(value)):
        try:
            return JsonRow(line, chat=found[1].convert(value) if found else value)
        except DatasetError as error:
            if messages:
                return JsonRow(line, reason=str(error))
    return JsonRow(line, texts={key: _text(item) for key, item in _inner(value).items()})


def _inner(value: JsonObject) -> JsonObject:
    """Return what a row holds; {"translation": {"en": ..., "fr": ...}} holds the two texts inside."""
    only = next(iter(value.values())) if len(value) == 1 else None
    return only if isinstance(only, dict) and len(only) > 1 else value


def _text(value: object) -> str:
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    return cell_text(value)
