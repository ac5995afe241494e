"""Mend a dataset file where that is safe, and say what was done.

Only repairs that cannot change the meaning of an example are made. The rest is left
out of the new file and told in the result. The old file is never touched.
"""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from finetune_dataset.chat import is_legacy
from finetune_dataset.convert.prompts import COMPLETION_ENDS, PROMPT_ENDS, shared_end
from finetune_dataset.errors import DatasetError
from finetune_dataset.files import NewFile, open_source, read_lines, whole_file
from finetune_dataset.jsonlines import read_pieces
from finetune_dataset.repair.changes import Change, LeftOut
from finetune_dataset.repair.result import Repair
from finetune_dataset.repair.rows import mend_row
from finetune_dataset.rules.issues.file_kinds import FILE_KINDS
from finetune_dataset.rules.issues.issue import KEPT_PER_CODE
from finetune_dataset.rules.rows import Method, check_row
from finetune_dataset.shapes.containers import other_kind, unicode_encoding
from finetune_dataset.shapes.pieces import Piece
from finetune_dataset.strict_json import MAX_LINE_BYTES

# Shapes that have one reading only. UTF-16 is mended before lines are read; other bytes are no text.
_MENDED = {code for code, kind in FILE_KINDS.items() if kind.repairable} - {"not_utf8"}
# So many bytes are kept of a rest of the file that cannot be read; the old file has all of it.
_REST_KEPT = 16 * 1024**2
CHANGES_KEPT = 50
"""A result keeps this many changes for its diff."""


def repair_dataset(
    path: str | Path,
    out: str | Path,
    method: Method = "supervised",
) -> Repair:
    """Write a copy of a file in which the shape is right and every example is good.

    Mended: several lines, an array or several values on a line for one example per line, a comma too
    many, blank lines, a byte order mark, Windows line ends, UTF-16 and UTF-32 text, roles with capitals
    or another program's name ("User", "human"), and rows of other programs where they have one reading
    (`formats.table` lists them). What needs a decision, such as a missing answer, a misspelled role or
    text in an unknown encoding, is left out.
    Good lines stay as they are.

    Args:
        path: The file to repair; it is not changed.
        out: The new file.
        method: How the rows train; an example is good by the rules of that method.

    Returns:
        The notes, the diff and what was left out; of more than 10,000 places, the line numbers. It shows
        itself in a notebook.

    Raises:
        DatasetError: `path` cannot be opened, is no text or is damaged UTF-16, or `out` exists already.
    """
    repair = Repair(Path(path), Path(out))
    ends = _shared_ends(repair.path)
    with open_source(path) as source:
        lines, encoding = _as_utf8(source)
        if encoding:
            repair.note(f"whole file: {encoding} text, mended")
        try:
            with whole_file(repair.out, new=True) as target:
                _Mender(repair, method, ends, target).mend(lines)
        except UnicodeDecodeError as error:
            raise DatasetError(
                f"{path} starts as {encoding} and does not go on as {encoding} ({error.reason}). "
                'Open it in the program that made it, and save it as "UTF-8".'
            ) from None
    return repair


