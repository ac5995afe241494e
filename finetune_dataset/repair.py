"""Mend a dataset file where that is safe, and show what changed.

Only repairs that cannot change the meaning of an example are made. The rest is left
out of the new file and kept in the result. The old file is never touched.
"""

import html
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal, TextIO

from finetune_dataset.chat import ROLES, is_legacy
from finetune_dataset.convert.prompts import COMPLETION_ENDS, PROMPT_ENDS, chat_row, shared_end
from finetune_dataset.errors import DatasetError
from finetune_dataset.files import open_source
from finetune_dataset.jsonlines import Piece, read_pieces
from finetune_dataset.rules.rows import check_row

# Shapes that have one reading only. Any other shape error needs a person, and the piece is left out.
MENDED = {"byte_order_mark", "blank_line", "trailing_comma", "json_array", "pretty_printed_json"}
# No byte order mark, and a first character of two bytes, one of them zero (RFC 4627, section 3).
_UTF16 = {b"{\0": "utf-16-le", b"[\0": "utf-16-le", b"\0{": "utf-16-be", b"\0[": "utf-16-be"}
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")

CHANGES_KEPT = 50
LINES_KEPT = 20
WIDTH = 160
LEFT_OUT_SHOWN = 20
CHARACTERS_SHOWN = 2_000


@dataclass(frozen=True)
class LeftOut:
    """What was not written to the new file.

    Attributes:
        place: Where it stands in the old file, for example "line 22".
        reason: Code of the problem, and its place inside the row.
        text: The whole text, as it was; bytes that are not UTF-8 are shown as \\xNN.
    """

    place: str
    reason: str
    text: str


@dataclass(frozen=True)
class Change:
    """A few lines of the old file, and the lines of the new file in their place.

    Attributes:
        reason: Why they changed.
        first: First line in the old file, counted from 1.
        before: The old lines.
        at: Line in the new file where the new lines are, or would be.
        after: The new lines; empty if they were left out.
    """

    reason: str
    first: int
    before: list[str]
    at: int
    after: list[str]

    @property
    def heading(self) -> str:
        """The line numbers as a unified diff writes them: first line and number of lines, old and new."""
        old, new = f"-{self.first},{len(self.before)}", f"+{self.at},{len(self.after)}"
        return f"@@ {old} {new} @@ {self.reason}"

    def lines(self) -> Iterator[tuple[str, str, str, str]]:
        """Give each line, shortened around its change: sign, equal start, changed part, equal end."""
        start = end = 0
        if len(self.before) == len(self.after) == 1:
            old, new = self.before[0], self.after[0]
            start = _equal_start(old, new)
            end = _equal_start(old[start:][::-1], new[start:][::-1])
        for sign, texts in (("-", self.before), ("+", self.after)):
            for text in texts[:LINES_KEPT]:
                yield sign, *_shorten(text, start, len(text) - end)
            if len(texts) > LINES_KEPT:
                yield sign, "", f"… {len(texts) - LINES_KEPT} more lines", ""


