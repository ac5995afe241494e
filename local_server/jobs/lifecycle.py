"""The steps of a job's life after its files are checked: begin, take over, conclude, fail.

Order and words of the events are those of public logs of OpenAI jobs (Aug 2024), where known.
"""

import json
from pathlib import Path

from local_server import disk
from local_server.jobs.answers import EVENTS, Event, Job, JobError
from local_server.jobs.methods.answers import in_old_field
from local_server.jobs.methods.settle import with_numbers
from local_server.jobs.results import succeed
from local_server.jobs.store import ACTIVE, JobStore
from local_server.settings import Settings
from local_server.training import specification
from local_server.training.job_log import Line
from local_server.training.measured.metrics import in_words

_WAITING = "Waiting for a free slot: number {} in the queue"
_STARTED = "Fine-tuning job started"
_LOG_TAIL_LINES = 5
_CHARACTERS = 2000
_PARTS = ("training", "validation")
# Of the rows, and what the starting model found of each pair of answers.
_COPIES = ("row.jsonl", *(f"{part}.{kind}" for part in _PARTS for kind in ("jsonl", "reference.json")))


def begin(store: JobStore, job: Job, folder: Path) -> bool:
    """Move a queued job to running, with numbers in place of "auto", when its process has been started.

    Args:
        store: Where the job is.
        job: The job.
        folder: The job folder.

    Returns:
        False when the job was cancelled in the meantime.
    """
    method = with_numbers(job["method"], specification.read(folder))
    with store.transaction():
        if not store.move_job(
            job["id"], ("queued",), status="running", hyperparameters=in_old_field(method), method=method
        ):
            return False
        store.take_turn(job["id"])
        begun, _ = store.page(EVENTS, job_id=job["id"], limit=1, equal={"message": _STARTED})
        store.add_event(job["id"], _beginning(folder) if begun else _STARTED)
        return True


def _beginning(folder: Path) -> str:
    """Say where a job goes on that an earlier process worked on; steps that it repeats give no new events."""
    lines, _ = new_lines(folder / "events.jsonl", 0)
    steps = [line["step"] for line in lines if line["kind"] == "checkpoint"]
    if steps:
        return f"Fine-tuning job resumed from the checkpoint at step {max(steps)}"
    return "Fine-tuning job started again from the first step: it had no checkpoint yet"


def take_over(settings: Settings, store: JobStore, job_id: str) -> None:
    """Turn new lines of the trainer's events.jsonl into events. Safe to repeat, also after a crash.

    Args:
        settings: Folders.
        store: Where the events go.
        job_id: The job.
    """
    lines, position = new_lines(settings.job_folder(job_id) / "events.jsonl", store.bytes_taken(job_id))
    if not lines:
        return
    steps = [line for line in lines if line["kind"] == "metrics"]
    with store.transaction():
        store.set_bytes_taken(job_id, position)
        for line in lines:
            at = line["time"]
            if line["kind"] == "metrics":
                message, data = in_words(line["metrics"]), line["metrics"]
                store.add_event(job_id, message, data=data, type="metrics", created_at=at)
            elif line["kind"] == "chosen":
                store.add_event(job_id, line["message"], data={**line["chosen"]}, created_at=at)
            elif line["kind"] == "reading":
                store.add_event(job_id, line["message"], data={}, created_at=at)
            elif line["kind"] in ("cut", "waiting", "grader"):
                store.add_event(job_id, line["message"], level="warn", data={}, created_at=at)
        if steps:
            store.move_job(job_id, ("running",), estimated_finish=int(steps[-1]["estimated_finish"]))
        for failure in [line for line in lines if line["kind"] == "failed"]:
            if store.job(job_id)["status"] == "paused":
                # It can be resumed: it goes on from an earlier checkpoint.
                store.add_event(job_id, masked(failure["message"]), level="warn", data={})
            fail(store, job_id, failure["code"], failure["message"], failure["param"], failure["further"])


def new_lines(path: Path, position: int) -> tuple[list[Line], int]:
    """The whole lines of an events.jsonl from a byte on, and the byte after them; half a line waits."""
    if not path.exists():
        return [], position
    with open(path, "rb") as file:
        file.seek(position)
        new = file.read()
    new = new[: new.rfind(b"\n") + 1]
    return [json.loads(line) for line in new.splitlines()], position + len(new)


