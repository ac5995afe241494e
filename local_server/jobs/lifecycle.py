"""The steps of a job's life after its creation: queue, begin, take over, conclude, fail.

Order and words of the events are those of public logs of OpenAI jobs (Aug 2024), where known.
"""

import json
import shutil
from pathlib import Path

from local_server.jobs.answers import EVENTS, Hyperparameters, Job, JobError, supervised
from local_server.jobs.results import succeed
from local_server.jobs.store import ACTIVE, JobStore
from local_server.settings import Settings
from local_server.training import specification
from local_server.training.job_log import DISK_FULL, Line, StepMetrics, disk_is_full

_STARTED = "Fine-tuning job started"
_LOG_TAIL_LINES = 5


def queue(store: JobStore, job: Job, folder: Path, rows: int) -> None:
    """Settle the hyperparameters in job.json, and move a checked job to the queue.

    Args:
        store: Where the job is.
        job: The job.
        folder: The job folder, with copies of the files.
        rows: Rows of the training file.
    """
    asked = job["hyperparameters"]
    settled = specification.settled(
        asked["n_epochs"],
        asked["batch_size"],
        asked["learning_rate_multiplier"],
        rows=rows,
        seed=job["seed"],
    )
    specification.write(folder, settled)
    with store.transaction():
        if store.move_job(job["id"], ("validating_files",), status="queued"):
            store.add_event(job["id"], "Files validated, moving job to queued state", data={})


def warn_of_overlap(store: JobStore, job_id: str, rows: list[int]) -> None:
    """Say which validation rows the model is also trained on; the job goes on, as at OpenAI.

    Args:
        store: Where the events are.
        job_id: The job.
        rows: Row numbers in the validation file, from 1; none, and nothing is said.
    """
    if rows:
        first = ", ".join(str(row) for row in rows[:5]) + (", …" if len(rows) > 5 else "")
        message = (
            f"{len(rows)} example(s) of the validation file are also in the training file: {first}. "
            "The validation loss will look better than it is. Leave them out of one of the files."
        )
        store.add_event(job_id, message, level="warn", data={"examples": rows[:100]})


def begin(store: JobStore, job: Job, folder: Path, model_folder: Path) -> bool:
    """Move a queued job to running, with numbers in place of "auto".

    Args:
        store: Where the job is.
        job: The job.
        folder: The job folder.
        model_folder: Weights to start from.

    Returns:
        False when the job was cancelled in the meantime.
    """
    settled = specification.read(folder)
    specification.write(folder, {**settled, "model_folder": str(model_folder)})
    numbers: Hyperparameters = {
        "n_epochs": settled["n_epochs"],
        "batch_size": settled["batch_size"],
        "learning_rate_multiplier": settled["learning_rate_multiplier"],
    }
    with store.transaction():
        if not store.move_job(
            job["id"], ("queued",), status="running", hyperparameters=numbers, method=supervised(numbers)
        ):
            return False
        begun, _ = store.page(EVENTS, job_id=job["id"], limit=1, equal={"message": _STARTED})
        store.add_event(job["id"], _beginning(folder) if begun else _STARTED)
        return True


def _beginning(folder: Path) -> str:
    """Say where a job goes on that an earlier process worked on; steps that it repeats give no new events."""
    lines, _ = _new_lines(folder / "events.jsonl", 0)
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
    lines, position = _new_lines(settings.job_folder(job_id) / "events.jsonl", store.bytes_taken(job_id))
    if not lines:
        return
    steps = [line for line in lines if line["kind"] == "metrics"]
    with store.transaction():
        store.set_bytes_taken(job_id, position)
        for line in steps:
            store.add_event(
                job_id,
                _step_message(line["metrics"]),
                data=line["metrics"],
                type="metrics",
                created_at=line["time"],
            )
        if steps:
            store.move_job(job_id, ("running",), estimated_finish=int(steps[-1]["estimated_finish"]))
        for failure in [line for line in lines if line["kind"] == "failed"]:
            if store.job(job_id)["status"] == "paused":
                # It can be resumed: it goes on from an earlier checkpoint.
                store.add_event(job_id, failure["message"], level="warn", data={})
            fail(store, job_id, failure["code"], failure["message"], failure["param"], failure["further"])


def _new_lines(path: Path, position: int) -> tuple[list[Line], int]:
    """The whole lines after `position`, and the position after them; half a line is left for later."""
    if not path.exists():
        return [], position
    with open(path, "rb") as file:
        file.seek(position)
        new = file.read()
    new = new[: new.rfind(b"\n") + 1]
    return [json.loads(line) for line in new.splitlines()], position + len(new)


def _step_message(metrics: StepMetrics) -> str:
    message = f"Step {metrics['step']}/{metrics['total_steps']}: training loss={metrics['train_loss']:.2f}"
    if "valid_loss" in metrics:
        message += f", validation loss={metrics['valid_loss']:.2f}"
    if "full_valid_loss" in metrics:
        message += f", full validation loss={metrics['full_valid_loss']:.2f}"
    return message


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
    lines, _ = _new_lines(folder / "events.jsonl", 0)
    if lines and lines[-1]["kind"] == "finished":
        take_over(settings, store, job_id)
        metrics = {line["metrics"]["step"]: line["metrics"] for line in lines if line["kind"] == "metrics"}
        succeed(settings, store, store.job(job_id), metrics, lines[-1]["trained_tokens"])
        return
    how = (
        f"was killed by signal {-exit_status}" if exit_status < 0 else f"ended with exit status {exit_status}"
    )
    full = disk_is_full(folder)
    if exit_status < 0 and retry and not full:
        take_over(settings, store, job_id)
        requeue(store, job_id, f"The training process {how}; the job is queued again")
        return
    # Before anything is recorded: on a full disk, only this makes room for the record.
    discard_checkpoints(settings, job_id)
    take_over(settings, store, job_id)
    if full:
        fail(store, job_id, **DISK_FULL)
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


def announce_positions(store: JobStore, waiting: list[Job]) -> None:
    """Tell each waiting job its place in the queue, once for each place.

    Args:
        store: Where the events are.
        waiting: Queued jobs for which no slot is free, oldest first.
    """
    for position, job in enumerate(waiting, start=1):
        data = {"queue_position": position}
        last = store.last_event(job["id"])
        if last is None or last["data"] != data:
            store.add_event(job["id"], f"Waiting for a free slot: number {position} in the queue", data=data)


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
        message: For the person who started it.
        param: The field of the request that is to blame, or None.
        further: Further problems, which become events of their own.
    """
    with store.transaction():
        error: JobError = {"code": code, "message": message, "param": param}
        if not store.move_job(job_id, ACTIVE, status="failed", error=error):
            return
        for line in further or []:
            store.add_event(job_id, line, level="error", data={})
        store.add_event(job_id, message, level="error", data={"error_code": code})


def discard_checkpoints(settings: Settings, job_id: str) -> None:
    """Free the disk space of a job that will not go on: its training state is about 50 MB for each epoch."""
    shutil.rmtree(settings.job_folder(job_id) / "checkpoints", ignore_errors=True)
