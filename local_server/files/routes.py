"""Files: upload, list, read back, delete."""

import codecs
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal

from fastapi import Depends, Form, Query, UploadFile
from fastapi.responses import FileResponse

from local_server.files.expiry import FORM_NAMES, ExpiresAfter, expires_after_form, lifetime, remove_expired
from local_server.http.errors import ApiError, not_found
from local_server.http.requests import TheSettings, TheStore, listed, only_fields, with_ids
from local_server.settings import Settings
from local_server.store import Store, new_id

# Purposes that a client may upload for (OpenAI's API reference, read 2026-08-21).
UploadPurpose = Literal["assistants", "batch", "fine-tune", "vision", "user_data", "evals"]
_TEXT_PURPOSES = ("fine-tune", "batch", "evals")
_CHUNK = 1024 * 1024


def create(
    settings: TheSettings,
    store: TheStore,
    file: UploadFile,
    purpose: Annotated[UploadPurpose, Form()],
    expires_after: Annotated[ExpiresAfter | None, Depends(expires_after_form)],
    _: Annotated[None, Depends(only_fields("file", "purpose", *FORM_NAMES))],
) -> dict[str, Any]:
    """Store an upload on disk, then list it. Rows are checked later, by the job, as at OpenAI."""
    # A form can name a charset that decodes to half of a character, which no answer could hold.
    filename = (file.filename or "upload").encode(errors="replace").decode()
    with stored(
        settings,
        chunks_of(file.file),
        filename=filename,
        purpose=purpose,
        lifetime=lifetime(purpose, expires_after),
    ) as kept:
        return store.add("file", kept)


@contextmanager
def stored(
    settings: Settings, chunks: Iterable[bytes], *, filename: str, purpose: str, lifetime: int | None
) -> Iterator[dict[str, Any]]:
    """Bring bytes to their place on disk, for the block that lists them; if it fails, they go again.

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
    # Written elsewhere first: what a killed server leaves there is removed at the next start.
    draft, path = settings.temporary / file_id, settings.file_path(file_id)
    try:
        size = copy(_utf8(chunks, filename) if purpose in _TEXT_PURPOSES else chunks, draft)
        if size == 0:
            message = f"File is empty: '{filename}' has 0 bytes. Upload a file with content."
            raise ApiError(400, message, param="file")
        if size > settings.max_file_bytes:
            message = f"'{filename}' has {size:,} bytes; at most {settings.max_file_bytes:,} are allowed."
            raise ApiError(413, message, param="file")
        draft.replace(path)
        yield file_object(file_id, filename, size, purpose, lifetime)
    except BaseException:
        draft.unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        raise


def chunks_of(source: BinaryIO) -> Iterator[bytes]:
    """The rest of an open file, one megabyte at a time."""
    while chunk := source.read(_CHUNK):
        yield chunk


def copy(chunks: Iterable[bytes], path: Path) -> int:
    """Write chunks to a new file, down to the disk, and return their number of bytes."""
    with open(path, "wb") as target:
        for chunk in chunks:
            target.write(chunk)
        target.flush()
        os.fsync(target.fileno())
        return target.tell()


def _utf8(chunks: Iterable[bytes], name: str) -> Iterator[bytes]:
    """Pass chunks on as long as they are UTF-8. A character may lie across two chunks."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    size = 0
    for chunk in chunks:
        _check_utf8(decoder, chunk, size, name)
        yield chunk
        size += len(chunk)
    _check_utf8(decoder, b"", size, name)


def _check_utf8(decoder: codecs.IncrementalDecoder, chunk: bytes, before: int, name: str) -> None:
    before -= len(decoder.getstate()[0])
    try:
        decoder.decode(chunk, final=not chunk)
    except UnicodeDecodeError as error:
        message = (
            f"Invalid file format for '{name}': expected UTF-8 text, found the byte "
            f"0x{error.object[error.start]:02x} at position {before + error.start:,}. "
            "Save the file as UTF-8 and upload it again."
        )
        raise ApiError(400, message, param="file", code="invalid_file_format") from None


def file_object(
    file_id: str, filename: str, size: int, purpose: str, lifetime: int | None = None
) -> dict[str, Any]:
    """The API's file object. It is `processed` at once: there is nothing to prepare."""
    now = int(time.time())
    return {
        "object": "file",
        "id": file_id,
        "purpose": purpose,
        "filename": filename,
        "bytes": size,
        "created_at": now,
        "expires_at": None if lifetime is None else now + lifetime,
        "status": "processed",
        "status_details": None,
    }


def list_files(
    settings: TheSettings,
    store: TheStore,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 10_000,
    order: Literal["asc", "desc"] = "desc",
    purpose: str | None = None,
) -> dict[str, Any]:
    """List files, newest first."""
    remove_expired(settings, store)
    equal = {"purpose": purpose} if purpose else {}
    page = listed(store, "file", after=after, limit=limit, oldest_first=order == "asc", equal=equal)
    return with_ids(page)


def retrieve(settings: TheSettings, store: TheStore, file_id: str) -> dict[str, Any]:
    """Read one file object."""
    return _existing(settings, store, file_id)


def content(settings: TheSettings, store: TheStore, file_id: str) -> FileResponse:
    """Read a file's bytes."""
    file = _existing(settings, store, file_id)
    path = settings.file_path(file_id)
    if not path.is_file():
        message = (
            f"The bytes of the file '{file_id}' ({file['filename']}) are missing: the server's state folder "
            f"has no files/{file_id} any more. Delete the file and upload it again."
        )
        raise ApiError(404, message, param="id")
    return FileResponse(path, media_type="application/octet-stream")


def delete(settings: TheSettings, store: TheStore, file_id: str) -> dict[str, Any]:
    """Delete a file. Jobs that have started keep their own copy."""
    _existing(settings, store, file_id)
    settings.file_path(file_id).unlink(missing_ok=True)
    store.delete("file", file_id)
    return {"object": "file", "id": file_id, "deleted": True}


def _existing(settings: Settings, store: Store, file_id: str) -> dict[str, Any]:
    remove_expired(settings, store)
    found = store.get("file", file_id)
    if found is None:
        raise not_found("File", file_id)
    return found
