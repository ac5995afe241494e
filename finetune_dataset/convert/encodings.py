"""The text of a file in an unknown encoding: UTF-8 where it is UTF-8, and never a guess without a word.

A CSV file does not say its encoding. Nearly every text that is valid UTF-8 is UTF-8; all bytes are valid
cp1252, so that reading them as cp1252 proves nothing.
"""

import codecs
import re
from pathlib import Path

from finetune_dataset.errors import DatasetError
from finetune_dataset.files import open_source
from finetune_dataset.rules.damage import find_damage
from finetune_dataset.rules.limits import MAX_TABLE_BYTES
from finetune_dataset.shapes.containers import kind_of_table, unicode_encoding

# So many bytes show what a file is.
_LOOKED_AT = 400
_NO_TEXT = 0.03  # Random bytes have 11 % control characters, texts in an encoding with one byte none.
# What Excel calls "CSV" on Windows; its files have this encoding where nothing else is said.
_USUAL = "cp1252"


def read_text(path: Path, encoding: str | None, notes: list[str]) -> str:
    """Read a text file, and say which encoding was used where that was not plain UTF-8.

    Args:
        path: The file.
        encoding: Its encoding; None finds UTF-8, and UTF-16 or UTF-32 with or without its mark.
        notes: Gets a sentence about the encoding.

    Returns:
        The text, without a byte order mark.

    Raises:
        DatasetError: The file cannot be opened, is too large or of another kind, or its bytes are no text in
            the encoding; the message shows how they read in cp1252, so that a reader can decide.
    """
    with open_source(path) as source:
        raw = source.read(MAX_TABLE_BYTES + 1)
    if len(raw) > MAX_TABLE_BYTES:
        raise DatasetError(
            f"{path.name} has more than {MAX_TABLE_BYTES:,} bytes. Save parts of it in several files."
        )
    if kind := kind_of_table(raw[:_LOOKED_AT]):
        raise DatasetError(f"{path.name} is {kind[0]}; expected a table. {kind[1]}")
    chosen = encoding or unicode_encoding(raw[:_LOOKED_AT]) or "utf-8-sig"
    text = _decoded(raw, chosen, path)
    if not raw.isascii():
        why = "as asked for" if encoding else "as its bytes show"
        notes.append(f"encoding: {chosen.removesuffix('-sig').upper()}, {why}")
        if not _is_utf8(chosen) and encoding and _is_valid_utf8(raw):
            notes.append(
                f"These bytes are valid UTF-8, too, and then the text is {_sample(raw, 'utf-8')!r}; as "
                f"{encoding} it is {_sample(raw, encoding)!r}. If the first reads well, use that."
            )
    garbled = next((each for each in find_damage(text, str) if each.code == "garbled_text"), None)
    lost = text.count("\ufffd")
    if garbled:
        around = text[max(0, garbled.start - 15) : garbled.end + 15].replace("\n", " ").strip()
        notes.append(
            f"garbled text in {garbled.count:,} places, as in {around!r}: the file was probably read in a "
            "wrong encoding before it was saved, or the encoding is another one."
        )
    if lost:
        notes.append(f"{lost:,} × U+FFFD: characters that were lost before the file was saved.")
    return text


def _decoded(raw: bytes, encoding: str, path: Path) -> str:
    try:
        return raw.decode(encoding)
    except LookupError:
        raise DatasetError(f'There is no encoding {encoding!r}. Try "utf-8" or "{_USUAL}".') from None
    except UnicodeDecodeError as error:
        if share := _control_share(raw):
            raise DatasetError(
                f"{path.name} is no text: {share:.0%} of its first bytes are control characters. Expected a "
                "table as CSV (UTF-8) or .xlsx. Give the file with the examples."
            ) from None
        line = raw.count(b"\n", 0, error.start) + 1
        name = encoding.removesuffix("-sig")
        around = raw[max(0, error.start - 15) : error.start + 15]
        sample = re.sub(r"[\r\n]", " ", around.decode(_USUAL, errors="replace"))
        raise DatasetError(
            f"{path.name}, line {line}: the byte 0x{raw[error.start]:02x} is not {name}. Excel on "
            f'Windows saves "CSV" as {_USUAL}, and then the text here is {sample!r}. If that reads well, '
            f'call this again with encoding="{_USUAL}"; or save the file as "CSV UTF-8".'
        ) from None


def _control_share(raw: bytes) -> float:
    """Return the share of control characters in the first bytes; 0 for so few that it may be a text."""
    looked_at = raw[:_LOOKED_AT]
    share = sum(byte < 32 and byte not in b"\t\n\f\r" for byte in looked_at) / max(1, len(looked_at))
    return share if share > _NO_TEXT else 0.0


def _is_utf8(encoding: str) -> bool:
    return codecs.lookup(encoding).name in ("utf-8", "utf-8-sig")


def _is_valid_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _sample(raw: bytes, encoding: str) -> str:
    """Return the text around the first character that is not ASCII."""
    at = next(place for place, byte in enumerate(raw) if byte > 127)
    around = raw[max(0, at - 15) : at + 15]
    return re.sub(r"[\r\n]", " ", around.decode(encoding, errors="ignore"))
