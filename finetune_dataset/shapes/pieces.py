"""One piece of a file: the lines that belong together, the examples in them, what is wrong with its shape."""

from dataclasses import dataclass, replace

from finetune_dataset.rules.issues.issue import Issue
from finetune_dataset.rules.issues.table import issue
from finetune_dataset.shapes.containers import other_kind, unicode_encoding
from finetune_dataset.shapes.several_values import MAX_CUT, cut_values, lines_before, rows_inside
from finetune_dataset.strict_json import explain, parse, too_large, without_trailing_commas

# So many bytes are kept of what is too large to be read.
_KEPT_BYTES = 64 * 1024


@dataclass(frozen=True)
class Piece:
    """One or more lines of a file that belong together.

    Attributes:
        first: First line, counted from 1.
        last: Last line.
        raw: The bytes of these lines; the start of them where they are too large to be read.
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


def other_file(number: int, raw: bytes) -> Issue | None:
    """Name a file that cannot be read as lines of UTF-8.

    Args:
        number: The number of its first line that is not blank.
        raw: This line.

    Returns:
        What the file is and what to do; None for a file that may be JSON Lines.
    """
    if kind := other_kind(raw):
        return issue("not_json_lines", "", kind[0], fix=kind[1], line=number)
    if encoding := unicode_encoding(raw):
        mark = "" if encoding in ("utf-16", "utf-32") else ", without its mark"
        return issue("not_utf8", "", f"{encoding[:6].upper()} text{mark}", line=number)
    if raw.count(0) * 4 > len(raw):
        fix = "Give a text file: it may be data of another program."
        return issue("not_utf8", "", "zero bytes: not a text file", fix=fix, line=number)
    return None


def make_pieces(first: int, lines: list[bytes]) -> list[Piece]:
    """Read lines that belong together.

    Args:
        first: The number of the first line.
        lines: The lines; at least one.

    Returns:
        One piece, or one for each value where several stand after each other and some of them are broken.
    """
    piece = _read_piece(first, lines)
    if piece.values or is_too_large([piece]) or not piece.raw.strip():
        return [piece]
    cut = cut_values(piece.raw)
    if not cut:
        return [piece]
    if len(cut) > MAX_CUT:
        found = issue("row_too_large", "", f"more than {MAX_CUT:,} values after each other", line=first)
        return [replace(piece, raw=piece.raw[:_KEPT_BYTES], issue=found)]
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


def is_too_large(pieces: list[Piece]) -> bool:
    """Tell whether lines were not read for their size: what is in them is not known."""
    return pieces[0].issue is not None and pieces[0].issue.code == "row_too_large"


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
        found = issue("duplicate_key", "", f"the key {twice[0][:60]!r} twice in one object", line=first)
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
