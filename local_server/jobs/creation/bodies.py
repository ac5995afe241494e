"""The body of `jobs.create`, and what a new job takes from it."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from local_server.http.errors import ApiError
from local_server.http.requests import Body, Metadata
from local_server.jobs import answers

Auto = Literal["auto"]


class Hyperparameters(Body):
    """Ranges of OpenAI's API reference (openapi.yaml, read 2026-08-21)."""

    n_epochs: Auto | Annotated[int, Field(ge=1, le=50)] | None = None
    batch_size: Auto | Annotated[int, Field(ge=1, le=256)] | None = None
    learning_rate_multiplier: Auto | Annotated[float, Field(gt=0)] | None = None


class Supervised(Body):
    """The settings of the method `supervised`."""

    hyperparameters: Hyperparameters | None = None


class Method(Body):
    """How the job should train. Only `supervised` does not end in a refusal."""

    type: Literal["supervised", "dpo", "reinforcement"]
    supervised: Supervised | None = None
    dpo: Any = None
    reinforcement: Any = None


class WandbSettings(Body):
    """The settings of Weights & Biases, which are kept and not used."""

    project: str
    name: str | None = None
    entity: str | None = None
    tags: list[str] | None = None


class Integration(Body):
    """A service that the job should report to. Nothing is sent to it."""

    type: Literal["wandb"]
    wandb: WandbSettings


class CreateJob(Body):
    """The body of `jobs.create`."""

    model: str
    training_file: str
    validation_file: str | None = None
    method: Method | None = None
    hyperparameters: Hyperparameters | None = None
    # A colon would break the model's name apart; a slash would break its URL.
    suffix: (
        Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.-]+$")] | None
    ) = None
    seed: Annotated[int, Field(ge=0, le=2147483647)] | None = None
    metadata: Metadata | None = None
    # Not OpenAI's; without them, the training program chooses by the memory that is there.
    training_method: Literal["full", "lora"] | None = None
    lora_rank: Annotated[int, Field(ge=1, le=256)] | None = None
    precision: Literal["float32", "bfloat16"] | None = None
    integrations: Annotated[list[Integration], Field(max_length=5)] | None = None


def kept_integration(asked: Integration) -> answers.Integration:
    """What a job says of a service that it should report to."""
    wandb = asked.wandb
    return {
        "type": asked.type,
        "wandb": {"project": wandb.project, "name": wandb.name, "entity": wandb.entity, "tags": wandb.tags},
    }


def asked_way(body: CreateJob) -> answers.Way:
    """Say what a client asks for beside the hyperparameters: which weights, and in which precision."""
    way: answers.Way = {}
    if body.training_method is not None:
        way["training_method"] = body.training_method
    if body.lora_rank is not None and body.training_method != "full":
        way["lora_rank"] = body.lora_rank
    if body.precision is not None:
        way["precision"] = body.precision
    return way


def asked_hyperparameters(body: CreateJob) -> answers.Hyperparameters:
    """The numbers that a client asks for, whichever of both places it has written them in.

    Raises:
        ApiError: It asks for a method that is not supported here.
    """
    asked = body.hyperparameters
    if body.method is not None:
        if body.method.type != "supervised":
            message = (
                f"The method '{body.method.type}' is not supported by the local server yet. Use 'supervised'."
            )
            raise ApiError(400, message, code="unsupported_value", param="method.type")
        if body.method.supervised is not None and body.method.supervised.hyperparameters is not None:
            asked = body.method.supervised.hyperparameters
    asked = asked or Hyperparameters()
    return {
        "n_epochs": asked.n_epochs or "auto",
        "batch_size": asked.batch_size or "auto",
        "learning_rate_multiplier": asked.learning_rate_multiplier or "auto",
    }
