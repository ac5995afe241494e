"""Chat rows from a table: CSV, Excel or a pandas DataFrame.

Nothing is lost without a word: a table row that gives no example is named by the number that
a spreadsheet shows beside it, with the reason and its cells.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from finetune_dataset.chat import JsonObject
from finetune_dataset.convert.cells import Cells, cell_text, table_rows

if TYPE_CHECKING:
    import pandas as pd

_EXCEL_ERRORS = {"#N/A", "#VALUE!", "#REF!", "#DIV/0!", "#NUM!", "#NAME?", "#NULL!"}
_SHOWN = 20


@dataclass(frozen=True)
class SkippedRow:
    """A table row that gave no example.

    Attributes:
        place: Where it is, for example "row 7"; the header is row 1.
        reason: Why it was skipped.
        cells: Its cells, by column name.
    """

    place: str
    reason: str
    cells: Cells


@dataclass
class TableRows:
    """The chat rows of a table; loop over it, or give it to `write_jsonl`.

    Attributes:
        rows: The examples, in the order of the table.
        skipped: The table rows that gave none.
        notes: What else a reader should know, such as the encoding that was used.
    """

    rows: list[JsonObject] = field(default_factory=list)
    skipped: list[SkippedRow] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[JsonObject]:
        """Give the examples, one by one."""
        return iter(self.rows)

    def __len__(self) -> int:
        """Return the number of examples."""
        return len(self.rows)

    def __repr__(self) -> str:
        """Return how many rows became examples, the notes, and the first rows that did not."""
        lines = [f"examples: {len(self.rows)}, table rows skipped: {len(self.skipped)}", *self.notes]
        lines += [f"{row.place}: {row.reason}, skipped" for row in self.skipped[:_SHOWN]]
        if len(self.skipped) > _SHOWN:
            lines.append(f"… and {len(self.skipped) - _SHOWN} more, see .skipped")
        return "\n  ".join(lines)


def rows_from_table(
    source: "str | Path | pd.DataFrame",
    *,
    user: str,
    assistant: str,
    system: str | None = None,
    system_prompt: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
) -> TableRows:
    """Make one chat example of each row of a table.

    The separator of a CSV file (comma, semicolon, tab or bar) is the one with which its first
    line holds the named columns. Its encoding is UTF-8, or UTF-16 or UTF-32 where its first bytes show
    that; a note says what was chosen, and what looks as if it had been read in a wrong one.

    Args:
        source: A .csv, .tsv or .txt file, an .xlsx file (needs openpyxl), or a pandas DataFrame.
        user: Column of the questions.
        assistant: Column of the answers.
        system: Column of the system prompts. A row with an empty cell there gets none, and a note.
        system_prompt: One system prompt for all rows, in place of a column.
        encoding: Encoding of a CSV file that is not UTF-8, for example "cp1252".
        sheet: Name of the Excel sheet; the first one if None.

    Returns:
        The examples, and every table row that gave none. Save it with `write_jsonl`.

    Raises:
        DatasetError: The file cannot be read, or it has no such column; the message names near ones.
    """
    result = TableRows()
    wanted = [column for column in (user, assistant, system) if column is not None]
    for place, cells in table_rows(source, wanted, encoding, sheet, result.notes):
        texts = {column: cell_text(cells.get(column)) for column in wanted}
        if not any(cell_text(value) for value in cells.values()):
            continue  # Spreadsheets end with rows that hold nothing.
        reason = _reason(cells, texts, (user, assistant))
        if reason:
            result.skipped.append(SkippedRow(place, reason, cells))
            continue
        prompt = texts[system] if system is not None else system_prompt
        if system is not None and not prompt:
            result.notes.append(f"{place}: no text in {system!r}, so no system message")
        messages = [{"role": "system", "content": prompt}] if prompt else []
        messages.append({"role": "user", "content": texts[user]})
        messages.append({"role": "assistant", "content": texts[assistant]})
        result.rows.append({"messages": messages})
    return result


def _reason(cells: Cells, texts: dict[str, str], needed: tuple[str, str]) -> str:
    """Say why a table row cannot become an example; "" if it can."""
    if None in cells:
        return "more cells than the first row has (is a text with separators not in quotes?)"
    errors = [f"{text} in {column!r}" for column, text in texts.items() if text in _EXCEL_ERRORS]
    if errors:
        return f"the Excel error {errors[0]}"
    empty = [repr(column) for column in needed if not texts[column]]
    return f"no text in {' and '.join(empty)}" if empty else ""
