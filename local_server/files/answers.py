"""What clients read about files and uploads, and what the store keeps of them."""

import time
from typing import Annotated, Literal, NotRequired

from pydantic import Field

from local_server.http.answers import Answer
from local_server.store import Kind

# Purposes that a client may upload for (OpenAI's API reference, read 2026-08-21).
UploadPurpose = Literal["assistants", "batch", "fine-tune", "vision", "user_data", "evals"]
FilePurpose = UploadPurpose | Literal["fine-tune-results"]


class File(Answer):
    """The API's file object."""

    object: Literal["file"]
    id: str
    purpose: FilePurpose
    filename: str
    bytes: int
    created_at: Annotated[int, Field(description="Unix seconds, like every time here.")]
    expires_at: int | None
    status: Literal["processed"]
    status_details: None


class FileDeleted(Answer):
    """What a client reads when it has deleted a file."""

    id: str
    object: Literal["file"]
    deleted: Literal[True]


class Upload(Answer):
    """The API's upload object."""

    id: str
    object: Literal["upload"]
    bytes: int
    created_at: int
    filename: str
    purpose: UploadPurpose
    status: Literal["pending", "completed", "cancelled"]
    expires_at: int
    file: NotRequired[Annotated[File, Field(description="Only when the upload is completed.")]]


class KeptUpload(Upload):
    """An upload in the store. The lifetime of its file, in seconds, is not part of what a client sees."""

    file_lifetime: NotRequired[int | None]


class Part(Answer):
    """The API's object for one part of an upload."""

    id: str
    object: Literal["upload.part"]
    created_at: int
    upload_id: str


FILES = Kind[File]("file")
UPLOADS = Kind[KeptUpload]("upload")


def new_file(
    file_id: str, filename: str, size: int, purpose: FilePurpose, lifetime: int | None = None
) -> File:
    """Make the API's file object. It is `processed` at once: there is nothing to prepare.

    Args:
        file_id: Its id.
        filename: What the client calls it.
        size: Its bytes.
        purpose: What it is for.
        lifetime: Seconds until it expires, or None.

    Returns:
        The object, created now.
    """
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
