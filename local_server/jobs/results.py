"""What a job leaves when it has succeeded: models, checkpoints and the result file."""

import base64
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import cast

from local_server.files.answers import FILES, new_file
from local_server.files.storage import placed
from local_server.jobs.answers import (
    CHECKPOINTS,
    CheckpointMetrics,
    Job,
    new_checkpoint,
)
from local_server.jobs.creation.origin import base_and_family
from local_server.jobs.models import MODELS, new_model
from local_server.jobs.store import JobStore
from local_server.settings import Settings
from local_server.store import new_id
from local_server.training.job_log import step_of
from local_server.training.measured.metrics import AnyMetrics


def succeed(
    settings: Settings, store: JobStore, job: Job, metrics: Mapping[int, AnyMetrics], trained_tokens: int
) -> None:
    """Publish checkpoints, model and result file in one transaction.

    Args:
        settings: Folders.
        store: Where the job is.
        job: The job. When it was cancelled or paused just now, nothing happens.
        metrics: Of every step, by its number.
        trained_tokens: What OpenAI would bill.
    """
    job_id, folder = job["id"], settings.job_folder(job["id"])
    _, name = base_and_family(settings, store, job["id"])
    family = f"ft:{name}:local:{job['user_provided_suffix'] or ''}"
    model = new_id(f"{family}:", 8)
    steps = sorted(step_of(path) for path in (folder / "checkpoints").glob("checkpoint-*"))
    names = {step: new_id(f"{family}:", 8) + f":ckpt-step-{step}" for step in steps} | {max(metrics): model}
    # OpenAI serves the result file as base64 of CSV (observed 2024).
    content = base64.b64encode((folder / "step_metrics.csv").read_bytes())
    file = new_file(new_id("file-", 22), "step_metrics.csv", len(content), "fine-tune-results")
    with suppress(_NotRunning), placed(settings, file["id"], [content]), store.transaction():
        moved = store.move_job(
            job_id,
            ("running",),
            status="succeeded",
            fine_tuned_model=model,
            trained_tokens=trained_tokens,
            result_files=[file["id"]],
        )
        if not moved:
            raise _NotRunning
        store.of(store.project_of(job_id)).add(FILES, file)
        for step, name in names.items():
            store.add(CHECKPOINTS, new_checkpoint(job_id, name, _kept(metrics[step])), job_id)
            store.add(MODELS, new_model(name, int(time.time()), "org-local"), job_id)
            if name != model:
                message = f"Checkpoint created at step {step} with Snapshot ID: {name}"
                store.add_event(job_id, message, data={})
        store.add_event(job_id, f"New fine-tuned model created: {model}", data={})
        store.add_event(job_id, "The job has successfully completed", data={})


class _NotRunning(Exception):
    """The job was cancelled or paused: its result file is taken away again."""


def _kept(metrics: AnyMetrics) -> CheckpointMetrics:
    """What a checkpoint says of its step: nothing of the whole job, and of rewards only means."""
    names = CheckpointMetrics.__annotations__
    return cast(CheckpointMetrics, {name: value for name, value in metrics.items() if name in names})
