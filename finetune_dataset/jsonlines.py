"""The lines of a file, cut into pieces, whatever its shape.

`read_pieces` cuts any file into pieces: a good line, an object spread over several lines, a JSON
array, a blank line, an unreadable line. It knows nothing about chat. `check` reports the pieces,
`repair` mends them, and `read_jsonl` refuses the wrong ones. What one piece is, `shapes.pieces` says.
"""

import re
from collections.abc import Iterable, Iterator
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
from finetune_dataset.rules.issues.issue import KEPT_PER_CODE, show
from finetune_dataset.rules.issues.table import issue
from finetune_dataset.shapes.pieces import Piece, is_too_large, make_pieces, other_file
from finetune_dataset.shapes.several_values import opens_list
from finetune_dataset.strict_json import MAX_LINE_BYTES, depth

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# What a line needs to be an example, the start of one, or one with a comma too many.
_BRACKET = re.compile(rb"[\[{,]")
# So many bytes of a first line are looked at for the bracket of an array.
_LOOKED_AT = 1_000


def _any_of(*keys: str) -> bytes:
    return "|".join(keys).encode()


_ROW_KEYS = _any_of(*CHAT_KEYS, *PREFERENCE_KEYS, LEGACY_KEYS[0])
_INNER_KEYS = _any_of(*MESSAGE_KEYS, *PART_KEYS, *CALL_KEYS)
# A line that begins an example: by its first key, or in column 1 by any key that no inner object begins with.
_STARTS_ROW = re.compile(rb"""\s*\{\s*"(?:%b)"\s*:|\{[ \t]*["'](?!(?:%b)["'])""" % (_ROW_KEYS, _INNER_KEYS))


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
        if not blank and raw.isspace() and not reader.spread:
            reader.skip_blank(number)
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
        self.ended, self._lines = False, list[bytes]()
        self._first = self._depth = self._size = self._unread = self._blank = 0

    @property
    def spread(self) -> bool:
        """Whether the lines that were put in do not make a whole value yet."""
        return bool(self._lines)

    def skip_blank(self, number: int) -> None:
        """Take notice of a blank line that need not be a piece; a file can be full of them.

        Args:
            number: The line's number.
        """
        self._blank += number == self._blank + 1

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
        if begins and (found := other_file(number, raw)):
            self.ended = True
            yield Piece(number, number, raw, [], found)
            return
        if raw.isspace():
            self.skip_blank(number)
        if self._lines and _STARTS_ROW.match(raw) and not self._is_open_array():
            yield from self.finish()  # The example before was cut off; do not lose this one.
        if not self._lines:
            if self._unread >= KEPT_PER_CODE and not _BRACKET.search(raw) and not _is_json(raw):
                # A file can be full of them, such as prose: nobody reads why the rest is no JSON.
                yield Piece(number, number, raw, [], issue("invalid_json", "", "no JSON", line=number))
                return
            pieces = make_pieces(number, [raw])
            self._unread += sum(not piece.values for piece in pieces)
            is_whole = all(piece.values for piece in pieces) or is_too_large(pieces)
            if is_whole or depth(raw) <= 0:
                yield from pieces
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
        if not self._lines[-1].rstrip().endswith((b",", b"[")):
            return False
        return self._lines[0][:_LOOKED_AT].lstrip().startswith(b"[") or opens_list(self._lines)

    def finish(self) -> Iterator[Piece]:
        """Take out what is left when there are no more lines."""
        if self._lines:
            yield from make_pieces(self._first, self._lines)
        self._lines = []


def _is_json(raw: bytes) -> bool:
    try:
        msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return not raw.isascii()  # It may be no UTF-8: that has a name of its own.
    return True


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
