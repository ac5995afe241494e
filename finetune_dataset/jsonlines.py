"""The shapes that a JSON Lines file can have, right and wrong.

`read_pieces` cuts any file into pieces: a good line, an object spread over several lines, a JSON
array, a blank line, an unreadable line. It knows nothing about chat. `check` reports the pieces,
`repair` mends them, and `read_jsonl` refuses the wrong ones.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from finetune_dataset.chat import (
    CALL_KEYS,
    CHAT_KEYS,
    LEGACY_KEYS,
    MESSAGE_KEYS,
    PART_KEYS,
    PREFERENCE_KEYS,
    JsonObject,
)
from finetune_dataset.errors import DatasetError
from finetune_dataset.files import open_source, read_lines
from finetune_dataset.rules.issues.issue import KEPT_PER_CODE, Issue, show
from finetune_dataset.rules.issues.table import issue
from finetune_dataset.strict_json import (
    MAX_LINE_BYTES,
    depth,
    explain,
    parse,
    too_large,
    without_trailing_commas,
)

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
# What a line needs to be an example, the start of one, or one with a comma too many.
_BRACKET = re.compile(rb"[\[{,]")
# So much is kept of what is too large to be read.
_KEPT_BYTES = 64 * 1024


def _any_of(*keys: str) -> bytes:
    return "|".join(keys).encode()


_ROW_KEYS = _any_of(*CHAT_KEYS, *PREFERENCE_KEYS, LEGACY_KEYS[0])
_INNER_KEYS = _any_of(*MESSAGE_KEYS, *PART_KEYS, *CALL_KEYS)
# A line that begins an example: by its first key, or in column 1 by any key that no inner object begins with.
_STARTS_ROW = re.compile(rb"""\s*\{\s*"(?:%b)"\s*:|\{[ \t]*["'](?!(?:%b)["'])""" % (_ROW_KEYS, _INNER_KEYS))


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
    values: list[object]
    issue: Issue | None

    @property
    def place(self) -> str:
        """The lines in words, for a message."""
        return f"line {self.first}" if self.first == self.last else f"lines {self.first} to {self.last}"


def read_pieces(source: Iterable[bytes], *, blank: bool = True) -> Iterator[Piece]:
    """Cut a file into pieces, in order; memory holds one piece at a time.

    Args:
        source: The lines, for example those of `read_lines`.
        blank: Whether blank lines are wanted, too.

    Yields:
        The pieces; together they hold every byte, up to where the file cannot be read as lines. Of what is
        too large to be read they hold the start.
    """
    reader = PieceReader()
    for number, raw in enumerate(source, start=1):
        if not blank and raw.isspace():
            continue
        yield from reader.feed(number, raw)
        if reader.ended:
            return
    yield from reader.finish()


class PieceReader:
    """Put lines in, get pieces out. A program that knows a line to be good need not put it in.

    Attributes:
        ended: True when the rest of the file cannot be read as lines.
    """

    def __init__(self) -> None:
        """Start before the first line of a file."""
        self.ended = False
        self._lines: list[bytes] = []
        self._first = self._depth = self._size = self._unread = 0

    @property
    def spread(self) -> bool:
        """Whether the lines that were put in do not make a whole value yet."""
        return bool(self._lines)

    def feed(self, number: int, raw: bytes) -> Iterator[Piece]:
        """Put one line in.

        Args:
            number: The line's number, counted from 1.
            raw: Its bytes, with the line end.

        Yields:
            The pieces that end with this line: none, one or two.
        """
        if number == 1 and raw.startswith(BYTE_ORDER_MARK):
            raw = raw.removeprefix(BYTE_ORDER_MARK)
            yield Piece(1, 1, b"", [], issue("byte_order_mark", "", "a byte order mark", line=1))
        if number == 1 and (raw.count(0) * 4 > len(raw) or raw.startswith(UTF16_MARKS)):
            self.ended = True
            found = issue("not_utf8", "", "zero bytes (UTF-16, or not a text file)", line=1)
            yield Piece(1, 1, raw, [], found)
            return
        if self._lines and _STARTS_ROW.match(raw) and not self._is_open_array():
            yield from self.finish()  # The example before was cut off; do not lose this one.
        if not self._lines:
            if self._unread >= KEPT_PER_CODE and not _BRACKET.search(raw) and not _is_json(raw):
                # A file can be full of them, such as prose: nobody reads why the rest is no JSON.
                yield Piece(number, number, raw, [], issue("invalid_json", "", "no JSON", line=number))
                return
            piece = _read_piece(number, [raw])
            self._unread += not piece.values
            if piece.values or piece.raw is not raw or depth(raw) <= 0:
                yield piece
                return
            self._first, self._depth, self._size = number, 0, 0
        self._lines.append(raw)
        self._depth += depth(raw)
        self._size += len(raw)
        self.ended = self._size > MAX_LINE_BYTES  # Where the value ends, and the next begins, is not known.
        if self._depth <= 0 or self.ended:
            yield from self.finish()

    def _is_open_array(self) -> bool:
        """Tell whether the lines so far are an array that goes on: its examples have commas between them."""
        return self._lines[0].lstrip().startswith(b"[") and self._lines[-1].rstrip().endswith((b",", b"["))

    def finish(self) -> Iterator[Piece]:
        """Take out what is left when there are no more lines."""
        if self._lines:
            yield _read_piece(self._first, self._lines)
        self._lines = []


def _is_json(raw: bytes) -> bool:
    try:
        msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return not raw.isascii()  # It may be no UTF-8: that has a name of its own.
    return True


def _read_piece(first: int, lines: list[bytes]) -> Piece:
    raw = lines[0] if len(lines) == 1 else b"".join(lines)
    last = first + len(lines) - 1
    if not raw.strip():
        return Piece(first, last, raw, [], issue("blank_line", "", "a blank line", line=first))
    if large := too_large(raw):
        return Piece(first, last, raw[:_KEPT_BYTES], [], issue("row_too_large", "", large, line=first))
    found = None
    try:
        value, twice = parse(raw)
    except (ValueError, RecursionError) as error:
        try:
            mended = without_trailing_commas(raw)
            if mended == raw:
                return Piece(first, last, raw, [], _unreadable(first, raw, error))
            value, twice = parse(mended)
            found = issue("trailing_comma", "", "a comma with nothing after it", line=first)
        except (ValueError, RecursionError):
            return Piece(first, last, raw, [], _unreadable(first, raw, error))
    values = [value]
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        values = value
        found = issue("json_array", "", f"one JSON array ({len(value)} examples)", line=first)
    elif last > first:
        found = pretty_printed_json(first, last, examples=1)
    if twice:
        found = issue("duplicate_key", "", f"the key {twice[0][:60]!r} twice in one object", line=first)
    return Piece(first, last, raw, values, found)


def _unreadable(line: int, raw: bytes, error: Exception) -> Issue:
    if isinstance(error, UnicodeDecodeError):
        place = f"byte 0x{raw[error.start]:02x} at position {error.start + 1}"
        return issue("not_utf8", "", place, line=line)
    found, fix = explain(raw, error)
    if more := raw.rstrip().count(b"\n"):
        found += f" (lines {line} to {line + more}, read as one example)"
    return issue("invalid_json", "", found, fix=fix, line=line)


def pretty_printed_json(first: int, last: int, examples: int) -> Issue:
    """Describe pretty-printed JSON between two lines, as one issue for all its examples."""
    many = f"{examples} example{'' if examples == 1 else 's'}"
    found = f"pretty-printed JSON ({many} on lines {first} to {last})"
    return issue("pretty_printed_json", "", found, line=first)


def read_jsonl(path: str | Path) -> list[JsonObject]:
    """Read a JSON Lines file of objects; blank lines and a byte order mark are skipped.

    Args:
        path: The file.

    Returns:
        The objects, in the order of the file.

    Raises:
        DatasetError: The file cannot be opened, or a line is not one JSON object; the message names the line.
    """
    rows: list[JsonObject] = []
    with open_source(path) as source:
        for piece in read_pieces(read_lines(source), blank=False):
            if piece.issue and piece.issue.severity == "error":
                raise DatasetError(f"{path}, {piece.issue}")
            for value in piece.values:
                if not isinstance(value, dict):
                    wrong = issue("not_an_object", "", show(value), line=piece.first)
                    raise DatasetError(f"{path}, {wrong}")
                rows.append(value)
    return rows