@dataclass
class Repair:
    """What `repair_dataset` did. As the last line of a cell it shows the diff.

    Attributes:
        path: The old file.
        out: The new file.
        rows: Number of examples in the new file.
        notes: One sentence per repair and per example left out, in the order of the file.
        left_out: What the new file does not hold, in full.
        changes: The first 50 changes, for the diff.
    """

    path: Path
    out: Path
    rows: int = 0
    notes: list[str] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    @property
    def diff(self) -> str:
        """The changes as a unified diff with line numbers; long lines are cut around the change."""
        lines = [f"--- {self.path.name}", f"+++ {self.out.name}"]
        for change in self.changes:
            lines.append(change.heading)
            lines += [sign + start + middle + end for sign, start, middle, end in change.lines()]
        return "\n".join(lines)

    def __iter__(self) -> Iterator[str]:
        return iter(self.notes)

    def __repr__(self) -> str:
        return "\n  ".join([self._headline(), *self._first_notes()]) + (
            f"\n{self.diff}" if self.changes else ""
        )

    def _repr_html_(self) -> str:
        notes = "".join(f"<li>{html.escape(note)}</li>" for note in self._first_notes())
        top = f"<p>{html.escape(self._headline())}</p><ul>{notes}</ul>"
        return top + self._diff_html() + self._left_out_html()

    def _headline(self) -> str:
        written = f"{self.rows} example{'' if self.rows == 1 else 's'} written"
        return (
            f"{self.path.name} → {self.out.name}: {written}, "
            f"{len(self.left_out)} left out, {self.path.name} is unchanged"
        )

    def _first_notes(self) -> list[str]:
        more = len(self.notes) - LEFT_OUT_SHOWN
        return self.notes[:LEFT_OUT_SHOWN] + ([f"… and {more} more, see .notes"] if more > 0 else [])

    def _diff_html(self) -> str:
        lines = []
        for change in self.changes:
            lines.append(f'<div style="opacity: 0.75; margin-top: 6px">{html.escape(change.heading)}</div>')
            for sign, start, middle, end in change.lines():
                # Red and green let the page's own color through; the change itself is stronger.
                color = "255, 60, 60" if sign == "-" else "40, 180, 80"
                change_style = f'style="background: rgba({color}, 0.4)"'
                part = (
                    f"<span {change_style}>{html.escape(middle)}</span>"
                    if start or end
                    else html.escape(middle)
                )
                text = f"{sign} {html.escape(start)}{part}{html.escape(end)}"
                lines.append(f'<div style="background: rgba({color}, 0.15)">{text}</div>')
        style = "white-space: pre-wrap; overflow-wrap: anywhere; font: 12px monospace; text-align: left"
        return f'<div style="{style}">{"".join(lines)}</div>' if lines else ""

    def _left_out_html(self) -> str:
        if not self.left_out:
            return ""
        items = []
        for item in self.left_out[:LEFT_OUT_SHOWN]:
            text = item.text[:CHARACTERS_SHOWN]
            more = len(item.text) - len(text)
            cut = f" … {more:,} more characters, see .left_out" if more else ""
            items.append(
                f"<p><b>{html.escape(item.place)}</b>: {html.escape(item.reason)}</p>"
                f'<pre style="white-space: pre-wrap; text-align: left">{html.escape(text)}{cut}</pre>'
            )
        rest = len(self.left_out) - len(items)
        more = f"<p>… and {rest} more, see .left_out</p>" if rest else ""
        return f"<details><summary>Left out: {len(self.left_out)}</summary>{''.join(items)}{more}</details>"


def repair_dataset(
    path: str | Path,
    out: str | Path,
    method: Literal["supervised", "dpo", "reinforcement"] = "supervised",
) -> Repair:
    """Write a copy of a file in which the shape is right and every example is good.

    Mended: several lines or an array for one example per line, a comma too many, blank lines,
    a byte order mark, Windows line ends, UTF-16 text, roles with capitals or spaces ("User"),
    prompt/completion rows (see `rows_from_prompts`). What needs a decision, such as a
    missing answer, a misspelled role or text in an unknown encoding, is left out.
    Good lines stay as they are.

    Args:
        path: The file to repair; it is not changed.
        out: The new file.
        method: How the rows train; an example is good by the rules of that method.

    Returns:
        The notes, the diff and all that was left out. It shows itself in a notebook.

    Raises:
        DatasetError: `path` cannot be opened or is damaged UTF-16, or `out` exists already.
    """
    repair = Repair(Path(path), Path(out))
    ends = _legacy_ends(repair.path)
    with open_source(path) as source:
        lines = _as_utf8(source, repair)
        with _create(repair.out) as target:
            try:
                windows = 0
                for piece in read_pieces(lines):
                    windows += piece.raw.count(b"\r\n")
                    _repair_piece(piece, method, ends, repair, target)
                if rest := b"".join(lines):  # After zero bytes, no line can be told from the next.
                    repair.notes.append("the rest of the file: not_utf8, left out")
                    text = rest.decode("utf-8", errors="backslashreplace")
                    repair.left_out.append(LeftOut("the rest of the file", "not_utf8", text))
            except UnicodeDecodeError as error:
                target.close()
                repair.out.unlink()
                raise DatasetError(
                    f"{path} starts as UTF-16 and does not go on as UTF-16 ({error.reason}). "
                    'Open it in the program that made it, and save it as "UTF-8".'
                ) from None
    if windows:
        repair.notes.append(f"{windows} lines: Windows line ends, mended")
    return repair


