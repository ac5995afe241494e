"""Several examples where one was expected: values after each other on a line, or a list inside an object.

Nothing is thrown away: a broken value among good ones is cut out, and the good ones stay.
"""

import json
import re
from collections.abc import Iterator
from itertools import accumulate

from finetune_dataset.chat import CHAT_KEYS, PREFERENCE_KEYS, PREFERRED, PROMPT, JsonObject
from finetune_dataset.formats.table import format_of

_ROW_KEYS = (*CHAT_KEYS, *PREFERENCE_KEYS)
# What may stand between two values: spaces, commas, RFC 7464's record separator, a line end written as text.
_BETWEEN = re.compile(r"(?:[\s,;\x1e]|\\n)*+")
_OPENS = re.compile(r"[\s\[]*+")
_FIRST_KEY = re.compile(r'\{\s*+("(?:[^"\\]|\\.)*+")\s*+:')
# The lines before the examples of {"data": [...]}: other keys with plain values may stand there.
_OPENS_LIST = re.compile(
    rb"""\s*+\{\s*+(?:"[^"]*+"\s*+:\s*+(?:"[^"]*+"|[\w.+-]++)\s*+,\s*+)*+"""
    rb"""\"(?!(?:%b)")[^"]*+"\s*+:\s*+\[\s*+""" % "|".join(_ROW_KEYS).encode()
)
# Lines before the first example that are looked at.
_HEAD_LINES = 20
# Bytes of each of them, at its start and at its end.
_HEAD_BYTES = 1_000
MAX_CUT = 250_000
"""So many values are cut; as many short chats as one array may have."""
# Characters that may be read in vain; a line of broken values must not cost its length squared.
_WORK = 20_000_000
# Characters before an error that are gone through again, for its line number.
_WINDOW = 50_000
# So many characters are copied in the time in which one is read.
_COPIED_PER_READ = 1_000


def cut_values(raw: bytes) -> list[tuple[int, bytes]]:
    """Cut a text that is no JSON into the values that stand after each other in it.

    Args:
        raw: The text; bytes that are not UTF-8 stay as they are.

    Returns:
        For each value, good or broken, the byte where it begins and its bytes; empty if there are not at
        least two objects or arrays, one of them good. More than `MAX_CUT` where there are more than that.
    """
    text = raw.decode("utf-8", "surrogateescape")
    pieces: list[tuple[int, int]] = []
    again = _beginning_again(text)
    is_array = again is not None and text.lstrip().startswith("[")
    # An array with a broken value: its good ones are examples.
    base, good, place, work = 0, 0, text.index("[") + 1 if is_array else 0, 0
    rest, decode = text, json.JSONDecoder().raw_decode
    while (place := _BETWEEN.match(rest, place).end()) < len(rest):  # type: ignore[union-attr]
        if len(pieces) > MAX_CUT:
            break
        try:
            value, end = decode(rest, place)
            good += isinstance(value, (dict, list))
        except (ValueError, RecursionError) as error:
            read = getattr(error, "pos", place + 100_000) - place
            if place > _WINDOW:  # An error counts the lines before it, so they are cut off now and then.
                base, rest, place = base + place, rest[place:], 0
                read += len(rest) // _COPIED_PER_READ
            work += read
            found = again.search(rest, place + 1) if again and work < _WORK else None
            end = found.start(1) if found else len(rest)
        pieces.append((base + place, base + end))
        place = end
    if pieces and text[slice(*pieces[-1])].strip() == "]":
        pieces.pop()
    if not good or sum(text[start] in "{[" for start, _ in pieces) < 2:
        return []
    cut = [text[start:end].encode("utf-8", "surrogateescape") for start, end in pieces]
    if text.isascii():
        return [(start, each) for (start, _), each in zip(pieces, cut, strict=True)]
    skipped = [
        start - before for (start, _), before in zip(pieces, [0, *(end for _, end in pieces)], strict=False)
    ]
    ends = accumulate(gap + len(each) for gap, each in zip(skipped, cut, strict=True))
    return [(end - len(each), each) for end, each in zip(ends, cut, strict=True)]


def _beginning_again(text: str) -> re.Pattern[str] | None:
    """Return what finds the next object with the first key of the first one; not as a value inside of it."""
    is_object = text.lstrip()[:1] in ("{", "[", "")
    begin = _OPENS.match(text).end()  # type: ignore[union-attr]
    first = _FIRST_KEY.match(text, begin) if is_object else _FIRST_KEY.search(text)
    if first is None:
        return None
    start = r"(\{\s*+" + re.escape(first[1]) + r"\s*+:)"
    # No object in a row begins with the first key of a chat or preference row; with an "id", calls do.
    return re.compile(start if first[1][1:-1] in _ROW_KEYS else r"(?<![:\[])(?<![:\[]\s)" + start)


def rows_inside(value: object) -> tuple[list[JsonObject], str, str] | None:
    """Find the examples in an object that holds them all, as {"data": [...]} does.

    Args:
        value: A JSON value.

    Returns:
        The examples; where they stand, in words; and the JSON text of the other keys, "" without any. None
        for any other value, a row with messages included.
    """
    if not isinstance(value, dict) or "messages" in value or PREFERRED in value or not value:
        return None
    inner = [
        key for key, rows in value.items() if isinstance(rows, list) and all(map(_is_row, rows)) and rows
    ]
    if len(inner) == 1 and format_of(value, "supervised") is None:
        rows = [row["row"] if "row_idx" in row else row for row in value[inner[0]]]
        rest = {key: other for key, other in value.items() if key != inner[0]}
        return rows, f"the list {inner[0]!r}", json.dumps(rest, ensure_ascii=False) if rest else ""
    if all(key.isdigit() and _is_row(row) for key, row in value.items()):
        return (
            list(value.values()),
            "the numbers as keys",
            "",
        )  # As pandas writes a table with orient="index".
    return None


def _is_row(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    if "row_idx" in value and "row" in value:
        return _is_row(value["row"])
    if "messages" in value or (PROMPT in value and PREFERRED in value):
        return True
    found = format_of(value, "supervised")
    return found is not None and not found[0].startswith(("one message", "text without"))


def opens_list(lines: list[bytes]) -> bool:
    """Tell whether lines begin as {"data": [ does, and examples follow that have lines of their own."""
    head = b""
    for line in lines[:_HEAD_LINES]:
        head += line[:_HEAD_BYTES]
        if line[-_HEAD_BYTES:].rstrip().endswith(b"["):
            break
    return bool(_OPENS_LIST.match(head))


def lines_before(raw: bytes, places: list[int]) -> Iterator[int]:
    """Give the number of line ends before each place, places in order."""
    last = count = 0
    for place in places:
        count += raw.count(b"\n", last, place)
        last = place
        yield count
