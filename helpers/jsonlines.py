"""The shapes that a JSON Lines file can have, right and wrong.

`read_pieces` cuts any file into pieces: a good line, an object spread over
several lines, a JSON array, a blank line, an unreadable line. It knows nothing
about chat. `dataset` reports the pieces, repairs them, or refuses them.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from helpers.errors import DatasetError
from helpers.report import Issue

_BOM = b"\xef\xbb\xbf"
# A text, or a backslash pair outside of one: taken whole, so that brackets and commas in it do not count.
_TEXT = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|\\.'
_TEXT_OR_BRACKET = re.compile(_TEXT + rb"|[{}\[\]]")
_TEXT_OR_TRAILING_COMMA = re.compile(b"(" + _TEXT + rb")|,(?=\s*+(?:[}\]]|$))")
_STARTS_ROW = re.compile(rb'\s*\{\s*"(?:messages|tools|functions|parallel_tool_calls)"')

# What Python's JSON reader says (start of its message) → what that means here, and the fix.
_SYNTAX = {
    "Extra data": ("a second value", "Start a new line after each example."),
    "Invalid control": ("a line break or tab inside a text", r"Write \n or \t in the text instead."),
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


def open_source(path: str | Path) -> BinaryIO:
    """Open a file for reading.

    Raises:
        DatasetError: There is no such file, it is a folder, or it may not be read.
    """
    path = Path(path)
    if path.is_dir():
        raise DatasetError(
            f"{path} is a folder; expected a JSON Lines file. Give the path of the file itself."
        )
    try:
        return path.open("rb")
    except FileNotFoundError:
        where = f"the folder {path.parent.absolute()}"
        if path.parent.is_dir():
            others = sorted(other.name for other in path.parent.glob("*.jsonl"))
            where += f" has {', '.join(others[:5])}" if others else " has no .jsonl file"
        else:
            where += " does not exist either"
        raise DatasetError(f"{path} was not found; {where}. Check the name.") from None
    except OSError as error:
        raise DatasetError(
            f"{path} cannot be opened: {error.strerror}. Check the path and its permissions."
        ) from None


def read_pieces(source: BinaryIO) -> Iterator[Piece]:
    """Cut a file into pieces, in order; memory holds one piece at a time.

    Args:
        source: A file opened with `open_source`.
    """
    block: list[bytes] = []
    first = depth = 0
    for number, raw in enumerate(source, start=1):
        if number == 1 and raw.startswith(_BOM):
            raw = raw.removeprefix(_BOM)
            yield Piece(1, 1, b"", [], _byte_order_mark())
        if b"\0" in raw:
            yield Piece(number, number, raw, [], _not_utf8(number, "zero bytes (UTF-16, or not a text file)"))
            return
        if block and _STARTS_ROW.match(raw) and not block[0].lstrip().startswith(b"["):
            yield _read_piece(first, block)  # The example before was cut off; do not lose this one.
            block = []
        if not block:
            piece = _read_piece(number, [raw])
            if piece.values or _depth(raw) <= 0:
                yield piece
                continue
            first, depth = number, 0
        block.append(raw)
        depth += _depth(raw)
        if depth <= 0:
            yield _read_piece(first, block)
            block = []
    if block:
        yield _read_piece(first, block)


def _depth(raw: bytes) -> int:
    """Count the brackets that open minus those that close, outside of texts."""
    tokens = _TEXT_OR_BRACKET.findall(raw)
    return sum((token in b"{[") - (token in b"}]") for token in tokens if len(token) == 1)


def _read_piece(first: int, lines: list[bytes]) -> Piece:
    raw, last = b"".join(lines), first + len(lines) - 1
    if not raw.strip():
        return Piece(first, last, raw, [], _blank_line(first))
    try:
        value, issue = _parse(raw), None
    except (ValueError, RecursionError) as error:
        try:
            value, issue = _parse(_TEXT_OR_TRAILING_COMMA.sub(rb"\1", raw)), _trailing_comma(first)
        except (ValueError, RecursionError):
            return Piece(first, last, raw, [], _unreadable(first, raw, error))
    if isinstance(value, list) and any(isinstance(item, dict) and "messages" in item for item in value):
        return Piece(first, last, raw, value, _json_array(first, len(value)))
    if last > first:
        issue = pretty_printed_json(first, last, examples=1)
    return Piece(first, last, raw, [value], issue)


def _parse(raw: bytes) -> object:
    """Read one JSON value, as strictly as tokenizers and servers do; ValueError or RecursionError if not."""
    value = json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant)
    if b"\\ud" in raw or b"\\uD" in raw:
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # Half a surrogate pair cannot be encoded.
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name}, which is not JSON")


def _unreadable(line: int, raw: bytes, error: Exception) -> Issue:
    found, fix = str(error), "Correct the line; json.dumps(row) writes valid JSON."
    if isinstance(error, UnicodeDecodeError):
        return _not_utf8(line, f"byte 0x{raw[error.start]:02x} at position {error.start + 1}")
    if isinstance(error, RecursionError):
        found = "brackets inside brackets, too deep to read"
    elif isinstance(error, UnicodeEncodeError):
        found, fix = "half of a surrogate pair (\\ud800 to \\udfff)", "Write the character itself, as UTF-8."
    elif isinstance(error, json.JSONDecodeError):
        found, fix = _syntax(raw, error)
    return Issue(line, "", "invalid_json", "error", found, "one JSON object on one line", fix)


def _syntax(raw: bytes, error: json.JSONDecodeError) -> tuple[str, str]:
    if raw.lstrip().startswith(b"{'"):
        return "single quotes, as Python prints a dict", "Write the row with json.dumps(row)."
    if _depth(raw) > 0:
        return (
            "an object that is not closed",
            "Add what is missing at the end of the line, or remove the line.",
        )
    for start, (found, fix) in _SYNTAX.items():
        if error.msg.startswith(start):
            return f"{found} at column {error.colno}", fix
    return f"{error.msg} at column {error.colno}", "Correct the line; json.dumps(row) writes valid JSON."


def _byte_order_mark() -> Issue:
    fix = "Azure asks for it and other services may refuse it; repair_dataset removes it."
    return Issue(1, "", "byte_order_mark", "warning", "a byte order mark", "plain UTF-8", fix)


def _blank_line(line: int) -> Issue:
    fix = "Remove it; repair_dataset does."
    return Issue(line, "", "blank_line", "warning", "a blank line", "an example", fix)


def _not_utf8(line: int, found: str) -> Issue:
    return Issue(line, "", "not_utf8", "error", found, "UTF-8 text", 'Save the file again as "UTF-8".')


def _trailing_comma(line: int) -> Issue:
    fix = "JSON allows no comma before a closing bracket or at the end of a line; repair_dataset removes it."
    return Issue(line, "", "trailing_comma", "error", "a comma with nothing after it", "no comma", fix)


def _json_array(line: int, examples: int) -> Issue:
    found = f"one JSON array ({examples} examples)"
    fix = "Run repair_dataset: it writes one example per line."
    return Issue(line, "", "json_array", "error", found, "one object per line, no array around them", fix)


def pretty_printed_json(first: int, last: int, examples: int) -> Issue:
    """Describe pretty-printed JSON between two lines, as one issue for all its examples."""
    found = (
        f"pretty-printed JSON ({examples} example{'' if examples == 1 else 's'} on lines {first} to {last})"
    )
    fix = "Run repair_dataset: it writes one example per line."
    return Issue(first, "", "pretty_printed_json", "error", found, "one example per line", fix)