def _repair_piece(piece: Piece, method: str, ends: tuple[str, str], repair: Repair, target: TextIO) -> None:
    """Write what is good in a piece, and record what was done with it."""
    code = piece.issue.code if piece.issue else ""
    text = piece.raw.decode("utf-8", errors="backslashreplace").strip("\r\n")
    at, written = repair.rows + 1, []
    if code and code not in MENDED and (piece.issue.severity == "error" or not piece.values):
        repair.notes.append(f"{piece.place}: {code}, left out")
        repair.left_out.append(LeftOut(piece.place, f"{code}: {piece.issue.found}", text))
        _record(repair, piece, f"{code}, left out", at, [])
        return
    if code in MENDED:
        repair.notes.append(f"{piece.place}: {code}, mended")
    reasons = [code] if code in MENDED else []
    for number, value in enumerate(piece.values, start=1):
        place = piece.place if len(piece.values) == 1 else f"{piece.place}, example {number}"
        row, repairs = _mend(value, ends)
        errors = [issue for issue in check_row(row, method=method) if issue.severity == "error"]
        if errors:
            reason = f"{errors[0].code} at {errors[0].path or 'the row'}"
            repair.notes.append(f"{place}: {reason}, left out")
            alone = text if len(piece.values) == 1 else json.dumps(value, ensure_ascii=False)
            repair.left_out.append(LeftOut(place, f"{reason}: found {errors[0].found}", alone))
            reasons.append(f"{reason}, left out")
            continue
        repair.notes += [f"{place}: {sentence}, mended" for sentence in repairs]
        reasons += repairs
        written.append(json.dumps(row, ensure_ascii=False) if reasons else piece.raw.strip().decode())
    target.writelines(line + "\n" for line in written)
    repair.rows += len(written)
    if reasons and piece.raw:
        _record(repair, piece, "; ".join(dict.fromkeys(reasons)), at, written)


def _record(repair: Repair, piece: Piece, reason: str, at: int, written: list[str]) -> None:
    if len(repair.changes) < CHANGES_KEPT:
        before = piece.raw.decode("utf-8", errors="backslashreplace").removesuffix("\n").split("\n")
        repair.changes.append(Change(reason, piece.first, before, at, written))


def _mend(value: object, ends: tuple[str, str]) -> tuple[object, list[str]]:
    """Return a row with its safe repairs made, and a few words for each."""
    if is_legacy(value):
        return chat_row(value, *ends), ["legacy_prompt_completion"]
    if not isinstance(value, dict) or not isinstance(value.get("messages"), list):
        return value, []
    messages, repairs = [], []
    for index, message in enumerate(value["messages"]):
        role = message.get("role") if isinstance(message, dict) else None
        # Capitals and spaces cannot change who speaks; a misspelled name might, so it stays.
        plain = role.strip().lower() if isinstance(role, str) else role
        if plain != role and plain in ROLES:
            message = {**message, "role": plain}
            repairs.append(f"role {role!r} at messages[{index}].role")
        messages.append(message)
    return ({**value, "messages": messages}, repairs) if repairs else (value, [])


def _legacy_ends(path: Path) -> tuple[str, str]:
    """Find the marks that end all prompts, and all completions, of an old file."""
    prompts: set[str] = set()
    completions: set[str] = set()
    with open_source(path) as source:
        try:
            for piece in read_pieces(_as_utf8(source)):
                for row in filter(is_legacy, piece.values):
                    # The last characters are enough to see the mark.
                    prompts.add(row["prompt"].strip()[-8:])
                    completions.add(row["completion"].strip()[-8:])
        except UnicodeDecodeError:
            pass  # The second reading says it.
    return shared_end(prompts, PROMPT_ENDS), shared_end(completions, COMPLETION_ENDS)


def _as_utf8(source: BinaryIO, repair: Repair | None = None) -> Iterable[bytes]:
    """Return the lines of a file as UTF-8, also those of a file that is certainly UTF-16."""
    start = source.peek(4)[:4]
    encoding = "utf-16" if start[:2] in _UTF16_MARKS else _UTF16.get(start[:2])
    if start[2:] == b"\0\0":
        encoding = None  # UTF-32, which begins with the same mark.
    if encoding is None:
        return source
    if repair:
        repair.notes.append("whole file: UTF-16 text, mended")
    return (line.encode() for line in io.TextIOWrapper(source, encoding, newline="\n"))


def _create(path: Path) -> TextIO:
    try:
        return open(path, "x", encoding="utf-8", newline="\n")
    except FileExistsError:
        raise DatasetError(f"{path} exists already. Give another name, or remove it first.") from None


def _shorten(text: str, start: int, end: int) -> tuple[str, str, str]:
    """Cut a line in equal start, changed part and equal end, at most `WIDTH` characters in all."""
    side = WIDTH // 4
    before, middle, after = text[:start], text[start:end], text[end:]
    before = before if len(before) <= side else "…" + before[-side:]
    after = after if len(after) <= side else after[:side] + "…"
    room = WIDTH - len(before) - len(after)
    if len(middle) > room:
        middle = f"{middle[:room]}… ({len(text):,} characters)"
    return before, middle, after


def _equal_start(a: str, b: str) -> int:
    """Count the characters with which both texts start."""
    return next((at for at, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
