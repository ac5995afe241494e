"""What ends by itself: files whose `expires_at` is over, and uploads that nobody completed in time.

There is one mechanism: `remove_expired`. The runner calls it ten times a second, and every route of files
and uploads calls it before it reads. What it removes is deleted, so it stays away
after a restart and when the clock is set back.
"""

import time
from typing import Annotated, Literal

from fastapi import Form
from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from local_server import disk
from local_server.files.answers import FILES, UPLOADS
from local_server.http.errors import ApiError
from local_server.http.requests import Body
from local_server.settings import Settings
from local_server.store import Store

# 1 hour to 30 days; batch files get 30 days when nothing is asked (openai.types.FileCreateParams, 3.54).
Seconds = Annotated[int, Field(ge=3600, le=2_592_000)]
_BATCH_SECONDS = 2_592_000
FORM_NAMES = ("expires_after[anchor]", "expires_after[seconds]")
# A form has no null: a field that is not wanted is not sent.
NotSent = SkipJsonSchema[None]


class ExpiresAfter(Body):
    """When a file should go, counted from its creation."""

    anchor: Literal["created_at"]
    seconds: Seconds


def expires_after_form(
    anchor: Annotated[Literal["created_at"] | NotSent, Form(alias=FORM_NAMES[0])] = None,
    seconds: Annotated[Seconds | NotSent, Form(alias=FORM_NAMES[1])] = None,
) -> ExpiresAfter | None:
    """Read `expires_after` from a multipart form, where the SDK sends one field for each key.

    Args:
        anchor: The field `expires_after[anchor]`.
        seconds: The field `expires_after[seconds]`.

    Returns:
        What was asked for; None when neither field was sent.

    Raises:
        ApiError: Only one of both was sent.
    """
    if anchor is None and seconds is None:
        return None
    if anchor is not None and seconds is not None:
        return ExpiresAfter(anchor=anchor, seconds=seconds)
    param = f"expires_after.{'anchor' if anchor is None else 'seconds'}"
    message = f"Missing required parameter: '{param}'."
    raise ApiError(400, message, code="missing_required_parameter", param=param)


def lifetime(purpose: str, expires_after: ExpiresAfter | None) -> int | None:
    """Work out how long a new file lives.

    Args:
        purpose: Of the file.
        expires_after: As asked for, or None.

    Returns:
        Seconds, or None when it stays until it is deleted.
    """
    if expires_after is not None:
        return expires_after.seconds
    return _BATCH_SECONDS if purpose == "batch" else None


def remove_expired(settings: Settings, store: Store) -> None:
    """Delete expired files with their bytes, and the parts of uploads that have ended.

    Args:
        settings: Where the bytes are.
        store: Where the objects are.
    """
    # The folders are those of all projects: in the view of one, the others' would seem to be nobody's.
    store = store.of(None)
    now = time.time()
    for file_id in store.expired(FILES, now):
        # The list first: what a crash leaves of the bytes goes at the next start.
        store.delete(FILES, file_id)
        disk.gone(disk.remove, settings.file_path(file_id))
    # A pending upload always has its folder; after a crash, an ended one may still have it.
    for folder in settings.uploads.iterdir():
        upload = store.get(UPLOADS, folder.name)
        if upload is None or upload["status"] != "pending" or upload["expires_at"] <= now:
            store.move(UPLOADS, folder.name, ("pending",), status="expired")
            disk.gone(disk.remove_tree, folder)
