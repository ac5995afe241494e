"""What a project may keep: its files, parts of uploads, what its jobs have made, and its records.

Without projects nothing is counted, and nothing is refused.
"""

from pathlib import Path

from local_server.access.keys import MEGABYTE
from local_server.http.errors import ApiError
from local_server.settings import Settings
from local_server.store import Store

_FOLDERS = "SELECT kind, id FROM objects WHERE project = ? AND project <> '' AND kind IN ('job', 'upload')"
_RECORDS = """SELECT sum(length(CAST(body AS BLOB)) + iif(kind = 'file', json_extract(body, '$.bytes'), 0))
    FROM objects WHERE project = ? AND project <> ''"""


def in_folders(settings: Settings, store: Store) -> int:
    """Bytes in the folders of jobs and uploads. It takes a while: call it outside a transaction.

    Args:
        settings: Where the folders are.
        store: As the project sees it.

    Returns:
        The bytes; 0 without a project.
    """
    if store.project is None:
        return 0
    places = {"job": settings.job_folder, "upload": settings.upload_folder}
    return sum(_size(places[kind](name)) for kind, name in store.rows(_FOLDERS, store.project))


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:
            # A training process removes its older checkpoints.
            continue
    return total


def check(settings: Settings, store: Store, folders: int, more: int = 0) -> None:
    """Refuse what a project has no room for.

    Args:
        settings: The limits.
        store: As the project sees it. In the transaction that adds a file, two at once cannot both pass.
        folders: From `in_folders`.
        more: Bytes that are to be kept; 0 where the project only must not have reached its limit.

    Raises:
        ApiError: 403, with what is kept and what to do.
    """
    if store.project is None or settings.projects is None:
        return
    kept = folders + (store.rows(_RECORDS, store.project)[0][0] or 0)
    limit = settings.projects.limits.storage_mb
    if kept + max(more, 1) <= limit * MEGABYTE:
        return
    message = (
        f"The project '{store.project}' keeps {kept / MEGABYTE:,.1f} MB of the {limit:,} MB that it may keep"
        + (f", and this would be {more / MEGABYTE:,.1f} MB more. " if more else ". ")
        + "Delete what you do not need any more: files (files.delete), models (models.delete), or whole jobs "
        "(DELETE /v1/fine_tuning/jobs/{job_id})."
    )
    raise ApiError(403, message, code="storage_limit_exceeded")
