"""What clients read about jobs, their events and checkpoints."""

import secrets
import time
from typing import Annotated, Any, Literal, NotRequired, TypedDict

from pydantic import Field

from local_server.http.answers import Answer
from local_server.jobs.methods.answers import Hyperparameters, Method, NoHyperparameters, in_old_field
from local_server.store import Kind, new_id

Status = Literal["validating_files", "queued", "running", "paused", "succeeded", "failed", "cancelled"]
Level = Literal["info", "warn", "error"]
TrainingMethod = Literal["full", "lora"]
Precision = Literal["float32", "bfloat16"]


class JobError(Answer):
    """Why a job has failed."""

    code: str
    message: str
    param: str | None


class Wandb(Answer):
    """The settings of Weights & Biases."""

    project: str
    name: str | None
    entity: str | None
    tags: list[str] | None


class Integration(Answer):
    """A service that a job should report to."""

    type: Literal["wandb"]
    wandb: Wandb


class Way(Answer):
    """What is trained and in which precision. Each only when asked for."""

    training_method: NotRequired[TrainingMethod]
    lora_rank: NotRequired[int]
    precision: NotRequired[Precision]


class Job(Way):
    """The API's job object."""

    object: Literal["fine_tuning.job"]
    id: str
    model: str
    created_at: int
    finished_at: int | None
    estimated_finish: int | None
    fine_tuned_model: str | None
    organization_id: str
    status: Status
    training_file: str
    validation_file: str | None
    result_files: list[str]
    trained_tokens: int | None
    error: JobError | None
    seed: int
    user_provided_suffix: str | None
    metadata: dict[str, str] | None
    integrations: list[Integration]
    usage_metrics: None
    shared_with_openai: Literal[False]
    hyperparameters: Hyperparameters | NoHyperparameters
    method: Method


class JobChanges(TypedDict, total=False):
    """The fields of a job that change in the course of its life."""

    status: Status
    finished_at: int | None
    estimated_finish: int | None
    fine_tuned_model: str
    trained_tokens: int
    result_files: list[str]
    error: JobError
    hyperparameters: Hyperparameters | NoHyperparameters
    method: Method


class Event(Answer):
    """The API's object for one event of a job."""

    object: Literal["fine_tuning.job.event"]
    id: str
    created_at: int
    level: Level
    message: str
    data: Annotated[
        dict[str, Any] | None, Field(description="The metrics of the step, when the type is `metrics`.")
    ]
    type: Literal["message", "metrics"]


class CheckpointMetrics(Answer):
    """What was measured at the step of a checkpoint."""

    step: int
    train_loss: NotRequired[Annotated[float, Field(description="Not of the method `reinforcement`.")]]
    train_mean_token_accuracy: NotRequired[float]
    valid_loss: NotRequired[Annotated[float, Field(description="Only when the job has a validation file.")]]
    valid_mean_token_accuracy: NotRequired[float]
    full_valid_loss: NotRequired[float]
    full_valid_mean_token_accuracy: NotRequired[float]
    train_chosen_reward: NotRequired[Annotated[float, Field(description="Only of the method `dpo`.")]]
    train_rejected_reward: NotRequired[float]
    train_reward_margin: NotRequired[float]
    train_reward_accuracy: NotRequired[float]
    valid_reward_margin: NotRequired[float]
    valid_reward_accuracy: NotRequired[float]
    full_valid_reward_margin: NotRequired[float]
    full_valid_reward_accuracy: NotRequired[float]
    train_mean_reward: NotRequired[Annotated[float, Field(description="Only of the method `reinforcement`.")]]
    full_valid_mean_reward: NotRequired[float]


class Checkpoint(Answer):
    """The API's object for one checkpoint of a job."""

    object: Literal["fine_tuning.job.checkpoint"]
    id: str
    created_at: int
    fine_tuned_model_checkpoint: str
    fine_tuning_job_id: str
    step_number: int
    metrics: CheckpointMetrics
    # Nebius' clients download weights through it (read Nov 2026). Older records lack it.
    result_files: NotRequired[
        Annotated[list[str], Field(description="Empty: weights stay in the job folder.")]
    ]


JOBS = Kind[Job]("job")
EVENTS = Kind[Event]("event")
CHECKPOINTS = Kind[Checkpoint]("checkpoint")


def new_job(
    *,
    model: str,
    training_file: str,
    validation_file: str | None,
    method: Method,
    seed: int | None,
    suffix: str | None,
    metadata: dict[str, str] | None,
    integrations: list[Integration],
    way: Way | None = None,
) -> Job:
    """Make the API's job object.

    Args:
        model: What the client wants to train.
        training_file: Id of the file.
        validation_file: Id of the file, or None.
        method: As asked for.
        seed: As asked for; None draws one.
        suffix: Part of the new model's name, or None.
        metadata: The client's own pairs, or None.
        integrations: Services to report to.
        way: What is trained, where the client has asked for it.

    Returns:
        The object, created now. Its files are to be checked.
    """
    return {
        "object": "fine_tuning.job",
        "id": new_id("ftjob-", 24),
        "model": model,
        "created_at": int(time.time()),
        "finished_at": None,
        "estimated_finish": None,
        "fine_tuned_model": None,
        "organization_id": "org-local",
        "status": "validating_files",
        "training_file": training_file,
        "validation_file": validation_file,
        "result_files": [],
        "trained_tokens": None,
        "error": None,
        "seed": secrets.randbelow(2**31) if seed is None else seed,
        "user_provided_suffix": suffix,
        "metadata": metadata,
        "integrations": integrations,
        "usage_metrics": None,
        "shared_with_openai": False,
        "hyperparameters": in_old_field(method),
        "method": method,
        **(way or {}),
    }


def new_checkpoint(job_id: str, model: str, metrics: CheckpointMetrics) -> Checkpoint:
    """Make the API's object for one checkpoint.

    Args:
        job_id: The job that it belongs to.
        model: The name under which it answers.
        metrics: What was measured at its step.

    Returns:
        The object, created now.
    """
    return {
        "object": "fine_tuning.job.checkpoint",
        "id": new_id("ftckpt_", 24),
        "created_at": int(time.time()),
        "fine_tuned_model_checkpoint": model,
        "fine_tuning_job_id": job_id,
        "step_number": metrics["step"],
        "metrics": metrics,
        "result_files": [],
    }
