"""Uploads: a large file that arrives in parts and becomes a file when it is completed.

The parts of an upload are the files in its folder; only the upload itself is in the store.
"""

import hashlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from fastapi import Depends, UploadFile
from pydantic import Field

from local_server import disk
from local_server.files import quota
from local_server.files.answers import FILES, UPLOADS, KeptUpload, Part, Upload, UploadPurpose
from local_server.files.expiry import ExpiresAfter, lifetime, remove_expired
from local_server.files.storage import chunks_of, stored
from local_server.http.errors import ApiError, not_found
from local_server.http.requests import Body, TheSettings, TheStore, only_fields
from local_server.settings import Settings
from local_server.store import Store, new_id

# "expires after an hour after you create it" (docstring of client.uploads.create, openai 3.54).
_SECONDS = 3600
# Parts that arrive at the same time are counted one after the other.
_PLACING = threading.Lock()


class CreateUpload(Body):
    """The body of `uploads.create`. The MIME type is accepted and not used: only the purpose counts here."""

    bytes: Annotated[int, Field(ge=1)]
    filename: Annotated[str, Field(min_length=1)]
    mime_type: str
    purpose: UploadPurpose
    expires_after: ExpiresAfter | None = None


class CompleteUpload(Body):
    """The body of `uploads.complete`."""

    part_ids: Annotated[list[str], Field(min_length=1)]
    md5: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{32}$")] | None = None


def create(settings: TheSettings, store: TheStore, body: CreateUpload) -> Upload:
    """Announce a file. Nothing is reserved: the bytes are counted when the upload is completed."""
    if body.bytes > settings.max_file_bytes:
        message = (
            f"Invalid 'bytes': a file can have at most {settings.max_file_bytes:,} bytes on this server, "
            f"also in parts. Found {body.bytes:,}."
        )
        raise ApiError(400, message, param="bytes", code="invalid_value")
    quota.check(settings, store, quota.in_folders(settings, store))
    now = int(time.time())
    upload: Upload = {
        "id": new_id("upload_", 24),
        "object": "upload",
        "bytes": body.bytes,
        "created_at": now,
        "filename": body.filename,
        "purpose": body.purpose,
        "status": "pending",
        "expires_at": now + _SECONDS,
    }
    # The lifetime of the file is not part of the upload that a client sees.
    kept: KeptUpload = {**upload, "file_lifetime": lifetime(body.purpose, body.expires_after)}
    with store.transaction():
        disk.make_folder(settings.upload_folder(upload["id"]))
        store.add(UPLOADS, kept)
    return upload


def add_part(
    settings: TheSettings,
    store: TheStore,
    upload_id: str,
    data: UploadFile,
    _: Annotated[None, Depends(only_fields("data"))],
) -> Part:
    """Keep one part. Parts may come in any order and at the same time; `complete` names their order."""
    _pending(settings, store, upload_id)
    part_id = new_id("part_", 24)
    draft = settings.temporary / part_id
    folder = settings.upload_folder(upload_id)
    try:
        size = disk.write(draft, chunks_of(data.file))
        if size == 0:
            raise ApiError(400, "The part is empty. Send at least one byte.", param="data")
        if size > settings.max_part_bytes:
            message = f"The part has {size:,} bytes; at most {settings.max_part_bytes:,} are allowed."
            raise ApiError(413, message, param="data")
        with _PLACING:
            total = size + sum(part.stat().st_size for part in folder.iterdir())
            if total > settings.max_file_bytes:
                message = (
                    f"The parts of upload {upload_id} would have {total:,} bytes together; at most "
                    f"{settings.max_file_bytes:,} are kept. Cancel it and create a new one."
                )
                raise ApiError(413, message, param="data")
            quota.check(settings, store, quota.in_folders(settings, store), size)
            disk.rename(draft, folder / part_id)
    except FileNotFoundError:
        # It was completed, cancelled or expired while the part arrived.
        _pending(settings, store, upload_id)
        raise
    finally:
        disk.gone(disk.remove, draft)
    return {"id": part_id, "object": "upload.part", "created_at": int(time.time()), "upload_id": upload_id}


