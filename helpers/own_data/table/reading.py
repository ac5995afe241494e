"""Read whatever a learner has: a table, rows of JSON, or a list that was pasted.

A table comes out as texts by column name. Rows that are chats already come out as they are. What cannot be
read is named with its place, and counted; nothing is left out in silence.
"""

import csv
import io
import json
import re
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from finetune_dataset.chat import JsonObject
from finetune_dataset.convert.cells import cell_text, table_rows
from finetune_dataset.convert.encodings import read_text
from finetune_dataset.convert.tables import SkippedRow
from finetune_dataset.files import open_source, read_lines
from finetune_dataset.formats.pairs import pair_name
from finetune_dataset.formats.table import format_of
from finetune_dataset.jsonlines import read_pieces
from helpers.errors import DatasetError
from helpers.own_data.table.pasted import pasted_pairs
from helpers.paths import ROOT

if TYPE_CHECKING:
    import pandas as pd

_SEPARATORS = ",;\t|"
_JSON = (".jsonl", ".json", ".ndjson")
_TABLES = (".csv", ".tsv", ".xlsx", ".xlsm")


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
    """

    name: str
    columns: list[str] = field(default_factory=list)
    records: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    chats: list[JsonObject] = field(default_factory=list)
    skipped: list[SkippedRow] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

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
            f"{table.name} has one column only, {table.columns[0]!r}. Expected at least two: one with the "
            "questions (what people will write) and one with the answers (what the model should say)."
        )
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
    there = f" Files in {path.parent.absolute()}: {', '.join(near[:12])}." if near else ""
    raise DatasetError(f"There is no file {str(path)!r} (looked at {path.absolute()}).{there}")


def _file(path: Path, encoding: str | None, sheet: str | None) -> OwnTable:
    table, kind = OwnTable(path.name), path.suffix.lower()
    if kind in _JSON:
        _json_rows(path, table)
        return table
    wanted: list[str] = []
    if kind not in (".xlsx", ".xlsm"):
        if path.stat().st_size == 0:
            raise DatasetError(f"{path} is empty: 0 bytes. Save the table again, with its header line.")
        wanted = [] if kind in (".xls", ".ods", ".numbers") else _header(path, encoding)
        if kind not in _TABLES and len(wanted) < 2:
            return _pasted(read_text(path, encoding, table.notes), table)
    _add(table, table_rows(path, wanted, encoding, sheet, table.notes))
    return table


def _header(path: Path, encoding: str | None) -> list[str]:
    """Return the names in the first line, read with the separator that gives most of them."""
    text = read_text(path, encoding, [])
    if text.partition("\n")[0].lower().startswith("sep="):
        text = text.partition("\n")[2]
    first = io.StringIO(text[:100_000], newline="")
    try:
        headers = []
        for sign in _SEPARATORS:
            first.seek(0)
            headers.append([name.strip() for name in next(csv.reader(first, delimiter=sign), [])])
    except csv.Error:
        return []  # The reader of tables says what is wrong, and where.
    return [name for name in max(headers, key=len) if name]


def _add(table: OwnTable, rows: Iterable[tuple[str, dict[Hashable, object]]]) -> None:
    for place, cells in rows:
        texts = {str(name): cell_text(value) for name, value in cells.items() if name not in (None, "")}
        if not table.columns:
            table.columns = list(texts)
        if None in cells:
            reason = "more cells than the first row has (is a text with separators not in quotes?)"
            table.skipped.append(SkippedRow(place, reason, cells))
        elif any(texts.values()):
            table.records.append((_number(place, len(table.records) + 1), texts))
    if any(name.endswith("?") or len(name) > 60 for name in table.columns):
        table.notes.append(
            "The first row looks like data, not like names of columns. If it is, put a line such as "
            '"question,answer" above it.'
        )


def _number(place: str, otherwise: int) -> int:
    found = re.search(r"\d+$", place)
    return int(found.group()) if found else otherwise


def _json_rows(path: Path, table: OwnTable) -> None:
    """Read rows of JSON: chats in any layout that the checker knows, or one text per key."""
    with open_source(path) as source:
        for piece in read_pieces(read_lines(source), blank=False):
            place = f"line {piece.first}"
            if not piece.values and piece.issue:
                table.skipped.append(SkippedRow(place, str(piece.issue.found), {}))
            for value in piece.values:
                if isinstance(value, dict):
                    _json_row(value, piece.first, table)
                else:
                    table.skipped.append(SkippedRow(place, "it is no object with keys", {}))
    if table.chats and table.records:
        table.notes.append(f"{len(table.records):,} rows are no chats, and are not used.")


def _json_row(value: JsonObject, line: int, table: OwnTable) -> None:
    found = format_of(value, "supervised")
    if found and found[1].method != "supervised":
        reason = f"it is for the method {found[1].method!r}; this notebook trains answers (supervised)"
        table.skipped.append(SkippedRow(f"line {line}", reason, {}))
        return
    if isinstance(value.get("messages"), list) or (found and not pair_name(value)):
        try:
            table.chats.append(found[1].convert(value) if found else value)
            return
        except DatasetError as error:
            if isinstance(value.get("messages"), list):
                table.skipped.append(SkippedRow(f"line {line}", str(error), {}))
                return
    texts = {key: _json_text(item) for key, item in value.items()}
    table.columns += [key for key in texts if key not in table.columns]
    table.records.append((line, texts))


def _json_text(value: object) -> str:
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    return cell_text(value)


def _pasted(text: str, table: OwnTable) -> OwnTable:
    for number, (question, answer) in enumerate(pasted_pairs(text), start=1):
        table.records.append((number, {"question": question, "answer": answer}))
    table.columns = ["question", "answer"]
    return table