def conclude(settings: Settings, store: JobStore, job_id: str, exit_status: int, *, retry: bool) -> None:
    """Close the books of a job whose process has ended.

    Args:
        settings: Folders.
        store: Where the job is.
        job_id: The job.
        exit_status: Of the process; negative for the signal that killed it.
        retry: A job whose process was killed is queued again, to go on from its last checkpoint.
    """
    folder = settings.job_folder(job_id)
    lines, _ = new_lines(folder / "events.jsonl", 0)
    if lines and lines[-1]["kind"] == "finished":
        take_over(settings, store, job_id)
        metrics = {line["metrics"]["step"]: line["metrics"] for line in lines if line["kind"] == "metrics"}
        succeed(settings, store, store.job(job_id), metrics, lines[-1]["trained_tokens"])
        if store.job(job_id)["status"] == "succeeded":
            # One that was paused just now reads its rows again.
            discard(settings, job_id, checkpoints=False)
        return
    how = (
        f"was killed by signal {-exit_status}" if exit_status < 0 else f"ended with exit status {exit_status}"
    )
    if exit_status < 0 and retry:
        take_over(settings, store, job_id)
        requeue(store, job_id, f"The training process {how}; the job is queued again")
        return
    # Before anything is recorded: on a full disk, only this makes room for the record.
    discard(settings, job_id)
    take_over(settings, store, job_id)
    message = f"The training process {how} before the job was done. Create a new job to try again."
    output = folder / "trainer.log"
    tail = output.read_text(errors="replace").splitlines()[-_LOG_TAIL_LINES:] if output.exists() else []
    fail(store, job_id, "server_error", message, further=[f"trainer.log: {line}" for line in tail])


def requeue(store: JobStore, job_id: str, reason: str) -> None:
    """Put a running job back into the queue.

    Args:
        store: Where the job is.
        job_id: The job.
        reason: Becomes an event.
    """
    with store.transaction():
        if store.move_job(job_id, ("running",), status="queued", estimated_finish=None):
            store.add_event(job_id, reason, level="warn", data={})


def announce_place(store: JobStore, job_id: str, place: int) -> None:
    """Tell a job that it waits, once; `with_place` says at each reading how far it has come.

    An event for each move would be a million events for a queue of 1,400 jobs.

    Args:
        store: Where the events are.
        job_id: A queued job for which no slot is free.
        place: Its place in the queue, from 1.
    """
    last = store.last_event(job_id)
    if last is None or "queue_position" not in (last["data"] or {}):
        store.add_event(job_id, _WAITING.format(place), data={"queue_position": place})


def with_place(store: JobStore, job: Job, events: list[Event]) -> None:
    """Bring the place of a waiting job up to date in the event that told it.

    Args:
        store: Where the queue is.
        job: The job.
        events: Its newest events, newest first; the first one is changed.
    """
    told = bool(events) and "queue_position" in (events[0]["data"] or {})
    if told and job["status"] == "queued" and (place := store.place(job["id"])):
        message, data = _WAITING.format(place), {"queue_position": place}
        events[0] = {**events[0], "message": message, "data": data}


def fail(
    store: JobStore,
    job_id: str,
    code: str,
    message: str,
    param: str | None = None,
    further: list[str] | None = None,
) -> None:
    """End a job as failed, unless it is not active.

    Args:
        store: Where the job is.
        job_id: The job.
        code: OpenAI's error code.
        message: For the person who started it. What it quotes of the rows is masked.
        param: The field of the request that is to blame, or None.
        further: Further problems, which become events of their own.
    """
    message = masked(message)
    with store.transaction():
        error: JobError = {"code": code, "message": message, "param": param}
        if not store.move_job(job_id, ACTIVE, status="failed", error=error):
            return
        for line in further or []:
            store.add_event(job_id, masked(line), level="error", data={})
        store.add_event(job_id, message, level="error", data={"error_code": code})


def masked(text: str) -> str:
    """A text without the personal data and keys of the rows that it quotes, at most 2,000 long."""
    # Imported at the first failure: the server must answer within a second after its start.
    from finetune_dataset.quality.private_data import mask_private

    return mask_private(text[:_CHARACTERS] + "…" * (len(text) > _CHARACTERS))


def discard(settings: Settings, job_id: str, *, checkpoints: bool = True) -> None:
    """Delete what a job that has ended does not need any more.

    Args:
        settings: Folders.
        job_id: The job; its process has ended, or is about to be.
        checkpoints: Also its training state, about 50 MB for each epoch: the job has not succeeded.
    """
    folder = settings.job_folder(job_id)
    if checkpoints:
        disk.gone(disk.remove_tree, folder / "checkpoints")
    for copy in _COPIES:
        disk.gone(disk.remove, folder / copy)
