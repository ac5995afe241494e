"""What a start puts right between the database and the disk.

The order of steps makes it possible. Who creates: a mark in temporary/, the bytes in place, the row, the
mark away. Who deletes: the row, then the bytes. So bytes with a mark and without a row were never listed, and
bytes of a deleted row are due. Other bytes that no row names belong to another database, one that was moved
away: they are kept, in unlisted/.
"""

import logging
from pathlib import Path

from local_server import disk
from local_server.files.answers import FILES
from local_server.jobs.answers import JOBS
from local_server.jobs.lifecycle import discard
from local_server.jobs.models import folder_of
from local_server.jobs.store import FINAL, JobStore
from local_server.settings import Settings

log = logging.getLogger("local_server")


def sweep(settings: Settings, store: JobStore) -> None:
    """Remove what crashes have left, and set aside what nobody knows. Nothing here stops a start.

    Args:
        settings: Folders.
        store: The lists.
    """
    for mark in _inside(settings.temporary):
        if mark.name.startswith("file-") and store.get(FILES, mark.name) is None:
            disk.gone(disk.remove, settings.file_path(mark.name))
        disk.gone(disk.remove_tree if mark.is_dir() else disk.remove, mark)
    which = "kind IN ('file', 'job', 'model')"
    sql = f"SELECT id FROM objects WHERE {which} UNION SELECT id FROM damaged WHERE {which}"
    kept = {object_id for (object_id,) in store.rows(sql)}
    # With the job that a model or a checkpoint was made by.
    deleted: dict[str, str | None] = dict(store.rows(f"SELECT id, job_id FROM deleted WHERE {which}"))
    for place, kind in ((settings.state / "files", FILES), (settings.state / "jobs", JOBS)):
        for path in _inside(place):
            if path.name in deleted:
                disk.gone(disk.remove_tree if path.is_dir() else disk.remove, path)
            elif path.name not in kept:
                _set_aside(settings, path, kind.name)
    for model_id, job_id in deleted.items():
        if job_id is not None:
            disk.gone(disk.remove_tree, folder_of(settings, model_id, job_id))
    for job in store.jobs(*FINAL):
        discard(settings, job["id"], checkpoints=job["status"] != "succeeded")
    disk.keep_reserve(settings.reserve)


def _inside(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        log.error("%s cannot be read: %s", folder, error)
        return []


def _set_aside(settings: Settings, path: Path, kind: str) -> None:
    target = settings.unlisted / path.name
    try:
        disk.make_folder(settings.unlisted)
        disk.rename(path, target)
    except OSError as error:
        log.warning("%s is the %s of no list, and stays there: %s", path, kind, error)
    else:
        log.warning("%s is the %s of no list; it was moved to %s", path, kind, target)
