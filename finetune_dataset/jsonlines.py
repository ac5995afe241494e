"""The shapes that a JSON Lines file can have, right and wrong.

`read_pieces` cuts any file into pieces: a good line, an object spread over
several lines, a JSON array, a blank line, an unreadable line. It knows nothing
about chat. `dataset` reports the pieces, repairs them, or refuses them.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from finetune_dataset.errors import DatasetError
from finetune_dataset.files import open_source
from finetune_dataset.rules.issues import Issue, issue
from finetune_dataset.rules.rows import check_row

_BOM = b"\xef\xbb\xbf"
# No row needs more lists and objects inside each other, and readers give up at different depths.
_MAX_DEPTH = 100
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
# A text, or a backslash pair outside of one: taken whole, so that brackets and commas in it do not count.
_TEXT = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|\\.'
_TEXT_OR_BRACKET = re.compile(_TEXT + rb"|[{}\[\]]")
_TEXT_OR_TRAILING_COMMA = re.compile(b"(" + _TEXT + rb")|,(?=\s*+(?:[}\]]|$))")
_ROW_KEYS = (
    rb"messages|tools|functions|parallel_tool_calls|input|preferred_output|non_preferred_output|prompt"
)
_INNER_KEYS = rb"role|content|name|type|text|url|image_url|id|function"
# A line that begins an example: by its first key, or in column 1 by any key that no inner object begins with.
_STARTS_ROW = re.compile(rb"""\s*\{\s*"(?:%b)"\s*:|\{[ \t]*["'](?!(?:%b)["'])""" % (_ROW_KEYS, _INNER_KEYS))

# What Python's JSON reader says (start of its message) → what that means here, and the fix.
_SYNTAX = {
    "Extra data": ("a second value", "Start a new line after each example."),
    "Expecting value": (
        "something that is not JSON",
        "Write texts in double quotes, and true, false and null in small letters.",
    ),
    "Expecting property": ("a key without double quotes", "Write each key in double quotes."),
    "Expecting ':'": ("no colon after a key", 'Write "key": value.'),
    "Expecting ','": ("no comma between two values", 'Add it; inside a text, write a double quote as \\".'),
    "Invalid control": (
        "a line break, tab or other control character inside a text",
        r"Write \n or \t in the text instead.",
    ),
    "Unterminated": ("a text without its closing quote", "Close the text with a double quote."),
    "Invalid \\escape": ("a single backslash", r"Write \\ for a backslash."),
}


@dataclass(frozen=True)
class Piece:
    """One or more lines of a file that belong together.

    Attributes:
        first: First line, counted from 1.
        last: Last line.
        raw: The bytes of these lines.
        values: JSON values that could be read: one for a line, several for an array, none for broken text.
        issue: What is wrong with the shape; None for a good line.
    """

    first: int
    last: int
    raw: bytes
    values: list
    issue: Issue | None

    @property
    def place(self) -> str:
        """The lines in words, for a message."""
        return f"line {self.first}" if self.first == self.last else f"lines {self.first} to {self.last}"


def read_pieces(source: Iterable[bytes]) -> Iterator[Piece]:
    """Cut a file into pieces, in order; memory holds one piece at a time.

    Args:
        source: A file opened with `open_source`.
    """
    reader = PieceReader()
    for number, raw in enumerate(source, start=1):
        yield from reader.feed(number, raw)
        if reader.ended:
            return
    yield from reader.finish()


class PieceReader:
    """Put lines in, get pieces out. A program that knows a line to be good need not put it in.

    Attributes:
        spread: True while the lines that were put in do not make a whole value yet.
        ended: True when the rest of the file cannot be read as lines.
    """

    def __init__(self) -> None:
        self.ended = False
        self._lines: list[bytes] = []
        self._first = self._depth = 0

    @property
    def spread(self) -> bool:
        return bool(self._lines)

    def feed(self, number: int, raw: bytes) -> Iterator[Piece]:
        """Put one line in.

        Args:
            number: The line's number, counted from 1.
            raw: Its bytes, with the line end.
        """
        if number == 1 and raw.startswith(_BOM):
            raw = raw.removeprefix(_BOM)
            yield Piece(1, 1, b"", [], _byte_order_mark())
        if number == 1 and (raw.count(0) * 4 > len(raw) or raw.startswith(_UTF16_MARKS)):
            self.ended = True
            yield Piece(number, number, raw, [], _not_utf8(number, "zero bytes (UTF-16, or not a text file)"))
            return
        if self._lines and _STARTS_ROW.match(raw) and not self._is_open_array():
            yield from self.finish()  # The example before was cut off; do not lose this one.
        if not self._lines:
            piece = _read_piece(number, [raw])
            if piece.values or _depth(raw) <= 0:
                yield piece
                return
            self._first, self._depth = number, 0
        self._lines.append(raw)
        self._depth += _depth(raw)
        if self._depth <= 0:
            yield from self.finish()

    def _is_open_array(self) -> bool:
        """Tell whether the lines so far are an array that goes on: its examples have commas between them."""
        return self._lines[0].lstrip().startswith(b"[") and self._lines[-1].rstrip().endswith((b",", b"["))

    def finish(self) -> Iterator[Piece]:
        """Take out what is left when there are no more lines."""
        if self._lines:
            yield _read_piece(self._first, self._lines)
        self._lines = []


def _depth(raw: bytes) -> int:
    """Count the brackets that open minus those that close, outside of texts."""
    tokens = _TEXT_OR_BRACKET.findall(raw)
    return sum((token in b"{[") - (token in b"}]") for token in tokens if len(token) == 1)


def _read_piece(first: int, lines: list[bytes]) -> Piece:
    raw, last = b"".join(lines), first + len(lines) - 1
    if not raw.strip():
        return Piece(first, last, raw, [], _blank_line(first))
    try:
        (value, twice), found = parse(raw), None
    except (ValueError, RecursionError) as error:
        try:
            (value, twice), found = parse(_TEXT_OR_TRAILING_COMMA.sub(rb"\1", raw)), _trailing_comma(first)
        except (ValueError, RecursionError):
            return Piece(first, last, raw, [], _unreadable(first, raw, error))
    values = [value]
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        values, found = value, _json_array(first, len(value))
    elif last > first:
        found = pretty_printed_json(first, last, examples=1)
    if twice:
        found = _duplicate_key(first, twice)
    return Piece(first, last, raw, values, found)


def parse(raw: bytes) -> tuple[object, list[str]]:
    """Read one JSON value, and name the keys that an object of it has twice.

    Raises:
        ValueError: It is not JSON in UTF-8, or JSON that only Python reads.
        RecursionError: It is deeper than a row may be.
    """
    twice: list[str] = []

    def unique(pairs: list[tuple[str, object]]) -> dict:
        found = dict(pairs)
        if len(found) < len(pairs):
            counts = Counter(key for key, _ in pairs)
            twice.extend(key for key, count in counts.items() if count > 1)
        return found

    value = json.loads(
        raw.decode("utf-8"),
        parse_constant=_refuse_constant,
        parse_float=_finite,
        object_pairs_hook=unique,
    )
    if raw.count(b"{") + raw.count(b"[") > _MAX_DEPTH and _is_deeper(value, _MAX_DEPTH):
        raise RecursionError
    if b"\\ud" in raw or b"\\uD" in raw:
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # Half a surrogate pair cannot be encoded.
    return value, twice


def _is_deeper(value: object, levels: int) -> bool:
    """Tell whether a value has more lists and objects inside each other than `levels`."""
    if not isinstance(value, (dict, list)):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(each, levels - 1) for each in inner)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name}, which is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"the number {text[:20]}, which is too large")
    return value


