"""The steps of a job's life after its creation: queue, begin, take over, conclude, fail.

Order and wording of the events are those of public logs of OpenAI jobs (Aug 2024), where known.
"""

import base64
import json
import os
import time
from pathlib import Path
from typing import Any

from local_server.chat.models import model_object
from local_server.files.routes import file_object
from local_server.jobs.routes import discard_checkpoints, with_hyperparameters
from local_server.settings import Settings
from local_server.store import ACTIVE, Store, new_id
from local_server.training.job_log import DISK_FULL, disk_is_full, step_of

# The rate at multiplier 1. Twice this, 4e-4, kept more facts than 6e-4 and learned the form as well, on three
# splits of the limericks that the course does not use (seeds 15, 16 and 17; measured Nov 2026).
BASE_LEARNING_RATE = 2e-4
# OpenAI chose batch 1 and multiplier 2 (gpt-3.5) for small files (public job logs, 2023 and 2024).
AUTO_MULTIPLIER = 2.0
_STARTED = "Fine-tuning job started"
_LOG_TAIL_LINES = 5


def auto_batch_size(rows: int) -> int:
    """Batch size for "auto": 1 for a small file, then one row in 500, at most 256.

    This rule is ours; OpenAI's is not public.
    """
    return max(1, min(256, rows // 500))


def queue(store: Store, job: dict[str, Any], folder: Path, rows: int) -> None:
    """Settle the hyperparameters in job.json, and move a checked job to the queue.

    Args:
        store: Where the job is.
        job: The job.
        folder: The job folder, with copies of the files.
        rows: Rows of the training file.
    """
    # Imported at the first job, as in validation.py.
    from finetune_dataset.tokens.count import n_epochs_auto

    automatic = {
        "n_epochs": n_epochs_auto(rows),
        "batch_size": auto_batch_size(rows),
        "learning_rate_multiplier": AUTO_MULTIPLIER,
    }
    settled = {
        name: automatic[name] if value == "auto" else value for name, value in job["hyperparameters"].items()
    }
    spec = settled | {
        "learning_rate": BASE_LEARNING_RATE * settled["learning_rate_multiplier"],
        "seed": job["seed"],
    }
    _write_spec(folder, spec)
    with store.transaction():
        if store.move_job(job["id"], ("validating_files",), status="queued"):
            store.add_event(job["id"], "Files validated, moving job to queued state", data={})


def warn_of_overlap(store: Store, job_id: str, rows: list[int]) -> None:
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


def begin(store: Store, job: dict[str, Any], folder: Path, model_folder: Path) -> bool:
    """Move a queued job to running, with numbers in place of "auto".

    Args:
        store: Where the job is.
        job: The job.
        folder: The job folder.
        model_folder: Weights to start from.

    Returns:
        False when the job was cancelled in the meantime.
    """
    spec = json.loads((folder / "job.json").read_text())
    _write_spec(folder, spec | {"model_folder": str(model_folder)})
    numbers = {name: spec[name] for name in job["hyperparameters"]}
    with store.transaction():
        if not store.move_job(job["id"], ("queued",), status="running", **with_hyperparameters(numbers)):
            return False
        begun, _ = store.page("event", job_id=job["id"], limit=1, equal={"message": _STARTED})
        store.add_event(job["id"], _beginning(folder) if begun else _STARTED)
        return True


def _beginning(folder: Path) -> str:
    """Say where a job goes on that an earlier process worked on; steps that it repeats give no new events."""
    lines, _ = _new_lines(folder / "events.jsonl", 0)
    steps = [line["step"] for line in lines if line["kind"] == "checkpoint"]
    if steps:
        return f"Fine-tuning job resumed from the checkpoint at step {max(steps)}"
    return "Fine-tuning job started again from the first step: it had no checkpoint yet"


def take_over(settings: Settings, store: Store, job_id: str) -> None:
    """Turn new lines of the trainer's events.jsonl into events. Safe to repeat, also after a crash."""
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
        for line in lines:
            if line["kind"] != "failed":
                continue
            if store.get("job", job_id)["status"] == "paused":
                # It can be resumed: it goes on from an earlier checkpoint.
                store.add_event(job_id, line["message"], level="warn", data={})
            fail(store, job_id, line["code"], line["message"], line["param"], line["further"])


def _new_lines(path: Path, position: int) -> tuple[list[dict[str, Any]], int]:
    """The whole lines after `position`, and the position after them; half a line is left for later."""
    if not path.exists():
        return [], position
    with open(path, "rb") as file:
        file.seek(position)
        new = file.read()
    new = new[: new.rfind(b"\n") + 1]
    return [json.loads(line) for line in new.splitlines()], position + len(new)


def _step_message(metrics: dict[str, Any]) -> str:
    message = f"Step {metrics['step']}/{metrics['total_steps']}: training loss={metrics['train_loss']:.2f}"
    if "valid_loss" in metrics:
        message += f", validation loss={metrics['valid_loss']:.2f}"
    if "full_valid_loss" in metrics:
        message += f", full validation loss={metrics['full_valid_loss']:.2f}"
    return message


def conclude(settings: Settings, store: Store, job_id: str, exit_status: int, *, retry: bool) -> None:
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
        _succeed(settings, store, store.get("job", job_id), metrics, lines[-1]["trained_tokens"])
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


def requeue(store: Store, job_id: str, reason: str) -> None:
    """Put a running job back into the queue, and say why."""
    with store.transaction():
        if store.move_job(job_id, ("running",), status="queued", estimated_finish=None):
            store.add_event(job_id, reason, level="warn", data={})


def announce_positions(store: Store, waiting: list[dict[str, Any]]) -> None:
    """Tell each waiting job its place in the queue, once for each place.

    Args:
        store: Where the events are.
        waiting: Queued jobs for which no slot is free, oldest first.
    """
    for position, job in enumerate(waiting, start=1):
        data = {"queue_position": position}
        if (store.last_event(job["id"]) or {}).get("data") != data:
            store.add_event(job["id"], f"Waiting for a free slot: number {position} in the queue", data=data)


def _succeed(
    settings: Settings,
    store: Store,
    job: dict[str, Any],
    metrics: dict[int, dict[str, Any]],
    trained_tokens: int,
) -> None:
    """Publish checkpoints, model and result file in one transaction."""
    job_id, folder = job["id"], settings.job_folder(job["id"])
    family = f"ft:{settings.base_model_id}:local:{job['user_provided_suffix'] or ''}"
    model = new_id(f"{family}:", 8)
    steps = sorted(step_of(path) for path in (folder / "checkpoints").glob("checkpoint-*"))
    names = {step: new_id(f"{family}:", 8) + f":ckpt-step-{step}" for step in steps} | {max(metrics): model}
    file = _result_file(settings, folder)
    with store.transaction():
        fields = {"fine_tuned_model": model, "trained_tokens": trained_tokens, "result_files": [file["id"]]}
        if not store.move_job(job_id, ("running",), status="succeeded", **fields):
            # Cancelled or paused just now.
            settings.file_path(file["id"]).unlink()
            return
        store.add("file", file)
        for step, name in names.items():
            store.add("checkpoint", _checkpoint(job_id, step, name, metrics[step]), job_id)
            store.add("model", model_object(name, int(time.time()), "org-local"), job_id)
            if name != model:
                message = f"Checkpoint created at step {step} with Snapshot ID: {name}"
                store.add_event(job_id, message, data={})
        store.add_event(job_id, f"New fine-tuned model created: {model}", data={})
        store.add_event(job_id, "The job has successfully completed", data={})


def _result_file(settings: Settings, folder: Path) -> dict[str, Any]:
    """OpenAI serves the result file as base64 of CSV (observed 2024)."""
    content = base64.b64encode((folder / "step_metrics.csv").read_bytes())
    file_id = new_id("file-", 22)
    try:
        settings.file_path(file_id).write_bytes(content)
    except OSError:
        settings.file_path(file_id).unlink(missing_ok=True)
        raise
    return file_object(file_id, "step_metrics.csv", len(content), "fine-tune-results")


def _checkpoint(job_id: str, step: int, name: str, metrics: dict[str, Any]) -> dict[str, Any]:
    return {
        "object": "fine_tuning.job.checkpoint",
        "id": new_id("ftckpt_", 24),
        "created_at": int(time.time()),
        "fine_tuned_model_checkpoint": name,
        "fine_tuning_job_id": job_id,
        "step_number": step,
        "metrics": {key: value for key, value in metrics.items() if key != "total_steps"},
    }


def fail(
    store: Store,
    job_id: str,
    code: str,
    message: str,
    param: str | None = None,
    further: list[str] | None = None,
) -> None:
    """End a job as failed, unless it is not active; further problems become events of their own."""
    with store.transaction():
        error = {"code": code, "message": message, "param": param}
        if not store.move_job(job_id, ACTIVE, status="failed", error=error):
            return
        for line in further or []:
            store.add_event(job_id, line, level="error", data={})
        store.add_event(job_id, message, level="error", data={"error_code": code})


def _write_spec(folder: Path, spec: dict[str, Any]) -> None:
    draft = folder / "job.json.new"
    draft.write_text(json.dumps(spec, indent=1))
    os.replace(draft, folder / "job.json")
