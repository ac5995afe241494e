"""The cells of a table, row by row: CSV, Excel or a pandas DataFrame.

Each row comes with the number that a spreadsheet shows beside it.
"""

import csv
import io
import math
from collections.abc import Hashable, Iterable, Iterator, Sequence
from datetime import date, datetime, time
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from finetune_dataset.errors import DatasetError
from finetune_dataset.files import open_source
from finetune_dataset.shapes.containers import other_kind, unicode_encoding

if TYPE_CHECKING:
    import pandas as pd

# The comma, the semicolon of European versions of Excel, the tab of "Unicode text" and .tsv, and the bar.
_SEPARATORS = ",;\t|"
# A longer cell is an error in Python's csv module; a chat can be longer than its 131,072 characters.
_CELL_LIMIT = 2**31 - 1

Cells: TypeAlias = dict[Hashable, object]
"""The cells of a row by column name; under None the cells beyond the last column."""


def table_rows(
    source: "str | Path | pd.DataFrame",
    wanted: list[str],
    encoding: str | None,
    sheet: str | None,
    notes: list[str],
) -> Iterable[tuple[str, Cells]]:
    """Give the rows of a table.

    Args:
        source: A .csv, .tsv or .txt file, an .xlsx file (needs openpyxl), or a pandas DataFrame.
        wanted: Columns that the table must have.
        encoding: Encoding of a CSV file; None for UTF-8, or UTF-16 with its mark.
        sheet: Name of the Excel sheet; None for the first one.
        notes: Gets a sentence for what a reader should know, such as the separator.

    Returns:
        For each row where it stands, in words, and its cells.

    Raises:
        DatasetError: The file cannot be read, or it has no such column; the message names near ones.
    """
    if not isinstance(source, (str, Path)):
        _require_columns(list(source.columns), wanted, "The DataFrame")
        records = source.to_dict("records")
        return [(f"index {label}", row) for label, row in zip(source.index, records, strict=True)]
    path = Path(source)
    if path.suffix.lower() in (".jsonl", ".json"):
        raise DatasetError(
            f"{path} is no table. Read it with read_jsonl; repair_dataset converts prompt/completion rows."
        )
    if path.suffix.lower() in (".xls", ".ods", ".numbers"):
        raise DatasetError(f"{path} cannot be read here. Open it, and save it as .xlsx or as CSV (UTF-8).")
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        return _excel_rows(path, wanted, sheet)
    return _csv_rows(path, wanted, encoding, notes)


def cell_text(value: object) -> str:
    """Return a cell as a spreadsheet shows it; "" for an empty one."""
    if value is None or (isinstance(value, float) and math.isnan(value)) or str(value) in ("NaT", "<NA>"):
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, (date, time)):
        return str(value)
    return str(value).replace("\r\n", "\n").strip()


def _csv_rows(
    path: Path, wanted: list[str], encoding: str | None, notes: list[str]
) -> Iterator[tuple[str, Cells]]:
    text = _decode(path, encoding)
    first_line = text.partition("\n")[0]
    if first_line.lower().startswith("sep="):  # Excel's own way to name the separator.
        text = text.partition("\n")[2]
    usual = csv.field_size_limit(_CELL_LIMIT)  # The limit is one for the whole program.
    try:
        separator = _separator(text, wanted)
        records = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        names = [name.strip() for name in next(records, [])]
        _require_columns(names, wanted, path.name)
        if separator != ",":
            notes.append(f"separator: {'tab' if separator == chr(9) else separator}")
        for number, record in enumerate(records, start=2):
            cells: Cells = dict(zip(names, record, strict=False))
            if len(record) > len(names):
                cells[None] = record[len(names) :]
            yield f"row {number}", cells
    except csv.Error as error:
        raise DatasetError(
            f"{path.name}, line {records.line_num}: {error}. A cell with quotes in it must be in quotes, "
            'with each quote doubled: "He said ""yes""". Spreadsheet programs do this when they save CSV.'
        ) from None
    finally:
        csv.field_size_limit(usual)


def _separator(text: str, wanted: list[str]) -> str:
    """Return the separator with which the first record holds the wanted columns.

    `csv.Sniffer` guesses from the texts, and commas in prose mislead it.
    """
    headers = {}
    for separator in _SEPARATORS:
        names = next(csv.reader(io.StringIO(text, newline=""), delimiter=separator), [])
        headers[separator] = [name.strip() for name in names]
    fitting = [separator for separator, names in headers.items() if set(wanted) <= set(names)]
    # Nothing fits: the header with the most cells makes the best message about missing columns.
    return fitting[0] if fitting else max(headers, key=lambda separator: len(headers[separator]))


def _decode(path: Path, encoding: str | None) -> str:
    with open_source(path) as source:
        raw = source.read()
    if encoding is None:
        encoding = unicode_encoding(raw[:64]) or "utf-8-sig"
    if kind := other_kind(raw[:400]):
        raise DatasetError(f"{path.name} is {kind[0]}; expected a table. {kind[1]}")
    try:
        return raw.decode(encoding)
    except LookupError:
        raise DatasetError(f'There is no encoding {encoding!r}. Try "utf-8" or "cp1252".') from None
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        name = encoding.removesuffix("-sig")
        around = raw[max(0, error.start - 15) : error.start + 15]
        sample = around.decode("cp1252", errors="replace").replace("\r", " ").replace("\n", " ")
        raise DatasetError(
            f"{path.name}, line {line}: the byte 0x{raw[error.start]:02x} is not {name}. Excel on "
            f'Windows saves "CSV" as cp1252, and then the text here is {sample!r}. If that reads well, '
            'call this again with encoding="cp1252"; or save the file as "CSV UTF-8".'
        ) from None


def _excel_rows(path: Path, wanted: list[str], sheet: str | None) -> Iterator[tuple[str, Cells]]:
    try:
        from openpyxl import load_workbook  # Here: only Excel files need it, and it is an extra.
    except ImportError:
        raise DatasetError(
            f"{path.name}: Excel files need openpyxl. Run `pip install openpyxl`, or save the table as "
            "CSV UTF-8."
        ) from None
    with open_source(path) as source:
        try:
            book = load_workbook(source, read_only=True, data_only=True)
        except Exception as error:  # openpyxl raises whatever its parsers raise: zip, XML, key errors.
            raise DatasetError(
                f"{path.name} is no Excel workbook that can be read ({type(error).__name__}). "
                "Open it in a spreadsheet program, and save it as .xlsx again."
            ) from None
        if sheet is not None and sheet not in book.sheetnames:
            raise DatasetError(f"{path.name} has no sheet {sheet!r}. Sheets: {', '.join(book.sheetnames)}.")
        page = book[sheet] if sheet is not None else book.worksheets[0]
        records = page.iter_rows(values_only=True)
        names = [cell_text(name).strip() for name in next(records, [])]
        _require_columns(names, wanted, f"{path.name}, sheet {page.title!r}")
        for number, record in enumerate(records, start=2):
            yield f"row {number}", dict(zip(names, record, strict=False))


def _require_columns(names: Sequence[Hashable], wanted: list[str], where: str) -> None:
    for column in wanted:
        if names.count(column) == 1:
            continue
        listed = ", ".join(repr(name) for name in names) or "(none)"
        if column in names:
            raise DatasetError(f"{where} has two columns {column!r}. Give each its own name.")
        folded = {str(name).casefold(): name for name in names}
        near = get_close_matches(column.casefold(), folded, n=1)
        hint = f" Did you mean {folded[near[0]]!r}?" if near else ""
        raise DatasetError(f"{where} has no column {column!r}. Columns: {listed}.{hint}")
