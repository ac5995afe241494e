"""Read JSON that lies on a disk: any damage becomes one message, with the file, the place, the way out."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import msgspec

from helpers.errors import FineTuneError, MissingArtifact

Shape = TypeVar("Shape")
"""What the file should hold, such as `dict` or a TypedDict."""


def read_json(path: Path, shape: type[Shape], *, way_out: str, error: type[FineTuneError]) -> Shape:
    """Read a JSON file, and check that it holds what it should.

    Args:
        path: The file.
        shape: What it should hold; of a TypedDict only the fields that it names are kept.
        way_out: What to do when it does not, as a sentence.
        error: The kind of refusal.

    Returns:
        The content.

    Raises:
        FineTuneError: As `error`. The file is not there or cannot be read, is empty, cut off, not UTF-8 or
            not JSON, or holds something else; the message says where.
    """
    try:
        return msgspec.convert(json.loads(_text(path)), type=shape)
    except _Damage as damage:
        found = str(damage)
    except msgspec.ValidationError as wrong:
        found = str(wrong)
    except json.JSONDecodeError as wrong:
        found = f"line {wrong.lineno}, column {wrong.colno} is not JSON: {wrong.msg}"
    except RecursionError:
        found = "it is nested too deeply"
    except ValueError as wrong:  # A number of more digits than Python reads.
        found = str(wrong).partition(";")[0]
    except OSError as wrong:
        found = f"it cannot be read ({wrong.strerror or wrong})"
    raise error(f"{path} is damaged: {found}. {way_out}") from None


class _Damage(Exception):
    """What is wrong with a file before it is JSON."""


def _text(path: Path) -> str:
    if path.is_dir():
        raise _Damage("it is a folder, expected a file")
    if path.exists() and not path.is_file():
        raise _Damage("it is no file on a disk")
    raw = path.read_bytes()
    if not raw.strip():
        raise _Damage("it is empty, expected JSON" if not raw else "it holds blanks only, expected JSON")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = raw.count(b"\n", 0, wrong.start) + 1
        raise _Damage(f"line {line} is not UTF-8 (byte {wrong.start + 1} of the file)") from None
    if "\\ud" in text.lower():
        _refuse_half_characters(text)
    return text


def _refuse_half_characters(text: str) -> None:
    """Refuse half of a surrogate pair: Python reads it, and then cannot write it anywhere."""
    try:
        json.dumps(json.loads(text), ensure_ascii=False).encode()
    except UnicodeEncodeError as wrong:
        raise _Damage(f"it holds half of a character (\\u{ord(wrong.object[wrong.start]):04x})") from None
    except (ValueError, RecursionError):
        pass  # The reader finds it again, and names it.


class Stored(dict[str, Any]):
    """What a file of a run holds; a field that it lacks names the file, in place of a KeyError."""

    def __init__(self, value: Mapping[str, Any], place: str, way_out: str) -> None:
        super().__init__(value)
        self._place, self._way_out = place, way_out

    def __missing__(self, key: str) -> NoReturn:
        raise MissingArtifact(f"{self._place} is damaged: it has no {key!r}. {self._way_out}")
