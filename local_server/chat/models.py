"""Models: the base model, fine-tuned models and their checkpoints."""

import re
import shutil
from pathlib import Path
from typing import Any

from local_server.http.errors import ApiError, model_not_found
from local_server.http.requests import TheSettings, TheStore
from local_server.settings import Settings
from local_server.store import UNFINISHED, Store


def base_model(settings: Settings) -> dict[str, Any]:
    """The API's object for the base model."""
    return model_object(settings.base_model_id, settings.base_model_created, "local-server")


def model_object(model_id: str, created: int, owner: str) -> dict[str, Any]:
    """The API's model object."""
    return {"id": model_id, "object": "model", "created": created, "owned_by": owner, "shutdown_date": None}


def find_model(settings: Settings, store: Store, model_id: str) -> tuple[dict[str, Any], Path] | None:
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
    model = store.get("model", model_id)
    if model is None:
        return None
    folder = settings.job_folder(store.job_of(model_id))
    # Only at the end: a suffix may read `ckpt-step-1`.
    checkpoint = re.search(r":ckpt-step-(\d+)$", model_id)
    return model, folder / "checkpoints" / f"checkpoint-{checkpoint[1]}" if checkpoint else folder / "model"


def list_models(settings: TheSettings, store: TheStore) -> dict[str, Any]:
    """List the base model and everything made from it."""
    fine_tuned, _ = store.page("model", limit=100_000, oldest_first=True)
    return {"object": "list", "data": [base_model(settings), *fine_tuned]}


def retrieve(settings: TheSettings, store: TheStore, model_id: str) -> dict[str, Any]:
    """Read one model object."""
    found = find_model(settings, store, model_id)
    if found is None:
        raise model_not_found(model_id)
    return found[0]


def delete(settings: TheSettings, store: TheStore, model_id: str) -> dict[str, Any]:
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
    store.delete("model", model_id)
    shutil.rmtree(found[1], ignore_errors=True)
    return {"id": model_id, "object": "model", "deleted": True}
