"""Projects as the server's owner sees them: list them, and purge one.

`GET /v1/organization/projects` is OpenAI's (`client.admin.organization.projects`), a purge is ours.
"""

import time
from pathlib import Path
from typing import Annotated, Literal

from fastapi import Query, Request

from local_server import disk
from local_server.access.keys import Projects
from local_server.files.answers import FILES, UPLOADS
from local_server.http.answers import Answer
from local_server.http.errors import ApiError
from local_server.http.requests import TheSettings
from local_server.jobs.answers import JOBS
from local_server.jobs.forget import forget
from local_server.jobs.lifecycle import discard
from local_server.jobs.store import UNFINISHED, JobStore, TheJobs
from local_server.settings import Settings

_ALL = 1_000_000
# What was not seen for so long does not come back. What does is removed at the next start.
_GONE_SECONDS = 0.5


class Project(Answer):
    """The API's project object. Its id is its name."""

    id: str
    object: Literal["organization.project"]
    name: str
    created_at: int
    archived_at: None
    status: Literal["active"]


class ProjectPage(Answer):
    """One page of projects."""

    object: Literal["list"]
    data: list[Project]
    first_id: str | None
    last_id: str | None
    has_more: bool


class Purged(Answer):
    """What was removed of a project."""

    id: str
    object: Literal["organization.project.purged"]
    jobs: int
    files: int


async def list_projects(
    request: Request,
    settings: TheSettings,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> ProjectPage:
    """List the projects, in the order of their names."""
    projects = _of_owner(request, settings)
    names = sorted(projects.names.values())
    if after is not None and after not in names:
        message = f"Invalid 'after': this list has no project with the id '{after:.80}'."
        raise ApiError(400, message, param="after")
    left = [name for name in names if after is None or name > after]
    page: list[Project] = [
        {
            "id": name,
            "object": "organization.project",
            "name": name,
            "created_at": projects.created,
            "archived_at": None,
            "status": "active",
        }
        for name in left[:limit]
    ]
    return {
        "object": "list",
        "data": page,
        "first_id": page[0]["id"] if page else None,
        "last_id": page[-1]["id"] if page else None,
        "has_more": len(left) > limit,
    }


def purge(request: Request, settings: TheSettings, store: TheJobs, project_id: str) -> Purged:
    """Remove all that a project keeps: its jobs are ended, and go with files, models and responses.

    Its key stays. It also takes a project that is no longer in the file. OpenAI has no such call.
    """
    projects = _of_owner(request, settings)
    kept = store.rows("SELECT 1 FROM objects WHERE project = ? AND project <> '' LIMIT 1", project_id)
    if not kept and not projects.has(project_id):
        message = f"No such project: '{project_id:.80}'. It is not in the file that --projects names."
        raise ApiError(404, message, param="project_id")
    view = store.of(project_id)
    unfinished = view.jobs(*UNFINISHED)
    for job in unfinished:
        disk.with_reserve(settings.reserve, lambda job_id=job["id"]: _end(view, job_id))  # type: ignore[misc]
        discard(settings, job["id"])
    jobs, _ = view.page(JOBS, limit=_ALL)
    for job in jobs:
        forget(settings, view, job)
    files, _ = view.page(FILES, limit=_ALL)
    uploads, _ = view.page(UPLOADS, limit=_ALL)
    disk.with_reserve(settings.reserve, lambda: _forget_rows(view))
    _remove_for_good([settings.job_folder(job["id"]) for job in unfinished])
    for file in files:
        disk.gone(disk.remove, settings.file_path(file["id"]))
    for upload in uploads:
        disk.gone(disk.remove_tree, settings.upload_folder(upload["id"]))
    return {
        "id": project_id,
        "object": "organization.project.purged",
        "jobs": len(jobs),
        "files": len(files),
    }


def _of_owner(request: Request, settings: Settings) -> Projects:
    """The projects, for the server's own key alone."""
    if settings.projects is None:
        message = (
            "This server has no projects: it was started without --projects. "
            "`python -m local_server.projects make` makes the file for it."
        )
        raise ApiError(404, message, code="unsupported_route")
    if request.state.project is not None:
        message = (
            "You have insufficient permissions for this operation: it needs the server's own key, which "
            "server.json holds, without the header OpenAI-Project."
        )
        raise ApiError(403, message, code="insufficient_permissions")
    return settings.projects


def _end(store: JobStore, job_id: str) -> None:
    store.move_job(job_id, UNFINISHED, status="cancelled")


def _remove_for_good(folders: list[Path]) -> None:
    """Remove folders in which a training process may still write: the runner ends it in its next round."""
    last_seen = time.monotonic()
    deadline = last_seen + 20 * _GONE_SECONDS
    while folders and time.monotonic() < min(deadline, last_seen + _GONE_SECONDS):
        for folder in folders:
            if folder.exists():
                last_seen = time.monotonic()
                disk.gone(disk.remove_tree, folder)
        time.sleep(0.1)


def _forget_rows(store: JobStore) -> None:
    with store.transaction():
        # As for a single file: where a crash leaves the bytes, the next start finds them here.
        store.rows(
            "INSERT OR IGNORE INTO deleted SELECT id, kind, seq, job_id, project FROM objects "
            "WHERE project = ? AND project <> '' AND kind IN (?, ?)",
            store.project, FILES.name, JOBS.name,
        )  # fmt: skip
        for table in ("objects", "damaged"):
            store.rows(f"DELETE FROM {table} WHERE project = ?", store.project)
