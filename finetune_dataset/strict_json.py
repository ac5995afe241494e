"""Read and write JSON as the standard has it, and say in plain words what is wrong with other text.

Python's own reader takes NaN, half surrogate pairs, keys that stand twice and brackets of almost any depth.
Other readers do not, or not in the same way, so none of these belongs into a training file.
"""

import json
import re
from collections import Counter

# No row needs more lists and objects inside each other, and readers give up at different depths.
MAX_DEPTH = 100
# More than any row needs: ten images of 10 MB in Base64 are 140 MB. No more is read of one line, or of
# a value that is spread over lines.
MAX_LINE_BYTES = 256 * 1024**2
# Of one line, or of one array: about 250,000 short chats, and less than 500 MB when read (measured, 2026-11).
MAX_VALUES = 2_000_000

# A text, or a backslash pair outside of one: taken whole, so that brackets and commas in it do not count.
_TEXT = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|\\.'
_TEXT_ALONE = re.compile(_TEXT)
_TEXT_OR_TRAILING_COMMA = re.compile(b"(" + _TEXT + rb")|,(?=\s*+(?:[}\]]|$))")

# Name of a type that datasets often hold → what to write in its place.
_CHANGES = {
    "set": "Write a list: sorted(value).",
    "datetime": "Write a text: value.isoformat().",
    "date": "Write a text: value.isoformat().",
    "bytes": "Write a text: value.decode().",
    "Decimal": "Write a number or a text: float(value).",
    "ndarray": "Write a list: value.tolist().",
}
_WHOLE = "Write the whole character."
CORRECT = "Correct the line; json.dumps(row) writes valid JSON."
"""What to do where nothing more exact is known."""

# What Python's JSON reader says (start of its message) → what that means here, and the fix.
_SYNTAX = {
    "Extra data": ("a second value", "Start a new line after each example."),
    "Expecting value": (
        "something that is not JSON",
        "Write texts in double quotes, and true, false and null in small letters.",
    ),
    "Expecting property": ("a key without double quotes", "Write each key in double quotes."),
    "Expecting ':'": ("no colon after a key", 'Write "key": value.'),
    "Expecting ','": ("no comma between two values", 'Add it; inside a text, write a double quote as \\".'),
    "Invalid control": (
        "a line break, tab or other control character inside a text",
        r"Write \n or \t in the text instead.",
    ),
    "Unterminated": ("a text without its closing quote", "Close the text with a double quote."),
    "Invalid \\escape": ("a single backslash", r"Write \\ for a backslash."),
}


def parse(raw: bytes) -> tuple[object, list[str]]:
    """Read one JSON value, and name the keys that an object of it has twice.

    Args:
        raw: UTF-8 text.

    Returns:
        The value, and each key that one object has more than once.

    Raises:
        ValueError: It is not JSON in UTF-8, or JSON that only Python reads.
        RecursionError: It is deeper than `MAX_DEPTH`.
    """
    twice: list[str] = []

    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) < len(pairs):
            counts = Counter(key for key, _ in pairs)
            twice.extend(key for key, count in counts.items() if count > 1)
        return found

    value = json.loads(
        raw.decode("utf-8"),
        parse_constant=_refuse_constant,
        parse_float=_finite,
        object_pairs_hook=unique,
    )
    if raw.count(b"{") + raw.count(b"[") > MAX_DEPTH and _is_deeper(value, MAX_DEPTH):
        raise RecursionError
    if b"\\ud" in raw or b"\\uD" in raw:
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # Half a surrogate pair cannot be encoded.
    return value, twice


def explain(raw: bytes, error: Exception) -> tuple[str, str]:
    """Say why bytes in UTF-8 are no JSON.

    Args:
        raw: What `parse` could not read.
        error: What `parse` raised.

    Returns:
        What is there, and what to do about it.
    """
    if isinstance(error, RecursionError):
        return f"brackets inside brackets, more than {MAX_DEPTH} deep", CORRECT
    if isinstance(error, UnicodeEncodeError):
        return "half of a surrogate pair (\\ud800 to \\udfff)", "Write the character itself, as UTF-8."
    if "digits" in str(error):  # Python's own limit; its advice is for programs.
        return "a number of more than 4,300 digits", "Write it as a text, or shorter."
    return _syntax(raw, error) if isinstance(error, json.JSONDecodeError) else (str(error), CORRECT)


