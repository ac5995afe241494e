"""Rows of the database that are JSON and still not what the server wrote: no such row may stop the others.

What no JSON reader takes was set aside before, by `schema.py`.
"""

import json
import logging
from typing import Any

from pydantic import TypeAdapter, ValidationError

# Pydantic cannot read the TypedDict of Python 3.11.
from typing_extensions import TypedDict

from local_server.files.answers import FILES, UPLOADS, File
from local_server.jobs.answers import CHECKPOINTS, JOBS, Checkpoint, Job, new_job
from local_server.jobs.creation.origin import ORIGINS, Origin
from local_server.jobs.methods.answers import supervised
from local_server.jobs.models import MODELS, Model
from local_server.jobs.store import JobStore

log = logging.getLogger("local_server")


class _KeptUpload(TypedDict):
    """What the server itself reads of an upload."""

    id: str
    bytes: int
    filename: str
    purpose: str
    status: str
    expires_at: int


_SET_ASIDE = "INSERT INTO damaged SELECT seq, kind, id, job_id, body, project FROM objects WHERE id = ?"
_PUT_BACK = """INSERT INTO objects (seq, project, kind, id, body)
    SELECT max(seq), project, ?, id, ? FROM damaged WHERE id = ?"""
# Events are many; `schema.py` has looked at what the server reads of them.
_TYPES: dict[str, TypeAdapter[Any]] = {
    FILES.name: TypeAdapter(File),
    UPLOADS.name: TypeAdapter(_KeptUpload),
    MODELS.name: TypeAdapter(Model),
    ORIGINS.name: TypeAdapter(Origin),
    CHECKPOINTS.name: TypeAdapter(Checkpoint),
    JOBS.name: TypeAdapter(Job),
}
_REASON = (
    "The record of this job in the server's database was damaged, so the job cannot go on. Fields that could "
    "not be read have a default here. Create a new job to try again."
)


def mend(store: JobStore) -> None:
    """Fail each job whose record is damaged, and set the other damaged rows aside.

    Args:
        store: The rows.
    """
    lost = store.rows("SELECT id, body FROM damaged WHERE kind = ?", JOBS.name)
    for job_id, body in lost:
        if store.get(JOBS, job_id) is None:
            _fail(store, job_id, body)
    for kind, adapter in _TYPES.items():
        for object_id, body in store.rows("SELECT id, body FROM objects WHERE kind = ?", kind):
            try:
                adapter.validate_json(body, strict=True)
            except ValidationError as error:
                log.error(
                    "the record of the %s %s in server.db is damaged (%s)",
                    kind, object_id, error.errors(include_input=False)[0]["msg"],
                )  # fmt: skip
                with store.transaction():
                    store.rows(_SET_ASIDE, object_id)
                    store.rows("DELETE FROM objects WHERE id = ?", object_id)
                    if kind == JOBS.name:
                        _fail(store, object_id, body)


def _fail(store: JobStore, job_id: str, body: str) -> None:
    """Put a job in the place of a damaged one, with what can be read of it."""
    job = new_job(
        model="unknown", training_file="unknown", validation_file=None, seed=0, suffix=None, metadata=None,
        method=supervised({"n_epochs": "auto", "batch_size": "auto", "learning_rate_multiplier": "auto"}),
        integrations=[],
    )  # fmt: skip
    whole: dict[str, Any] = {**job, "id": job_id}
    for name, value in _read(body).items():
        if name in whole and _fits(whole | {name: value}):
            whole[name] = value
    end = {
        "status": "failed",
        "finished_at": whole["finished_at"] or whole["created_at"],
        "estimated_finish": None,
        "error": {"code": "server_error", "message": _REASON, "param": None},
    }
    with store.transaction():
        # In the place that the damaged row had on the lists.
        store.rows(_PUT_BACK, JOBS.name, json.dumps({**whole, **end}), job_id)
        store.add_event(job_id, _REASON, level="error", data={"error_code": "server_error"})


def _read(body: str) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _fits(job: dict[str, Any]) -> bool:
    try:
        _TYPES[JOBS.name].validate_python(job, strict=True)
    except ValidationError:
        return False
    return True