def _unreadable(line: int, raw: bytes, error: Exception) -> Issue:
    found, fix = str(error), "Correct the line; json.dumps(row) writes valid JSON."
    if isinstance(error, UnicodeDecodeError):
        return _not_utf8(line, f"byte 0x{raw[error.start]:02x} at position {error.start + 1}")
    if isinstance(error, RecursionError):
        found = f"brackets inside brackets, more than {_MAX_DEPTH} deep"
    elif isinstance(error, UnicodeEncodeError):
        found, fix = "half of a surrogate pair (\\ud800 to \\udfff)", "Write the character itself, as UTF-8."
    elif isinstance(error, json.JSONDecodeError):
        found, fix = _syntax(raw, error)
    if more := raw.rstrip().count(b"\n"):
        found += f" (lines {line} to {line + more}, read as one example)"
    return issue("invalid_json", "", found, "one JSON object on one line", fix, line)


def _syntax(raw: bytes, error: json.JSONDecodeError) -> tuple[str, str]:
    if raw.lstrip().startswith(b"{'"):
        return "single quotes, as Python prints a dict", "Write the row with json.dumps(row)."
    if _depth(raw) > 0:
        return (
            "an object that is not closed",
            "Add what is missing at the end of the line, or remove the line.",
        )
    if error.msg.startswith("Extra data") and error.doc[error.pos] in "}]":
        return f"a closing bracket too many at column {error.colno}", "Remove it."
    for start, (found, fix) in _SYNTAX.items():
        if error.msg.startswith(start):
            return f"{found} at column {error.colno}", fix
    return f"{error.msg} at column {error.colno}", "Correct the line; json.dumps(row) writes valid JSON."


