"""Read whatever a learner has: a table, rows of JSON, or a list that was pasted.

A table comes out as texts by column name. Rows that are chats already come out as they are. What cannot be
read is named with its place, and counted; nothing is left out in silence.
"""

import re
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from finetune_dataset.chat import JsonObject
from finetune_dataset.convert.cells import cell_text, table_rows
from finetune_dataset.convert.encodings import read_text
from finetune_dataset.convert.tables import SkippedRow
from helpers.errors import DatasetError
from helpers.own_data.table.choices import add_right_option
from helpers.own_data.table.headers import find_header, holds_no_names
from helpers.own_data.table.json_rows import json_rows
from helpers.own_data.table.pasted import has_marks, pasted_pairs
from helpers.own_data.words import shortened
from helpers.paths import ROOT

if TYPE_CHECKING:
    import pandas as pd

_JSON = (".jsonl", ".json", ".ndjson")
_TABLES = (".csv", ".tsv", ".xlsx", ".xlsm")
_UNNAMED = "Columns without a name"


@dataclass
class OwnTable:
    """What was read.

    Attributes:
        name: The file's name, or "the pasted list".
        columns: Names of the columns, in the order of the table; empty when the rows are chats.
        records: For each row its number and its texts by column.
        chats: Chat rows, when the file holds such rows; otherwise empty.
        skipped: What could not be read, with its place and the reason.
        notes: What a reader should know, such as the encoding.
        right_option: Column with the text of the right option, where the table is a quiz; otherwise "".
    """

    name: str
    columns: list[str] = field(default_factory=list)
    records: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    chats: list[JsonObject] = field(default_factory=list)
    skipped: list[SkippedRow] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    right_option: str = ""

    def __repr__(self) -> str:
        """Return what was read in a few lines, with the first rows that could not be."""
        what = f"{len(self.chats):,} chats" if self.chats else f"{len(self.records):,} rows"
        columns = f"; columns: {', '.join(map(repr, self.columns[:20]))}" if self.columns else ""
        lines = [f"{self.name}: {what}{columns}", *self.notes]
        lines += [f"{row.place}: {row.reason}, skipped" for row in self.skipped[:10]]
        if len(self.skipped) > 10:
            lines.append(f"… and {len(self.skipped) - 10:,} more, see .skipped")
        return "\n  ".join(lines)


def read_table(
    source: "str | Path | pd.DataFrame", *, encoding: str | None = None, sheet: str | None = None
) -> OwnTable:
    """Read a learner's data, whatever form it has.

    Args:
        source: A file (.csv, .tsv, .txt, .xlsx, .jsonl, .json), a DataFrame, or a text of several lines: a
            list of questions and answers, as pasted.
        encoding: Encoding of a text file that is not UTF-8, for example "cp1252".
        sheet: Name of the Excel sheet; the first one if None.

    Returns:
        The table.

    Raises:
        DatasetError: There is no such file, or it holds no rows; the message says what to do.
    """
    if isinstance(source, str) and "\n" in source.strip():
        table = _pasted(source, OwnTable("the pasted list"))
    elif not isinstance(source, (str, Path)):
        table = OwnTable("the DataFrame")
        _add(table, table_rows(source, [], None, None, table.notes))
    else:
        table = _file(_existing(source), encoding, sheet)
    if not table.records and not table.chats:
        raise DatasetError(
            f"{table.name} holds no rows that can be used"
            + (f" ({table.skipped[0].place}: {table.skipped[0].reason})" if table.skipped else "")
            + ". Expected a header line and rows below it, rows of JSON, or a list of questions and answers."
        )
    if len(table.columns) == 1 and not table.chats:
        raise DatasetError(
            f"{table.name} has one column only, {shortened(table.columns[0], 60)!r}. Expected at least two: "
            "one with the questions (what people will write) and one with the answers (what the model should "
            "say)." + "".join(f" {note}" for note in table.notes if note.startswith(_UNNAMED))
        )
    table.right_option, said = add_right_option(table.columns, table.records)
    table.notes += [said] if said else []
    return table


