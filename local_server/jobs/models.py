"""Models: base models, fine-tuned models and their checkpoints, and what each of them stands on."""

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NoReturn

from local_server import disk
from local_server.base_models import BaseModel
from local_server.http.answers import Answer
from local_server.http.errors import ApiError, model_not_found
from local_server.http.requests import TheSettings, TheStore
from local_server.jobs.answers import Job
from local_server.jobs.creation.origin import ORIGINS, base_and_family, base_of, origin_id
from local_server.jobs.store import UNFINISHED, TheJobs
from local_server.offered.aliases import Alias, find_alias
from local_server.offered.choice import installed_later
from local_server.settings import Settings
from local_server.store import Kind, Store
from local_server.training import keeping


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


@dataclass(frozen=True)
class FoundModel:
    """A model that was looked up by the name that a client uses.

    Attributes:
        model: The API object. Its id is the name that answers and jobs give.
        folder: Where the weights are.
        base: The base model that it stands on.
        exact: The id of the base model or fine-tuned model itself, where the client may have used an alias.
        family: What stands behind `ft:` in the names of models that are made from it.
        alias: The alias that was used, as it was given at the start; None for an exact name.
    """

    model: Model
    folder: Path
    base: BaseModel
    exact: str
    family: str
    alias: str | None = None


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


def base_models(settings: Settings) -> list[Model]:
    """Make the API's objects for the base models, the default first, then for their aliases.

    A pattern is listed as it was given. Who owns an alias tells what stands behind it.
    """
    models = [_as_found(base).model for base in _offered(settings)]
    served = {base.id: base for base in settings.base_models}
    aliases = [_as_found(served[alias.model], alias, alias.name).model for alias in settings.aliases]
    return models + aliases


def find_model(settings: Settings, store: Store, name: str) -> FoundModel | None:
    """Look a model up by the name that clients use.

    Args:
        settings: Base models, and where the others lie.
        store: Which models exist.
        name: A base model, a fine-tuned model or a checkpoint; an alias where none of them has this name.

    Returns:
        What is known of it, or None when there is no such model.
    """
    for base in settings.base_models:
        if name == base.id:
            return _as_found(base)
    model = store.get(MODELS, name)
    if model is None:
        later = next((base for base in _offered(settings) if name == base.id), None)
        return _by_alias(settings, name) if later is None else _as_found(later)
    job_id = store.job_of(name)
    base, family = base_and_family(settings, store, job_id)
    return FoundModel(model, folder_of(settings, name, job_id), base, exact=name, family=family)


def _offered(settings: Settings) -> list[BaseModel]:
    """The base models of the start, and those that were installed since."""
    later = installed_later(settings.base_models) if settings.offers_installed else []
    return [*settings.base_models, *later]


def _by_alias(settings: Settings, name: str) -> FoundModel | None:
    meant = find_alias(settings.aliases, name)
    if meant is None:
        return None
    alias, shown = meant
    return _as_found(next(base for base in settings.base_models if base.id == alias.model), alias, shown)


def _as_found(base: BaseModel, alias: Alias | None = None, shown: str | None = None) -> FoundModel:
    """A base model, under its own name or the one of an alias."""
    name = base.id if shown is None else shown
    owner = "local-server" if alias is None else f"local-server, alias of {base.id}"
    model = new_model(name, base.created, owner)
    return FoundModel(model, base.folder, base, base.id, name, None if alias is None else alias.name)


def start_of(settings: Settings, store: Store, job: Job) -> FoundModel | None:
    """Say what a job starts from, whatever base models and aliases this server has.

    Args:
        settings: Base models, and where the others lie.
        store: Which models exist.
        job: The job.

    Returns:
        The model, or None when it is not there any more.
    """
    origin = store.get(ORIGINS, origin_id(job["id"]))
    if origin is None:
        return find_model(settings, store, job["model"])
    found = find_model(settings, store, origin["model"])
    if found is None and origin["model"] == origin["base_model_id"] and Path(origin["base_folder"]).is_dir():
        return _as_found(base_of(origin))
    return found


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
    """List the base models, their aliases, and everything made from them."""
    fine_tuned, _ = store.page(MODELS, limit=100_000, oldest_first=True)
    return {"object": "list", "data": [*base_models(settings), *fine_tuned]}


def retrieve(settings: TheSettings, store: TheStore, model_id: str) -> Model:
    """Read one model object."""
    found = find_model(settings, store, model_id)
    if found is None:
        raise model_not_found(model_id)
    return found.model


def delete(settings: TheSettings, store: TheJobs, model_id: str) -> ModelDeleted:
    """Delete a fine-tuned model or checkpoint, with its weights. The base models stay."""
    found = find_model(settings, store, model_id)
    if found is None:
        raise model_not_found(model_id)
    if found.exact == found.base.id:
        what = "a base model" if found.alias is None else f"an alias of the base model {found.exact}"
        message = f"The model '{model_id}' is {what} of this server. Only ft: models can be deleted."
        raise ApiError(403, message, code="insufficient_permissions")
    user = next((job for job in store.of(None).jobs(*UNFINISHED) if job["model"] == model_id), None)
    if user is not None:
        job = user["id"] if store.job_is_seen(user["id"]) else "of the server's owner"
        message = (
            f"The model '{model_id}' is the base of the job {job}, which is {user['status']}. "
            "Cancel the job, or delete the model when it has ended."
        )
        raise ApiError(400, message, code="model_in_use")
    if use := in_use(settings, store, found.folder):
        raise ApiError(400, f"The model '{model_id}' {use}", code="model_in_use")
    disk.with_reserve(settings.reserve, lambda: store.delete(MODELS, model_id))
    disk.gone(disk.remove_tree, found.folder)
    return {"id": model_id, "object": "model", "deleted": True}


def in_use(settings: Settings, store: Store, folder: Path) -> str | None:
    """Say which adapters elsewhere stand on weights in the folder of a model, or of a whole job."""
    # Besides a project's own ones, only those of the server's owner can stand there.
    models, _ = store.of(None).page(MODELS, limit=100_000, oldest_first=True)
    found = []
    for model in models:
        place = folder_of(settings, model["id"], store.job_of(model["id"]))
        # An adapter that lost its base before, or is damaged, loses nothing.
        with suppress(OSError, ValueError):
            base = None if place.is_relative_to(folder) else keeping.base_of(place)
            if base is not None and base.is_relative_to(folder):
                seen = store.get(MODELS, model["id"]) is not None
                found.append(f"'{model['id']}'" if seen else "one of the server's owner")
    if not found:
        return None
    names = ", ".join(found)
    advice = "Delete these first, or keep whole copies of them with `python -m local_server.export`."
    return f"has weights that other models stand on, as adapters: {names}. {advice}"


def permissions(checkpoint: str) -> NoReturn:
    """Refuse to share a checkpoint with other projects, as for a key that is not an admin key."""
    message = (
        f"The permissions of '{checkpoint}' need an admin API key: they share a checkpoint with other "
        "projects of an organization, which this server does not do."
    )
    raise ApiError(403, message, code="insufficient_permissions")


def delete_permission(checkpoint: str, id: str) -> NoReturn:
    """Refuse to end the sharing of a checkpoint, in the same way."""
    permissions(checkpoint)