def complete(settings: TheSettings, store: TheStore, upload_id: str, body: CompleteUpload) -> Upload:
    """Put the parts together in the order given, and list the file. A refused upload stays pending."""
    upload = _pending(settings, store, upload_id)
    digest = hashlib.md5(usedforsecurity=False)
    try:
        parts = _parts(settings, upload, body.part_ids)
        with stored(
            settings,
            _chunks(parts, digest),
            filename=upload["filename"],
            purpose=upload["purpose"],
            lifetime=upload.get("file_lifetime"),
        ) as file:
            if body.md5 is not None and body.md5.lower() != digest.hexdigest():
                message = (
                    f"The md5 of the parts in this order is {digest.hexdigest()}, expected {body.md5}. "
                    "Check the order of the part ids, or send the damaged part again."
                )
                raise ApiError(400, message, param="md5", code="invalid_value")
            with store.transaction():
                if not store.move(UPLOADS, upload_id, ("pending",), status="completed", file=file):
                    _pending(settings, store, upload_id)
                store.add(FILES, file)
    except FileNotFoundError:
        # Another request completed or cancelled it while the parts were read.
        _pending(settings, store, upload_id)
        raise
    return _ended(settings, store, upload_id)


def cancel(settings: TheSettings, store: TheStore, upload_id: str) -> Upload:
    """End an upload without a file, and delete its parts."""
    _pending(settings, store, upload_id)

    def move() -> bool:
        return store.move(UPLOADS, upload_id, ("pending",), status="cancelled")

    if not disk.with_reserve(settings.reserve, move):
        _pending(settings, store, upload_id)
    return _ended(settings, store, upload_id)


def _ended(settings: Settings, store: Store, upload_id: str) -> Upload:
    disk.gone(disk.remove_tree, settings.upload_folder(upload_id))
    upload = _existing(store, upload_id)
    del upload["file_lifetime"]
    return upload


def _existing(store: Store, upload_id: str) -> KeptUpload:
    upload = store.get(UPLOADS, upload_id)
    if upload is None:
        raise not_found("Upload", upload_id, param="upload_id")
    return upload


def _pending(settings: Settings, store: Store, upload_id: str) -> KeptUpload:
    """The upload, which must exist and must not have ended."""
    remove_expired(settings, store)
    upload = _existing(store, upload_id)
    if upload["status"] != "pending":
        message = f"Upload {upload_id} is {upload['status']}, expected pending. Create a new upload."
        raise ApiError(400, message, param="upload_id", code="invalid_upload_state")
    return upload


def _parts(settings: Settings, upload: Upload, part_ids: list[str]) -> list[Path]:
    """The files of the parts, which must be parts of this upload and have its bytes together."""
    there = {part.name: part for part in settings.upload_folder(upload["id"]).iterdir()}
    for part_id in part_ids:
        if part_id not in there:
            message = (
                f"Upload {upload['id']} has no part {part_id!r:.80}. "
                "Pass the ids that parts.create returned for this upload."
            )
            raise ApiError(400, message, param="part_ids", code="invalid_value")
        if part_ids.count(part_id) > 1:
            message = (
                f"'part_ids' names {part_id} {part_ids.count(part_id)} times. "
                "Name each part once, in the order of the file."
            )
            raise ApiError(400, message, param="part_ids", code="invalid_value")
    parts = [there[part_id] for part_id in part_ids]
    size = sum(part.stat().st_size for part in parts)
    if size != upload["bytes"]:
        message = (
            f"The {len(parts)} parts have {size:,} bytes together; upload {upload['id']} was created for "
            f"{upload['bytes']:,} bytes. Add the missing part, or leave out what does not belong."
        )
        raise ApiError(400, message, param="part_ids", code="invalid_value")
    return parts


def _chunks(parts: list[Path], digest: "hashlib._Hash") -> Iterator[bytes]:
    """The bytes of all parts, counted into the checksum as they pass."""
    for part in parts:
        with open(part, "rb") as source:
            for chunk in chunks_of(source):
                digest.update(chunk)
                yield chunk