def without_trailing_commas(raw: bytes) -> bytes:
    """Return a text without the commas before a closing bracket and at its end; those in strings stay."""
    return _TEXT_OR_TRAILING_COMMA.sub(rb"\1", raw)


def depth(raw: bytes) -> int:
    """Count the brackets that open minus those that close, outside of strings."""
    marks = _TEXT_ALONE.sub(b"", raw)  # Counting in a list of all brackets would need eight times the memory.
    return marks.count(b"{") + marks.count(b"[") - marks.count(b"}") - marks.count(b"]")


def _syntax(raw: bytes, error: json.JSONDecodeError) -> tuple[str, str]:
    if raw.lstrip().startswith(b"{'"):
        return "single quotes, as Python prints a dict", "Write the row with json.dumps(row)."
    if depth(raw) > 0:
        fix = "Add what is missing at the end of the line, or remove the line."
        return "an object that is not closed", fix
    if error.msg.startswith("Extra data") and error.doc[error.pos] in "}]":
        return f"a closing bracket too many at column {error.colno}", "Remove it."
    for start, (found, fix) in _SYNTAX.items():
        if error.msg.startswith(start):
            return f"{found} at column {error.colno}", fix
    return f"{error.msg} at column {error.colno}", CORRECT


def _is_deeper(value: object, levels: int) -> bool:
    """Tell whether a value has more lists and objects inside each other than `levels`."""
    if not isinstance(value, (dict, list)):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(each, levels - 1) for each in inner)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name}, which is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"the number {text[:20]}, which is too large")
    return value


def too_large(raw: bytes) -> str:
    """Say why a text is more than one row should need; "" for all others.

    A reader's memory grows with the number of values, up to 60 times the size of the text: millions of
    empty lists are the worst. Both limits are this course's choice, see `MAX_LINE_BYTES`.

    Args:
        raw: UTF-8 text of one JSON value.

    Returns:
        Its size in words, or "".
    """
    if len(raw) > MAX_LINE_BYTES:
        return f"more than {MAX_LINE_BYTES:,} bytes in one piece"
    # Each value but the first stands behind a comma or a bracket. Texts have commas, too: look closer then.
    if len(raw) > MAX_VALUES and _marks(raw) > MAX_VALUES and _marks(_TEXT_ALONE.sub(b"", raw)) > MAX_VALUES:
        return f"more than {MAX_VALUES:,} values in one piece"
    return ""


def unwritable(value: object, place: str = "", level: int = 0) -> tuple[str, str, str] | None:
    """Find what JSON cannot hold, or what readers refuse, in a value that is to be written.

    Args:
        value: Any object.
        place: Where it stands, for the answer.
        level: How many lists and objects are around it.

    Returns:
        Its place, what it is, and what to do ("" where nothing more exact is known); None without a fault.
    """
    if value is None or isinstance(value, (bool, int)):
        return None
    if isinstance(value, str):
        return None if _is_unicode(value) else (place, "half of a surrogate pair", _WHOLE)
    if isinstance(value, float):
        finite = value - value == 0
        return None if finite else (place, f"the number {value}", "Write null, or leave the key out.")
    if not isinstance(value, (dict, list, tuple)):
        return place, f"a value of the type {type(value).__name__}", _CHANGES.get(type(value).__name__, "")
    if level >= MAX_DEPTH:
        shown = place if len(place) <= 60 else f"{place[:57]}..."
        return shown, f"brackets inside brackets, more than {MAX_DEPTH} deep", "Write it flatter."
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                what = f"the key {key!r}"[:60] + f" of the type {type(key).__name__}"
                return place, what, "Write the key as text: a reader would not give it back as it is."
            if not _is_unicode(key):
                return place, "half of a surrogate pair in a key", _WHOLE
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in pairs:
        step = f"[{key}]" if not isinstance(value, dict) else f".{key}" if place else str(key)
        if fault := unwritable(inner, place + step, level + 1):
            return fault
    return None


def _is_unicode(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _marks(raw: bytes) -> int:
    return raw.count(b",") + raw.count(b"[") + raw.count(b"{")
