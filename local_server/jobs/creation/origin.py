"""What a job starts from, kept from its creation on: the next server may have other base models."""

from pathlib import Path

# Pydantic cannot read the TypedDict of Python 3.11.
from typing_extensions import TypedDict

from local_server.base_models import BaseModel, TrainingMethod
from local_server.jobs.answers import JOBS
from local_server.settings import Settings
from local_server.store import Kind, Store


class Origin(TypedDict):
    """What a job starts from.

    Attributes:
        id: `origin-` and the id of the job.
        model: The exact name of the base model or fine-tuned model, where the job's own may be an alias.
        family: What stands behind `ft:` in the names of the models that it makes.
        base_model_id: The base model that all this stands on.
        base_folder: Where its weights were.
        base_created: As in `BaseModel`.
        base_learning_rates: As in `BaseModel`.
    """

    id: str
    model: str
    family: str
    base_model_id: str
    base_folder: str
    base_created: int
    base_learning_rates: dict[TrainingMethod, float]


ORIGINS = Kind[Origin]("origin")


def origin_id(job_id: str) -> str:
    """The id under which the origin of a job is kept."""
    return f"origin-{job_id}"


def keep_origin(store: Store, job_id: str, *, model: str, family: str, base: BaseModel) -> None:
    """Keep what a new job starts from.

    Args:
        store: Where the job is; call this in the transaction that adds it.
        job_id: The job.
        model: The exact name of the model.
        family: What stands behind `ft:` in the names of the models that the job makes.
        base: The base model that all this stands on.
    """
    origin: Origin = {
        "id": origin_id(job_id),
        "model": model,
        "family": family,
        "base_model_id": base.id,
        "base_folder": str(base.folder),
        "base_created": base.created,
        "base_learning_rates": dict(base.learning_rates),
    }
    store.add(ORIGINS, origin, job_id)


def base_of(origin: Origin) -> BaseModel:
    """The base model as it was when the job was created; this server may not offer it."""
    folder, created = Path(origin["base_folder"]), origin["base_created"]
    return BaseModel(origin["base_model_id"], folder, created, origin["base_learning_rates"])


def base_and_family(settings: Settings, store: Store, job_id: str) -> tuple[BaseModel, str]:
    """Say what a job and its models stand on.

    Args:
        settings: The base models.
        store: Where the job is.
        job_id: The job.

    Returns:
        The base model, and what stands behind `ft:` in the names of the job's models.
    """
    origin = store.get(ORIGINS, origin_id(job_id))
    if origin is None:
        # A job of before there were several base models (until Nov 2026): its name tells.
        job = store.get(JOBS, job_id)
        model = "" if job is None else job["model"].removeprefix("ft:")
        named = (base for base in settings.base_models if f"{model}:".startswith(f"{base.id}:"))
        base = next(named, settings.base_models[0])
        return base, base.id
    served = (base for base in settings.base_models if base.id == origin["base_model_id"])
    return next(served, None) or base_of(origin), origin["family"]
