"""The body of `jobs.create`, and what a new job takes from it."""

from collections.abc import Iterable
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal, TypeVar

from pydantic import Field, StringConstraints

from local_server.http.errors import ApiError
from local_server.http.requests import Metadata
from local_server.jobs import answers
from local_server.jobs.creation.methods import (
    Adapters,
    Hyperparameters,
    Method,
    asked_numbers,
    unused_settings,
)
from local_server.jobs.creation.provider_fields import Open, no_effect, unknown_fields

T = TypeVar("T")
# Some services take the learning rate itself in this field (Nebius' notebook sends 2e-5, read Nov 2026).
_A_RATE = 1e-3


class WandbSettings(Open):
    """The settings of Weights & Biases, which are kept and not used."""

    project: str
    name: str | None = None
    entity: str | None = None
    tags: list[str] | None = None


class Integration(Open):
    """A service that the job should report to. Nothing is sent to it."""

    type: Literal["wandb"]
    wandb: WandbSettings


class CreateJob(Adapters):
    """The body of `jobs.create`."""

    misplaced: ClassVar = MappingProxyType(
        {name: f"hyperparameters.{name}" for name in ("n_epochs", "batch_size", "learning_rate_multiplier")}
        | dict(Hyperparameters.misplaced)
    )

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
    integrations: Annotated[list[Integration], Field(max_length=5)] | None = None


def kept_integration(asked: Integration) -> answers.Integration:
    """What a job says of a service that it should report to."""
    wandb = asked.wandb
    return {
        "type": asked.type,
        "wandb": {"project": wandb.project, "name": wandb.name, "entity": wandb.entity, "tags": wandb.tags},
    }


def asked_way(body: CreateJob) -> answers.Way:
    """What a client asks for beside the numbers: all weights or an adapter, and in which precision.

    Raises:
        ApiError: A rank is asked for, and no adapter.
    """
    places = (body, asked_numbers(body.method, body.hyperparameters))
    rank = _first(value for place in places for value in (place.lora_rank, place.lora_r))
    lora = _first(place.lora for place in places)
    method: answers.TrainingMethod | None = _first(place.training_method for place in places)
    precision: answers.Precision | None = _first(place.precision for place in places)
    if rank and (method == "full" or lora is False):
        message = (
            f"Invalid 'lora_rank': {rank} is the rank of an adapter, and training_method is 'full', which "
            "trains all weights. Leave one of them out."
        )
        raise ApiError(400, message, code="invalid_value", param="lora_rank")
    if method is None and (rank or lora is not None):
        # Whoever gives a rank wants an adapter.
        method = "full" if lora is False else "lora"
    way: answers.Way = {}
    if method is not None:
        way["training_method"] = method
    if rank is not None:
        way["lora_rank"] = rank
    if precision is not None:
        way["precision"] = precision
    return way


def _first(values: Iterable[T | None]) -> T | None:
    return next((value for value in values if value is not None), None)


def warnings_of(body: CreateJob) -> list[str]:
    """What a client should know of its request: fields without effect, a number that means something else."""
    found = []
    if fields := unknown_fields(body):
        found.append(no_effect(fields))
    if body.method is not None and body.method.reinforcement is not None:
        found += unused_settings(body.method.reinforcement)
    multiplier = asked_numbers(body.method, body.hyperparameters).learning_rate_multiplier
    if isinstance(multiplier, float | int) and multiplier < _A_RATE:
        found.append(
            f"A learning_rate_multiplier of {multiplier:g} trains next to nothing: it multiplies the "
            "learning rate of the model. Some services take the rate itself here; leave it out, or try 1."
        )
    return found
