"""Files: upload, list, read back, delete."""

import codecs
import os
import time
from typing import Annotated, Any, Literal

from fastapi import Form, Query, UploadFile
from fastapi.responses import FileResponse

from local_server.context import TheSettings, TheStore, listed, with_ids
from local_server.errors import ApiError, not_found
from local_server.settings import Settings
from local_server.store import new_id

# Purposes that a client may upload for (OpenAI's API reference, read 2026-08-21).
UploadPurpose = Literal["assistants", "batch", "fine-tune", "vision", "user_data", "evals"]
_TEXT_PURPOSES = ("fine-tune", "batch", "evals")
_CHUNK = 1024 * 1024


def create(
    settings: TheSettings, store: TheStore, file: UploadFile, purpose: Annotated[UploadPurpose, Form()]
) -> dict[str, Any]:
    """Store an upload on disk, then list it. Rows are checked later, by the job, as at OpenAI."""
    file_id = new_id("file-", 22)
    path = settings.file_path(file_id)
    try:
        size = _copy(file, settings, file_id, must_be_text=purpose in _TEXT_PURPOSES)
        return store.add("file", file_object(file_id, file.filename or "upload", size, purpose))
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _copy(file: UploadFile, settings: Settings, file_id: str, *, must_be_text: bool) -> int:
    decoder = codecs.getincrementaldecoder("utf-8")()
    size = 0
    with open(settings.file_path(file_id), "wb") as target:
        while chunk := file.file.read(_CHUNK):
            if must_be_text:
                _check_utf8(decoder, chunk, size, file.filename)
            target.write(chunk)
            size += len(chunk)
        if must_be_text:
            _check_utf8(decoder, b"", size, file.filename)
        target.flush()
        os.fsync(target.fileno())
    if size == 0:
        raise ApiError(
            400, f"File is empty: '{file.filename}' has 0 bytes. Upload a file with content.", param="file"
        )
    if size > settings.max_file_bytes:
        raise ApiError(
            413, f"'{file.filename}' has {size:,} bytes; at most {settings.max_file_bytes:,} are allowed."
        )
    return size


def _check_utf8(decoder: codecs.IncrementalDecoder, chunk: bytes, before: int, name: str | None) -> None:
    try:
        decoder.decode(chunk, final=not chunk)
    except UnicodeDecodeError as error:
        message = (
            f"Invalid file format for '{name}': expected UTF-8 text, found the byte "
            f"0x{error.object[error.start]:02x} near position {before + error.start:,}. "
            "Save the file as UTF-8 and upload it again."
        )
        raise ApiError(400, message, param="file", code="invalid_file_format") from None


def file_object(file_id: str, filename: str, size: int, purpose: str) -> dict[str, Any]:
    """The API's file object. It is `processed` at once: there is nothing to prepare."""
    return {
        "object": "file",
        "id": file_id,
        "purpose": purpose,
        "filename": filename,
        "bytes": size,
        "created_at": int(time.time()),
        "expires_at": None,
        "status": "processed",
        "status_details": None,
    }


def list_files(
    store: TheStore,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 10_000,
    order: Literal["asc", "desc"] = "desc",
    purpose: str | None = None,
) -> dict[str, Any]:
    """List files, newest first."""
    equal = {"purpose": purpose} if purpose else {}
    page = listed(store, "file", after=after, limit=limit, oldest_first=order == "asc", equal=equal)
    return with_ids(page)


def retrieve(store: TheStore, file_id: str) -> dict[str, Any]:
    """Read one file object."""
    return _existing(store, file_id)


def content(settings: TheSettings, store: TheStore, file_id: str) -> FileResponse:
    """Read a file's bytes."""
    _existing(store, file_id)
    return FileResponse(settings.file_path(file_id), media_type="application/octet-stream")


def delete(settings: TheSettings, store: TheStore, file_id: str) -> dict[str, Any]:
    """Delete a file. Jobs that have started keep their own copy."""
    _existing(store, file_id)
    store.delete("file", file_id)
    settings.file_path(file_id).unlink(missing_ok=True)
    return {"object": "file", "id": file_id, "deleted": True}


def _existing(store: TheStore, file_id: str) -> dict[str, Any]:
    found = store.get("file", file_id)
    if found is None:
        raise not_found("File", file_id)
    return found
