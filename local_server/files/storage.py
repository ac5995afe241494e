"""Bytes on their way to the disk: never whole in memory, and checked as they pass."""

import codecs
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from finetune_dataset.shapes.containers import other_kind, unicode_encoding
from local_server import disk
from local_server.files.answers import File, UploadPurpose, new_file
from local_server.http.errors import ApiError
from local_server.settings import Settings
from local_server.store import new_id

_TEXT_PURPOSES = ("fine-tune", "batch", "evals")
# Enough to tell what a file is that is no text.
_LOOKED_AT = 400
_CHUNK = 1024 * 1024


@contextmanager
def placed(settings: Settings, file_id: str, chunks: Iterable[bytes]) -> Iterator[int]:
    """Bring bytes to their place on disk, for the block that lists them; if it fails, they go again.

    Args:
        settings: Folders.
        file_id: The id of the new file.
        chunks: The content, never whole in memory.

    Yields:
        The number of bytes.
    """
    # Written elsewhere first. As long as the mark is there, the bytes are in no list: after a crash, the next
    # start removes both (jobs/upkeep/sweep.py).
    mark, path = settings.temporary / file_id, settings.file_path(file_id)
    draft = settings.temporary / f"{file_id}.new"
    try:
        size = disk.write(draft, chunks)
        disk.write(mark, [])
        disk.rename(draft, path)
        yield size
    except BaseException:
        for left in (draft, path, mark):
            disk.gone(disk.remove, left)
        raise
    disk.gone(disk.remove, mark)


@contextmanager
def stored(
    settings: Settings,
    chunks: Iterable[bytes],
    *,
    filename: str,
    purpose: UploadPurpose,
    lifetime: int | None,
) -> Iterator[File]:
    """Check bytes and bring them to their place on disk, for the block that lists them.

    Args:
        settings: Folders and the size limit.
        chunks: The content, never whole in memory.
        filename: What the client calls it. It is only kept, never used as a path.
        purpose: Decides whether the content must be UTF-8 text.
        lifetime: Seconds until the file expires, or None.

    Yields:
        The API's file object, which is not in the store yet.

    Raises:
        ApiError: The content is empty, too large or not UTF-8.
    """
    file_id = new_id("file-", 22)
    checked = _utf8(chunks, filename) if purpose in _TEXT_PURPOSES else chunks
    with placed(settings, file_id, checked) as size:
        if size == 0:
            message = f"File is empty: '{filename}' has 0 bytes. Upload a file with content."
            raise ApiError(400, message, param="file")
        if size > settings.max_file_bytes:
            message = f"'{filename}' has {size:,} bytes; at most {settings.max_file_bytes:,} are allowed."
            raise ApiError(413, message, param="file")
        yield new_file(file_id, filename, size, purpose, lifetime)


def chunks_of(source: BinaryIO) -> Iterator[bytes]:
    """Read the rest of an open file, one megabyte at a time."""
    while chunk := source.read(_CHUNK):
        yield chunk


def _utf8(chunks: Iterable[bytes], name: str) -> Iterator[bytes]:
    """Pass chunks on as long as they are UTF-8. A character may lie across two chunks."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    size, start = 0, b""
    for chunk in chunks:
        start = start or chunk[:_LOOKED_AT]
        _check_utf8(decoder, chunk, size, name, start)
        yield chunk
        size += len(chunk)
    _check_utf8(decoder, b"", size, name, start)


def _check_utf8(
    decoder: codecs.IncrementalDecoder, chunk: bytes, before: int, name: str, start: bytes
) -> None:
    before -= len(decoder.getstate()[0])
    try:
        decoder.decode(chunk, final=not chunk)
    except UnicodeDecodeError as error:
        found = f"the byte 0x{error.object[error.start]:02x} at position {before + error.start:,}"
        advice = "Save the file as UTF-8 and upload it again."
        if kind := other_kind(start):
            # A packed file would not become a text by saving it again.
            found, advice = kind
        elif encoding := unicode_encoding(start):
            found = f"{encoding[:6].upper()} text"
        message = f"Invalid file format for '{name}': expected UTF-8 text, found {found}. {advice}"
        raise ApiError(400, message, param="file", code="invalid_file_format") from None
