"""Files: upload, list, read back, delete."""

from typing import Annotated, Literal

from fastapi import Depends, Form, Query, UploadFile
from fastapi.responses import FileResponse

from local_server import disk
from local_server.files import quota
from local_server.files.answers import FILES, File, FileDeleted, UploadPurpose
from local_server.files.content import FileContent
from local_server.files.expiry import FORM_NAMES, ExpiresAfter, expires_after_form, lifetime, remove_expired
from local_server.files.storage import chunks_of, stored
from local_server.http.errors import ApiError, not_found
from local_server.http.pages import PageWithIds, listed, with_ids
from local_server.http.requests import TheSettings, TheStore, only_fields
from local_server.settings import Settings
from local_server.store import Store


def create(
    settings: TheSettings,
    store: TheStore,
    file: UploadFile,
    purpose: Annotated[UploadPurpose, Form()],
    expires_after: Annotated[ExpiresAfter | None, Depends(expires_after_form)],
    _: Annotated[None, Depends(only_fields("file", "purpose", *FORM_NAMES))],
) -> File:
    """Store an upload on disk, then list it. Rows are checked later, by the job, as at OpenAI."""
    # A form can name a charset that decodes to half of a character, which no answer could hold.
    filename = (file.filename or "upload").encode(errors="replace").decode()
    folders = quota.in_folders(settings, store)
    with (
        stored(
            settings,
            chunks_of(file.file),
            filename=filename,
            purpose=purpose,
            lifetime=lifetime(purpose, expires_after),
        ) as kept,
        store.transaction(),
    ):
        quota.check(settings, store, folders, kept["bytes"])
        return store.add(FILES, kept)


def list_files(
    settings: TheSettings,
    store: TheStore,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 10_000,
    order: Literal["asc", "desc"] = "desc",
    purpose: str | None = None,
) -> PageWithIds[File]:
    """List files, newest first."""
    remove_expired(settings, store)
    equal: dict[str, str | None] = {"purpose": purpose} if purpose else {}
    page = listed(store, FILES, after=after, limit=limit, oldest_first=order == "asc", equal=equal)
    return with_ids(page)


def retrieve(settings: TheSettings, store: TheStore, file_id: str) -> File:
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
    return FileContent(path)


def delete(settings: TheSettings, store: TheStore, file_id: str) -> FileDeleted:
    """Delete a file. A job that has not ended keeps its own copy until then."""
    _existing(settings, store, file_id)
    # The list first: when that fails, nothing is lost, and what a crash leaves goes at the next start.
    disk.with_reserve(settings.reserve, lambda: store.delete(FILES, file_id))
    disk.gone(disk.remove, settings.file_path(file_id))
    return {"object": "file", "id": file_id, "deleted": True}


def _existing(settings: Settings, store: Store, file_id: str) -> File:
    remove_expired(settings, store)
    found = store.get(FILES, file_id)
    if found is None:
        raise not_found("File", file_id)
    return found
