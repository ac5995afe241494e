"""Quizzes: columns with the options of a question, and one that names the right option."""

import re
from collections import defaultdict

_OPTION = re.compile(r"(.*?)[\s_.(-]*([a-h]|\d{1,2})\)?", re.I | re.DOTALL)
# What people call the column that names the right option, in the languages of `columns`.
_KEY = re.compile(
    r"correct|right|answer|solution|\bkey|richtig|lösung|loesung|antwort|bonne|réponse|reponse|respuesta"
    r"|resposta|risposta|corrett|antwoord|label|正解|答案|ответ",
    re.I,
)
_FEWEST = 3  # Columns "a" and "b" alone are no options.
_MOST = 0.95  # Share of the rows that must fit; the others give an empty text.

Records = list[tuple[int, dict[str, str]]]


def add_right_option(columns: list[str], records: Records) -> tuple[str, str]:
    """Add a column with the text of the right option, where a table is a quiz.

    "B" or "2" is no answer that a model could learn from the question alone: the text of that option is.

    Args:
        columns: Names of the columns; gets the new one.
        records: The rows; each gets the new text.

    Returns:
        The new column, and a sentence about it; two empty texts for a table that is no quiz.
    """
    for options in _options(columns):
        if not _hold_texts(list(options.values()), records):
            continue
        for key in columns:
            marks = _marks(key, list(options), [texts.get(key, "") for _, texts in records])
            if key in options.values() or not marks:
                continue
            name = f"{key} (text)"
            for _, texts in records:
                mark = marks.get(_plain(texts.get(key, "")))
                texts[name] = texts.get(options[mark], "") if mark else ""
            columns.append(name)
            first, *_, last = options.values()
            return name, (
                f"{key!r} names the right one of the options {first!r} to {last!r}; "
                f"the text of that option is in the new column {name!r}."
            )
    return "", ""


def _options(columns: list[str]) -> list[dict[str, str]]:
    """Return the groups of columns that are called alike but for a letter or a number: mark → column."""
    groups: dict[str, dict[str, str]] = defaultdict(dict)
    for column in columns:
        if found := _OPTION.fullmatch(column.strip()):
            groups[found[1].casefold()][found[2].casefold()] = column
    starts = ("a", "0", "1")
    return [group for group in groups.values() if len(group) >= _FEWEST and min(group) in starts]


def _hold_texts(columns: list[str], records: Records) -> bool:
    """Tell whether half of the cells hold a letter: measured values are no options."""
    cells = [texts.get(column, "") for _, texts in records for column in columns]
    return 2 * sum(any(map(str.isalpha, cell)) for cell in cells) >= len(cells)


def _marks(key: str, options: list[str], values: list[str]) -> dict[str, str]:
    """Return value → mark of the option that it names; {} where the column does not name options."""
    letters, known = options[0].isalpha(), {_plain(value) for value in values}
    if letters or _KEY.search(key):
        marks = {mark: mark for mark in options}
        if sum(_plain(value) in marks for value in values) >= _MOST * max(1, len(values)):
            return marks
    if not (letters and _KEY.search(key)):
        return {}
    start = 0 if "0" in known else 1
    marks = {str(number): mark for number, mark in enumerate(options, start=start)}
    return marks if sum(_plain(value) in marks for value in values) >= _MOST * max(1, len(values)) else {}


def _plain(value: str) -> str:
    """Return "b" for "B", "b)", "(B)" and "Option B"."""
    found = re.fullmatch(r"\W*(?:[^\W\d_]{2,}\s*)?([^\W_]{1,2})\W*", value)
    return (found[1] if found else value).casefold()