def _existing(source: str | Path) -> Path:
    path = Path(source).expanduser()
    if not path.exists() and (ROOT / path).is_file():  # Named as from the course's folder.
        path = ROOT / path
    if path.is_file():
        return path
    if path.is_dir():
        raise DatasetError(f"{path} is a folder. Give one file in it.")
    near = (
        [each.name for each in sorted(path.parent.glob("*")) if each.is_file()]
        if path.parent.is_dir()
        else []
    )
    close = get_close_matches(path.name, near, n=3)
    near = [*close, *(name for name in near if name not in close)]
    there = f" Files in {path.parent.absolute()}: {', '.join(near[:12])}." if near else ""
    raise DatasetError(f"There is no file {str(path)!r} (looked at {path.absolute()}).{there}")


def _file(path: Path, encoding: str | None, sheet: str | None) -> OwnTable:
    table, kind = OwnTable(path.name), path.suffix.lower()
    if path.stat().st_size == 0:
        raise DatasetError(f"{path} is empty: 0 bytes. Save the table again, with its header line.")
    if kind in _JSON:
        _add_json(path, table)
        return table
    wanted: list[str] = []
    if kind not in (".xlsx", ".xlsm", ".xls", ".ods", ".numbers"):
        text = read_text(path, encoding, [])
        wanted, is_regular = find_header(text)
        if kind not in _TABLES and (has_marks(text) or len(wanted) < 2 or not is_regular):
            return _pasted(read_text(path, encoding, table.notes), table)
    _add(table, table_rows(path, wanted, encoding, sheet, table.notes))
    return table


def _add(table: OwnTable, rows: Iterable[tuple[str, dict[Hashable, object]]]) -> None:
    unnamed: list[str] = []
    for place, cells in rows:
        texts = {str(name): cell_text(value) for name, value in cells.items() if name not in (None, "")}
        if not table.columns:
            table.columns = list(texts)
        if loose := cell_text(cells.get("")):
            unnamed.append(f"{shortened(loose, 30)!r} in {place}")
        if None in cells:
            reason = "more cells than the first row has (is a text with separators not in quotes?)"
            table.skipped.append(SkippedRow(place, reason, cells))
        elif any(texts.values()):
            table.records.append((_number(place, len(table.records) + 1), texts))
    if unnamed:
        found = f"{len(unnamed):,} rows have" if len(unnamed) > 1 else "1 row has"
        table.notes.append(
            f"{_UNNAMED} are not used, and {found} text there: {unnamed[0]}. Give each "
            "column a name in the first row, or put texts that hold the separator in quotes."
        )
    columns = [[texts.get(name, "") for _, texts in table.records] for name in table.columns]
    if holds_no_names(table.columns, columns):
        _name(table)


def _name(table: OwnTable) -> None:
    """Give names to the columns of a table without a header; its first row becomes a row."""
    number = len(table.columns)
    names = ["question", "answer"] if number == 2 else [f"column {each + 1}" for each in range(number)]
    new = dict(zip(table.columns, names, strict=True))
    first = (1, dict(zip(names, table.columns, strict=True)))
    rows = [(place, {new[name]: text for name, text in texts.items()}) for place, texts in table.records]
    table.columns, table.records = names, [first, *rows]
    table.notes.append(
        "The first row looks like data, not like names of columns, so it is used as a row, and the columns "
        f"are called {', '.join(map(repr, names[:3]))}{' …' if number > 3 else ''}. If it does hold names, "
        "make them shorter."
    )


def _number(place: str, otherwise: int) -> int:
    found = re.search(r"\d+$", place)
    return int(found.group()) if found else otherwise


def _add_json(path: Path, table: OwnTable) -> None:
    for row in json_rows(path):
        if row.reason:
            table.skipped.append(SkippedRow(f"line {row.line}", row.reason, {}))
        elif row.chat is not None:
            table.chats.append(row.chat)
        else:
            table.columns += [key for key in row.texts if key not in table.columns]
            table.records.append((row.line, row.texts))
    if table.chats and table.records:
        table.notes.append(f"{len(table.records):,} rows are no chats, and are not used.")


def _pasted(text: str, table: OwnTable) -> OwnTable:
    left: list[tuple[int, str]] = []
    for number, (question, answer) in enumerate(pasted_pairs(text, left), start=1):
        table.records.append((number, {"question": question, "answer": answer}))
    table.columns = ["question", "answer"]
    reason = "it belongs to no question and answer"
    table.skipped += [
        SkippedRow(f"line {number} {shortened(line, 30)!r}", reason, {}) for number, line in left
    ]
    return table
