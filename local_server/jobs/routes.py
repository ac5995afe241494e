"""Fine-tuning jobs: create, read, cancel, events, checkpoints. The training itself is in runner.py."""

import json
import re
import sqlite3
from typing import Annotated, Any

from anyio import from_thread
from fastapi import Query, Request

from local_server import disk
from local_server.files import quota
from local_server.files.answers import FILES
from local_server.graders.checking import check
from local_server.graders.types import understood
from local_server.http.answers import Json
from local_server.http.errors import ApiError
from local_server.http.pages import Page, PageWithIds, kept_texts, listed, page_of_texts, with_ids
from local_server.http.requests import METADATA_PAIRS, TheSettings
from local_server.jobs import answers
from local_server.jobs.answers import CHECKPOINTS, EVENTS, JOBS, Checkpoint, Event, Job, Status
from local_server.jobs.creation.bodies import (
    CreateJob,
    asked_way,
    kept_integration,
    warnings_of,
)
from local_server.jobs.creation.graders import PLACE, check_possible
from local_server.jobs.creation.limits import check_number
from local_server.jobs.creation.methods import asked_method
from local_server.jobs.creation.origin import keep_origin
from local_server.jobs.lifecycle import discard, with_place
from local_server.jobs.models import find_model
from local_server.jobs.store import ACTIVE, UNFINISHED, JobStore, TheJobs
from local_server.settings import Settings
from local_server.store import Query as Narrowed, Store

PageSize = Annotated[int, Query(ge=1, le=1000)]


def create(request: Request, settings: TheSettings, store: TheJobs, body: CreateJob) -> Job:
    """Create a job. Its files are checked afterwards, so a bad row fails the job and not this call."""
    if not settings.training_available:
        message = (
            "This organization cannot create fine-tuning jobs: training is not available to new "
            "organizations. The local server was started with --training-not-available, to show this answer."
        )
        raise ApiError(403, message, code="training_not_available")
    method, way, warnings = (
        asked_method(body.method, body.hyperparameters),
        asked_way(body),
        warnings_of(body),
    )
    found = find_model(settings, store, body.model)
    if found is None:
        message = (
            f"Model {body.model} is not available for fine-tuning or does not exist. "
            f"This server trains {settings.base_model_names} and models made from them."
        )
        raise ApiError(400, message, code="model_not_available", param="model")
    if "reinforcement" in method:
        _check_grader(request, settings, store, body, method["reinforcement"]["grader"])
    _check_file(store, body.training_file, "training_file")
    if body.validation_file is not None:
        _check_file(store, body.validation_file, "validation_file")
    quota.check(settings, store, quota.in_folders(settings, store))
    job = answers.new_job(
        model=found.model["id"],
        training_file=body.training_file,
        validation_file=body.validation_file,
        method=method,
        seed=body.seed,
        suffix=body.suffix,
        metadata=body.metadata,
        integrations=[kept_integration(item) for item in body.integrations or []],
        way=way,
    )
    with store.transaction():
        check_number(settings, store)
        store.add(JOBS, job)
        keep_origin(store, job["id"], model=found.exact, family=found.family, base=found.base)
        store.add_event(job["id"], f"Created fine-tuning job: {job['id']}", data={})
        files = f"Validating training file: {body.training_file}"
        if body.validation_file is not None:
            files += f" and validation file: {body.validation_file}"
        if found.alias is not None:
            message = (
                f"The model {job['model']} is an alias here: the job trains {found.base.id} "
                f"(the server was started with --alias '{found.alias}={found.base.id}')"
            )
            store.add_event(job["id"], message, data={})
        store.add_event(job["id"], files, data={})
        for kind in sorted({integration["type"] for integration in job["integrations"]}):
            warnings.append(f"The integration '{kind}' is not available here: nothing is sent to it.")
        for message in warnings:
            store.add_event(job["id"], message, level="warn", data={})
    return job


def _check_grader(
    request: Request, settings: Settings, store: JobStore, body: CreateJob, given: dict[str, Any]
) -> None:
    if body.validation_file is None:
        message = (
            "Missing required parameter: 'validation_file'. A reinforcement job is judged by its rewards on "
            "rows that it does not train on: upload some of your rows as a second file."
        )
        raise ApiError(400, message, param="validation_file", code="missing_required_parameter")
    grader = understood(given, tuple(PLACE.split(".")))
    check_possible(settings, store, grader, PLACE)
    # This route runs in a thread, and the sandbox belongs to the loop of the server.
    from_thread.run(check, grader, PLACE, request.app.state.sandbox)


def _check_file(store: Store, file_id: str, param: str) -> None:
    file = store.get(FILES, file_id)
    if file is None:
        raise ApiError(
            404, f"The file '{file_id}' does not exist. Upload it first.", param=param, code="file_not_found"
        )
    if file["purpose"] != "fine-tune":
        message = (
            f"Invalid '{param}': the file '{file_id}' has the purpose '{file['purpose']}', expected "
            "'fine-tune'. Upload it again with purpose='fine-tune'."
        )
        raise ApiError(400, message, param=param, code="invalid_file_purpose")


