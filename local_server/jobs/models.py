"""Models: the base model, fine-tuned models and their checkpoints."""

import re
from pathlib import Path
from typing import Literal, NoReturn

from local_server import disk
from local_server.http.answers import Answer
from local_server.http.errors import ApiError, model_not_found
from local_server.http.requests import TheSettings, TheStore
from local_server.jobs.store import UNFINISHED, TheJobs
from local_server.settings import Settings
from local_server.store import Kind, Store


class Model(Answer):
    """The API's model object."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str
    shutdown_date: None


class Models(Answer):
    """The list of all models, which has no pages."""

    object: Literal["list"]
    data: list[Model]


class ModelDeleted(Answer):
    """What a client reads when it has deleted a model."""

    id: str
    object: Literal["model"]
    deleted: Literal[True]


MODELS = Kind[Model]("model")


def new_model(model_id: str, created: int, owner: str) -> Model:
    """Make the API's model object.

    Args:
        model_id: Its id.
        created: When it was made, in Unix seconds.
        owner: Who has made it.

    Returns:
        The object.
    """
    return {"id": model_id, "object": "model", "created": created, "owned_by": owner, "shutdown_date": None}


def base_model(settings: Settings) -> Model:
    """Make the API's object for the base model."""
    return new_model(settings.base_model_id, settings.base_model_created, "local-server")


def find_model(settings: Settings, store: Store, model_id: str) -> tuple[Model, Path] | None:
    """Look a model up by the name that clients use.

    Args:
        settings: Where models lie.
        store: Which models exist.
        model_id: The base model, a fine-tuned model or a checkpoint.

    Returns:
        Its API object and the folder of its weights, or None.
    """
    if model_id == settings.base_model_id:
        return base_model(settings), settings.model
    model = store.get(MODELS, model_id)
    if model is None:
        return None
    return model, folder_of(settings, model_id, store.job_of(model_id))


def folder_of(settings: Settings, model_id: str, job_id: str) -> Path:
    """Where the weights of a fine-tuned model or checkpoint lie.

    Args:
        settings: Where job folders are.
        model_id: Its name.
        job_id: The job that made it.
    """
    folder = settings.job_folder(job_id)
    # Only at the end: a suffix may read `ckpt-step-1`.
    checkpoint = re.search(r":ckpt-step-(\d+)$", model_id)
    return folder / "checkpoints" / f"checkpoint-{checkpoint[1]}" if checkpoint else folder / "model"


def list_models(settings: TheSettings, store: TheStore) -> Models:
    """List the base model and everything made from it."""
    fine_tuned, _ = store.page(MODELS, limit=100_000, oldest_first=True)
    return {"object": "list", "data": [base_model(settings), *fine_tuned]}


def retrieve(settings: TheSettings, store: TheStore, model_id: str) -> Model:
    """Read one model object."""
    found = find_model(settings, store, model_id)
    if found is None:
        raise model_not_found(model_id)
    return found[0]


def delete(settings: TheSettings, store: TheJobs, model_id: str) -> ModelDeleted:
    """Delete a fine-tuned model or checkpoint, with its weights. The base model stays."""
    found = find_model(settings, store, model_id)
    if found is None:
        raise model_not_found(model_id)
    if model_id == settings.base_model_id:
        message = f"The model '{model_id}' is the base model of this server. Only ft: models can be deleted."
        raise ApiError(403, message, code="insufficient_permissions")
    user = next((job for job in store.jobs(*UNFINISHED) if job["model"] == model_id), None)
    if user is not None:
        message = (
            f"The model '{model_id}' is the base of the job {user['id']}, which is {user['status']}. "
            "Cancel the job, or delete the model when it has ended."
        )
        raise ApiError(400, message, code="model_in_use")
    disk.with_reserve(settings.reserve, lambda: store.delete(MODELS, model_id))
    disk.gone(disk.remove_tree, found[1])
    return {"id": model_id, "object": "model", "deleted": True}


def permissions(checkpoint: str) -> NoReturn:
    """Refuse to share a checkpoint with other projects, as for a key that is not an admin key."""
    message = (
        f"The permissions of '{checkpoint}' need an admin API key: they share a checkpoint with other "
        "projects of an organization. There is one project here, and no admin key."
    )
    raise ApiError(403, message, code="insufficient_permissions")


def delete_permission(checkpoint: str, id: str) -> NoReturn:
    """Refuse to end the sharing of a checkpoint, in the same way."""
    permissions(checkpoint)
