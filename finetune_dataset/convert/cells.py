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
from typing import TYPE_CHECKING, BinaryIO, TypeAlias
from zipfile import ZipFile

from finetune_dataset.convert.encodings import read_text
from finetune_dataset.errors import DatasetError
from finetune_dataset.files import open_source
from finetune_dataset.rules.limits import MAX_TABLE_BYTES, MAX_TABLE_CELLS, MAX_TABLE_COLUMNS

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
        encoding: Encoding of a CSV file; None tries UTF-8 and UTF-16, see `encodings`.
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
    text = read_text(path, encoding, notes)
    first_line = text.partition("\n")[0]
    if first_line.lower().startswith("sep="):  # Excel's own way to name the separator.
        text = text.partition("\n")[2]
    usual = csv.field_size_limit(_CELL_LIMIT)  # The limit is one for the whole program.
    try:
        separator = _separator(text, wanted)
        records = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        header, names = _header(records)
        _require_columns(names, wanted, path.name)
        start = records.line_num
        if separator != ",":
            notes.append(f"separator: {'tab' if separator == chr(9) else separator}")
        for number, record in enumerate(records, start=header + 1):
            start = records.line_num
            cells = _cells(names, record)
            if len(record) > len(names):
                cells[None] = record[len(names) :]
            yield f"row {number}", cells
    except csv.Error as error:
        raise DatasetError(
            f"{path.name}, {_lines(start + 1, records.line_num)}: {error}. A cell with quotes in it must be "
            'in quotes, with each quote doubled: "He said ""yes""". Spreadsheet programs do this when they '
            "save CSV."
        ) from None
    finally:
        csv.field_size_limit(usual)


def _header(records: Iterable[Sequence[object]]) -> tuple[int, list[str]]:
    """Return number and names of the first row that holds anything: empty ones may stand above it."""
    for number, record in enumerate(records, start=1):
        names = [cell_text(name).strip() for name in record]
        if any(names):
            return number, names
    return 1, []


def _cells(names: list[str], record: Sequence[object]) -> Cells:
    """Return the cells of a row by column name; what stands in columns without a name is joined under ""."""
    cells: Cells = dict(zip(names, record, strict=False))
    if "" in cells:
        unnamed = [cell_text(cell) for name, cell in zip(names, record, strict=False) if not name]
        cells[""] = " ".join(filter(None, unnamed))
    return cells


def _lines(first: int, last: int) -> str:
    return f"line {last}" if last <= first else f"lines {first} to {last}, read as one row"


def _separator(text: str, wanted: list[str]) -> str:
    """Return the separator with which the first record holds the wanted columns.

    `csv.Sniffer` guesses from the texts, and commas in prose mislead it.
    """
    headers = {}
    for separator in _SEPARATORS:
        headers[separator] = _header(csv.reader(io.StringIO(text, newline=""), delimiter=separator))[1]
    fitting = [separator for separator, names in headers.items() if set(wanted) <= set(names)]
    # Nothing fits: the header with the most cells makes the best message about missing columns.
    return fitting[0] if fitting else max(headers, key=lambda separator: len(headers[separator]))


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
            _refuse_bomb(source, path)
            book = load_workbook(source, read_only=True, data_only=True)
        except DatasetError:
            raise
        except Exception as error:  # openpyxl raises whatever its parsers raise: zip, XML, key errors.
            raise DatasetError(
                f"{path.name} is no Excel workbook that can be read ({type(error).__name__}). "
                "Open it in a spreadsheet program, and save it as .xlsx again."
            ) from None
        if sheet is not None and sheet not in book.sheetnames:
            raise DatasetError(f"{path.name} has no sheet {sheet!r}. Sheets: {', '.join(book.sheetnames)}.")
        page = book[sheet] if sheet is not None else book.worksheets[0]
        page.reset_dimensions()  # What a file says about its size is not always so.
        records = page.iter_rows(values_only=True)
        header, names = _header(records)
        _require_columns(names, wanted, f"{path.name}, sheet {page.title!r}")
        cells = 0
        for number, record in enumerate(records, start=header + 1):
            cells += 1 + len(record)
            if cells > MAX_TABLE_CELLS:
                raise DatasetError(
                    f"{path.name}, row {number}: more than {MAX_TABLE_CELLS:,} cells. Remove the columns "
                    "that are not needed and the empty rows, or save parts of it in several files."
                )
            yield f"row {number}", _cells(names, record)


def _refuse_bomb(source: BinaryIO, path: Path) -> None:
    """Refuse a workbook that is small on the disk and fills the memory: it is a zip file."""
    size = sum(part.file_size for part in ZipFile(source).infolist())
    if size > MAX_TABLE_BYTES:
        raise DatasetError(
            f"{path.name} holds {size:,} bytes when it is unpacked; at most {MAX_TABLE_BYTES:,} are read. "
            "Save parts of it in several files, or the table alone as CSV UTF-8."
        )
    source.seek(0)


def _require_columns(names: Sequence[Hashable], wanted: list[str], where: str) -> None:
    if len(names) > MAX_TABLE_COLUMNS:
        raise DatasetError(
            f"{where}: its first row has {len(names):,} cells; at most {MAX_TABLE_COLUMNS:,} columns are "
            "read, as in Excel. Are line ends missing, or is the separator another one?"
        )
    for column in wanted:
        if names.count(column) == 1:
            continue
        listed = ", ".join(repr(name)[:60] for name in names[:50]) or "(none)"
        listed += f" and {len(names) - 50} more" if len(names) > 50 else ""
        if column in names:
            raise DatasetError(f"{where} has two columns {repr(column)[:60]}. Give each its own name.")
        folded = {str(name)[:60].casefold(): name for name in names[:1_000]}
        near = get_close_matches(column.casefold(), folded, n=1)
        hint = f" Did you mean {folded[near[0]]!r}?" if near else ""
        raise DatasetError(f"{where} has no column {repr(column)[:60]}. Columns: {listed}.{hint}")