def _byte_order_mark() -> Issue:
    fix = "Azure asks for it and other services may refuse it; repair_dataset removes it."
    return issue("byte_order_mark", "", "a byte order mark", "plain UTF-8", fix, 1)


def _blank_line(line: int) -> Issue:
    fix = "Remove it; repair_dataset does."
    return issue("blank_line", "", "a blank line", "an example", fix, line)


def _not_utf8(line: int, found: str) -> Issue:
    fix = 'Save the file again as "UTF-8"; repair_dataset does it for UTF-16.'
    return issue("not_utf8", "", found, "UTF-8 text", fix, line)


def _duplicate_key(line: int, keys: list[str]) -> Issue:
    fix = "Keep one of the two: readers disagree about which of them counts."
    return issue("duplicate_key", "", f"the key {keys[0]!r} twice in one object", "every key once", fix, line)


def _trailing_comma(line: int) -> Issue:
    fix = "JSON allows no comma before a closing bracket or at the end of a line; repair_dataset removes it."
    return issue("trailing_comma", "", "a comma with nothing after it", "no comma", fix, line)


def _json_array(line: int, examples: int) -> Issue:
    found = f"one JSON array ({examples} examples)"
    fix = "Run repair_dataset: it writes one example per line."
    return issue("json_array", "", found, "one object per line, no array around them", fix, line)


def pretty_printed_json(first: int, last: int, examples: int) -> Issue:
    """Describe pretty-printed JSON between two lines, as one issue for all its examples."""
    found = (
        f"pretty-printed JSON ({examples} example{'' if examples == 1 else 's'} on lines {first} to {last})"
    )
    fix = "Run repair_dataset: it writes one example per line."
    return issue("pretty_printed_json", "", found, "one example per line", fix, first)


def read_jsonl(path: str | Path) -> list[dict]:
    """Read a JSON Lines file of objects; blank lines and a byte order mark are skipped.

    Raises:
        DatasetError: The file cannot be opened, or a line is not one JSON object; the message names the line.
    """
    rows = []
    with open_source(path) as source:
        for piece in read_pieces(source):
            wrong = [piece.issue] if piece.issue and piece.issue.severity == "error" else []
            wrong += [
                check_row(value, piece.first)[0] for value in piece.values if not isinstance(value, dict)
            ]
            if wrong:
                raise DatasetError(f"{path}, {wrong[0]}")
            rows.extend(piece.values)
    return rows