def list_jobs(request: Request, store: TheJobs, after: str | None = None, limit: PageSize = 20) -> Page[Job]:
    """List jobs, newest first; `metadata[key]=value` narrows the list, `metadata=null` to jobs without."""
    return listed(store, JOBS, after=after, limit=limit, **_metadata_filter(request))


def _metadata_filter(request: Request) -> Narrowed:
    found = {name: value for name, value in request.query_params.items() if name.startswith("metadata")}
    # The syntax is that of the SDK's docstring (openai 3.54).
    if found == {"metadata": "null"}:
        return {"equal": {"metadata": None}}
    if len(found) > METADATA_PAIRS or not all(
        re.fullmatch(r"metadata\[.*\]", name, re.DOTALL) for name in found
    ):
        message = (
            f"Invalid 'metadata': expected at most {METADATA_PAIRS} pairs, each written as "
            f"metadata[key]=value, or metadata=null alone. Found {', '.join(found):.80}."
        )
        raise ApiError(400, message, param="metadata", code="invalid_value")
    return {"metadata": {name[len("metadata[") : -1]: value for name, value in found.items()}}


# Learners poll this and `list_events`. Without a thread for each call, and without FastAPI's copy of the
# answer, a page of events takes 0.6 ms of CPU time instead of 1.5; handed on as it is kept, 0.4 (measured
# Nov 2026).
async def retrieve(store: TheJobs, job_id: str) -> Json[Job]:
    """Read one job."""
    return Json.of_text(_existing_text(store, job_id))


def _existing(store: JobStore, job_id: str) -> Job:
    job: Job = json.loads(_existing_text(store, job_id))
    return job


def _existing_text(store: JobStore, job_id: str) -> str:
    text = store.text(JOBS, job_id)
    if text is None:
        message = f"Could not find fine tune: {job_id}"
        raise ApiError(404, message, code="fine_tune_not_found", param="fine_tune_id")
    return text


def cancel(settings: TheSettings, store: TheJobs, job_id: str) -> Job:
    """Cancel a job that has not ended. Its training process is ended. This works on a full disk too."""
    try:
        job = _move(settings, store, job_id, UNFINISHED, "cancelled", "Fine-tuning job cancelled")
    except (OSError, sqlite3.OperationalError) as error:
        if not disk.is_full(error):
            raise
        # The job will not go on: its checkpoints make the room for the record.
        discard(settings, job_id)
        job = _move(settings, store, job_id, UNFINISHED, "cancelled", "Fine-tuning job cancelled")
    # A process that still runs is ended by the runner, which does this once more.
    discard(settings, job_id)
    return job


def pause(settings: TheSettings, store: TheJobs, job_id: str) -> Job:
    """Pause a job. Its training process keeps a checkpoint at its next step, and ends."""
    return _move(settings, store, job_id, ACTIVE, "paused", "Fine-tuning job paused")


def resume(settings: TheSettings, store: TheJobs, job_id: str) -> Job:
    """Put a paused job back into the queue. It goes on from where it stopped, with the very same losses."""
    _existing(store, job_id)
    checked = (settings.job_folder(job_id) / "job.json").exists()
    status: Status = "queued" if checked else "validating_files"
    next_step = "it is queued again" if checked else "its files are checked"
    return _move(settings, store, job_id, ("paused",), status, f"Fine-tuning job resumed; {next_step}")


def _move(
    settings: Settings, store: JobStore, job_id: str, expected: tuple[Status, ...], status: Status, event: str
) -> Job:
    """Carry out what a client asks for, when the job's status allows it."""

    def move() -> None:
        with store.transaction():
            job = _existing(store, job_id)
            if not store.move_job(job_id, expected, status=status, estimated_finish=None):
                message = (
                    f"The job {job_id} is {job['status']}. "
                    f"This call needs a job that is {' or '.join(expected)}."
                )
                raise ApiError(400, message, code="invalid_job_state")
            store.add_event(job_id, event, data={})

    disk.with_reserve(settings.reserve, move)
    return _existing(store, job_id)


async def list_events(
    store: TheJobs, job_id: str, after: str | None = None, limit: PageSize = 20
) -> Json[Page[Event]]:
    """List a job's events, newest first."""
    job = _existing_text(store, job_id)
    texts, has_more = kept_texts(store, EVENTS, after=after, limit=limit, job_id=job_id)
    if after is None and texts and '"queue_position"' in texts[0]:
        newest: list[Event] = [json.loads(texts[0])]
        with_place(store, json.loads(job), newest)
        texts[0] = json.dumps(newest[0])
    return page_of_texts(texts, has_more)


def list_checkpoints(
    store: TheJobs, job_id: str, after: str | None = None, limit: PageSize = 10
) -> PageWithIds[Checkpoint]:
    """List a job's checkpoints, newest first."""
    _existing(store, job_id)
    return with_ids(listed(store, CHECKPOINTS, after=after, limit=limit, job_id=job_id))
