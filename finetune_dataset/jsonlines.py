"""The shapes that a JSON Lines file can have, right and wrong.

`read_pieces` cuts any file into pieces: a good line, an object spread over several lines, a JSON
array, a blank line, an unreadable line. It knows nothing about chat. `check` reports the pieces,
`repair` mends them, and `read_jsonl` refuses the wrong ones.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

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
from finetune_dataset.files import open_source
from finetune_dataset.rules.issues.issue import Issue, show
from finetune_dataset.rules.issues.table import issue
from finetune_dataset.shapes.containers import other_kind, unicode_encoding
from finetune_dataset.shapes.several_values import cut_values, lines_before, opens_list, rows_inside
from finetune_dataset.strict_json import depth, explain, parse, without_trailing_commas

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


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
        rest: What stands beside the examples, as JSON text; "" without any.
    """

    first: int
    last: int
    raw: bytes
    values: list[object]
    issue: Issue | None
    rest: str = ""

    @property
    def place(self) -> str:
        """The lines in words, for a message."""
        return f"line {self.first}" if self.first == self.last else f"lines {self.first} to {self.last}"


def read_pieces(source: Iterable[bytes]) -> Iterator[Piece]:
    """Cut a file into pieces, in order; memory holds one piece at a time.

    Args:
        source: The lines, for example a file opened with `open_source`.

    Yields:
        The pieces; together they hold every byte, up to where the file cannot be read as lines.
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
        ended: True when the rest of the file cannot be read as lines.
    """

    def __init__(self) -> None:
        """Start before the first line of a file."""
        self.ended, self._lines = False, list[bytes]()
        self._first = self._depth = self._blank = 0

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
        begins = number == self._blank + 1  # All lines before were blank; good ones are not put in.
        if begins and (found := _other_file(number, raw)):
            self.ended = True
            yield Piece(number, number, raw, [], found)
            return
        self._blank += begins and raw.isspace()
        if self._lines and _STARTS_ROW.match(raw) and not self._is_open_array():
            yield from self.finish()  # The example before was cut off; do not lose this one.
        if not self._lines:
            pieces = _read_pieces(number, [raw])
            if all(piece.values for piece in pieces) or depth(raw) <= 0:
                yield from pieces
                return
            self._first, self._depth = number, 0
        self._lines.append(raw)
        self._depth += depth(raw)
        if self._depth <= 0:
            yield from self.finish()

    def _is_open_array(self) -> bool:
        """Tell whether the lines so far are an array that goes on: its examples have commas between them."""
        if not self._lines[-1].rstrip().endswith((b",", b"[")):
            return False
        return self._lines[0].lstrip().startswith(b"[") or opens_list(self._lines)

    def finish(self) -> Iterator[Piece]:
        """Take out what is left when there are no more lines."""
        if self._lines:
            yield from _read_pieces(self._first, self._lines)
        self._lines = []


def _other_file(number: int, raw: bytes) -> Issue | None:
    """Name a file that cannot be read as lines of UTF-8, by its first line that is not blank."""
    if kind := other_kind(raw):
        return issue("not_json_lines", "", kind[0], fix=kind[1], line=number)
    if encoding := unicode_encoding(raw):
        mark = "" if encoding in ("utf-16", "utf-32") else ", without its mark"
        return issue("not_utf8", "", f"{encoding[:6].upper()} text{mark}", line=number)
    if raw.count(0) * 4 > len(raw):
        fix = "Give a text file: it may be data of another program."
        return issue("not_utf8", "", "zero bytes: not a text file", fix=fix, line=number)
    return None


def _read_pieces(first: int, lines: list[bytes]) -> list[Piece]:
    """Read lines that belong together, as one piece, or as one for each value that stands in them."""
    piece = _read_piece(first, lines)
    if piece.values or not piece.raw.strip():
        return [piece]
    cut = cut_values(piece.raw)
    if not cut:
        return [piece]
    places = [first + before for before in lines_before(piece.raw, [start for start, _ in cut])]
    pieces = [_read_piece(place, [each]) for place, (_, each) in zip(places, cut, strict=True)]
    broken = sum(not each.values for each in pieces)
    where = "one line" if piece.first == piece.last else piece.place
    what = f"{len(pieces)} values on {where}" + (f", {broken} of them broken" if broken else "")
    found = issue("several_values", "", what, line=first)
    good = [number for number, each in enumerate(pieces) if each.values and not each.issue]
    if len(good) == len(pieces):
        values = [value for each in pieces for value in each.values]
        return [Piece(first, piece.last, piece.raw, values, found)]
    for number in good[:1]:
        pieces[number] = replace(pieces[number], issue=found)
    return pieces


def _read_piece(first: int, lines: list[bytes]) -> Piece:
    raw, last = b"".join(lines), first + len(lines) - 1
    if not raw.strip():
        return Piece(first, last, raw, [], issue("blank_line", "", "a blank line", line=first))
    found = None
    try:
        value, twice = parse(raw)
    except (ValueError, RecursionError) as error:
        try:
            value, twice = parse(without_trailing_commas(raw))
            found = issue("trailing_comma", "", "a comma with nothing after it", line=first)
        except (ValueError, RecursionError):
            return Piece(first, last, raw, [], _unreadable(first, raw, error))
    values, rest = [value], ""
    if isinstance(value, dict) and "messages" not in value and (inside := rows_inside(value)):
        values, where, rest = [*inside[0]], inside[1], inside[2]
        found = issue("json_array", "", f"one JSON object with {where} ({len(values)} examples)", line=first)
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        values = value
        found = issue("json_array", "", f"one JSON array ({len(value)} examples)", line=first)
    elif last > first:
        found = pretty_printed_json(first, last, examples=1)
    if twice:
        found = issue("duplicate_key", "", f"the key {twice[0]!r} twice in one object", line=first)
    return Piece(first, last, raw, values, found, rest)


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
        for piece in read_pieces(source):
            if piece.issue and piece.issue.severity == "error":
                raise DatasetError(f"{path}, {piece.issue}")
            for value in piece.values:
                if not isinstance(value, dict):
                    wrong = issue("not_an_object", "", show(value), line=piece.first)
                    raise DatasetError(f"{path}, {wrong}")
                rows.append(value)
    return rows