@dataclass(frozen=True)
class _Mender:
    """Writes what is good in a file, and records what was done with the rest."""

    repair: Repair
    method: str
    ends: tuple[str, str]
    target: NewFile

    def mend(self, lines: Iterator[bytes]) -> None:
        windows = blank = 0
        code = ""
        for piece in read_pieces(lines):
            code = piece.issue.code if piece.issue else ""
            windows += piece.raw.count(b"\r\n")
            blank += code == "blank_line"
            if code != "blank_line" or blank <= KEPT_PER_CODE:
                self._mend_piece(piece)
        if blank > KEPT_PER_CODE:
            self.repair.note(f"{blank - KEPT_PER_CODE} more lines: blank_line, mended", keep=True)
        if rest := _start(lines):  # After zero bytes, no line can be told from the next.
            self.repair.note(f"the rest of the file: {code}, left out", keep=True)
            self.repair.leave_out(LeftOut("the rest of the file", code, _as_text(rest)))
        if windows:
            self.repair.note(f"{windows} lines: Windows line ends, mended", keep=True)

    def _mend_piece(self, piece: Piece) -> None:
        code = piece.issue.code if piece.issue else ""
        at, text = self.repair.rows + 1, _as_text(piece.raw).strip("\r\n")
        lines = piece.first, piece.last
        if piece.issue and code not in _MENDED and (piece.issue.severity == "error" or not piece.values):
            self._leave_out(piece.place, code, f"{code}: {piece.issue.found}", text, lines)
            self._record(piece, f"{code}, left out", at, [])
            return
        if code in _MENDED:
            self.repair.note(f"{piece.place}: {code}, mended")
        if piece.rest:
            reason = f"{code}: keys beside the list"
            self._leave_out(piece.place, "keys beside the examples", reason, piece.rest, lines)
        reasons, written = [code] if code in _MENDED else [], []
        for number, value in enumerate(piece.values, start=1):
            alone = len(piece.values) == 1
            place = piece.place if alone else f"{piece.place}, example {number}"
            row, repairs = mend_row(value, self.ends, self.method)
            errors = [issue for issue in check_row(row, method=self.method) if issue.severity == "error"]
            if errors:
                reason = f"{errors[0].code} at {errors[0].path or 'the row'}"
                old = text if alone else json.dumps(value, ensure_ascii=False)
                self._leave_out(place, reason, f"{reason}: found {errors[0].found}", old, lines)
                reasons.append(f"{reason}, left out")
                continue
            for sentence in repairs:
                self.repair.note(f"{place}: {sentence}, mended")
            reasons += repairs
            written.append(json.dumps(row, ensure_ascii=False) if reasons else piece.raw.strip().decode())
        self.target.write("".join(line + "\n" for line in written))
        self.repair.rows += len(written)
        if reasons and piece.raw:
            self._record(piece, "; ".join(dict.fromkeys(reasons)), at, written)

    def _leave_out(self, place: str, what: str, reason: str, text: str, lines: tuple[int, int]) -> None:
        self.repair.note(f"{place}: {what}, left out")
        self.repair.leave_out(LeftOut(place, reason, text), lines)

    def _record(self, piece: Piece, reason: str, at: int, written: list[str]) -> None:
        if len(self.repair.changes) < CHANGES_KEPT:
            before = _as_text(piece.raw).removesuffix("\n").split("\n")
            self.repair.changes.append(Change(reason, piece.first, before, at, written))


def _start(lines: Iterator[bytes]) -> bytes:
    """Return what is left of a file; the start of it where that is too much to be kept."""
    parts, size = [], 0
    for line in lines:
        parts.append(line)
        size += len(line)
        if size > _REST_KEPT:
            return b"".join(parts)[:_REST_KEPT] + " … (more in the old file)".encode()
    return b"".join(parts)


def _as_text(raw: bytes) -> str:
    return raw.decode("utf-8", errors="backslashreplace")


def _shared_ends(path: Path) -> tuple[str, str]:
    """Find the marks that end all prompts, and all completions, of an old file."""
    prompts: set[str] = set()
    completions: set[str] = set()
    with open_source(path) as source:
        try:
            for piece in read_pieces(_as_utf8(source)[0], blank=False):
                for row in filter(is_legacy, piece.values):
                    # The last characters are enough to see the mark.
                    prompts.add(row["prompt"].strip()[-8:])
                    completions.add(row["completion"].strip()[-8:])
        except UnicodeDecodeError:
            pass  # The second reading says it.
    return shared_end(prompts, PROMPT_ENDS), shared_end(completions, COMPLETION_ENDS)


def _as_utf8(source: BinaryIO) -> tuple[Iterator[bytes], str]:
    """Return the lines of a file as UTF-8, and the encoding that they had; "" for UTF-8.

    Raises:
        DatasetError: The file is no text of JSON, for example packed.
    """
    start = source.read(400)
    source.seek(0)
    if kind := other_kind(start):
        raise DatasetError(f"{source.name} is {kind[0]}; expected a text of JSON. {kind[1]}")
    encoding = unicode_encoding(start)
    if encoding is None:
        return read_lines(source), ""
    return _recoded(source, encoding), encoding[:6].upper()


def _recoded(source: BinaryIO, encoding: str) -> Iterator[bytes]:
    text = io.TextIOWrapper(source, encoding, newline="\n")
    while line := text.readline(MAX_LINE_BYTES + 1):
        yield line.encode()
        while line and not line.endswith("\n"):  # It is too large to be read, or the last one.
            line = text.readline(_REST_KEPT)
