"""The first line of a table: with which separator it is read, and whether it holds names at all."""

import csv
import io
from collections.abc import Sequence
from statistics import median

_SEPARATORS = ",;\t|"
_LOOKED_AT = 100_000  # Characters at the start of a file that show its separator.
_ROWS = 50
_REGULAR = 0.5  # Share of the first rows that must have as many cells as the header.
_ALIKE = 0.2  # Share of a column's texts that end as its name does, from which the name is such a text.
_LONG_NAME, _LONG_TEXT = 60, 30


def find_header(text: str) -> tuple[list[str], bool]:
    """Return the names in the first line of a table, and whether the rows below are as long.

    Args:
        text: The text of a file.

    Returns:
        The names, read with the separator that splits the first rows most regularly, else into the most
        names; and whether more than half of these rows have as many cells.
    """
    if text.partition("\n")[0].lower().startswith("sep="):
        text = text.partition("\n")[2]
    found = [_first_rows(text[:_LOOKED_AT], separator) for separator in _SEPARATORS]
    ranked = [(_is_regular(rows), len(rows[0]), rows[0]) for rows in found if rows]
    if not ranked or _is_endless(text):
        return [], False
    regular, _, names = max(ranked, key=lambda each: each[:2])
    return [name for name in names if name], regular


def holds_no_names(names: Sequence[str], columns: Sequence[Sequence[str]]) -> bool:
    """Tell whether the first row of a table is data, like the rows below it.

    Args:
        names: The first row.
        columns: For each name the texts below it.

    Returns:
        True when at least half of the names are such texts: a question above questions, a sentence above
        sentences, a long text above long texts.
    """
    alike = sum(map(_is_text_of, names, columns))
    return alike > 0 and alike * 2 >= len(names)


def _is_endless(text: str) -> bool:
    """Tell whether the first line is longer than what is looked at; the reader of tables says so."""
    return len(text) > _LOOKED_AT and "\n" not in text[:_LOOKED_AT].strip()


def _first_rows(text: str, separator: str) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        for record in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            if any(cell.strip() for cell in record):
                rows.append([cell.strip() for cell in record])
            if len(rows) > _ROWS:
                break
    except csv.Error:
        pass  # The reader of tables says what is wrong, and where.
    return rows


def _is_regular(rows: list[list[str]]) -> bool:
    width = len(rows[0])
    below = rows[1:] or rows
    return width > 1 and sum(len(row) == width for row in below) > _REGULAR * len(below)


def _is_text_of(name: str, texts: Sequence[str]) -> bool:
    full = [text for text in texts if text]
    if not full:
        return False
    sign = name.rstrip()[-1:]
    if sign in tuple(".!?。！？") and sum(text.endswith(sign) for text in full) >= _ALIKE * len(full):
        return True
    return len(name) > _LONG_NAME and median(map(len, full)) > _LONG_TEXT
