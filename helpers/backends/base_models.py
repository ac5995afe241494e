"""Choose the base model that the course trains on a backend."""

import os

from openai import NotFoundError, OpenAI

from finetune_dataset.models import INSTALL_REAL_MODEL, REAL_MODEL
from helpers.backends.pasted import cleaned, required
from helpers.backends.recordings.chosen import recording_folder
from helpers.backends.recordings.http_bodies import REPLAY_HOST
from helpers.backends.recordings.replay import read_manifest
from helpers.errors import BackendUnavailable

TINY_MODEL = "periodic-tiny-2026-11"
"""The base model in data/base_model/, under the name that the local server gives it."""

OPENAI_MODEL = "gpt-4.1-mini-2025-04-14"
"""A base model of OpenAI; its last days are in data/roads.json. Dated, as aliases are refused (Aug 2025)."""

AZURE_MODEL = "gpt-4.1-mini"
"""Azure's name for the same model (supported-models page, 2026-03-05)."""


def base_model(client: OpenAI) -> str:
    """Return the id of the base model that the course trains on this client's backend.

    On `local` it is the real model where that is installed, else the tiny one of the course; one printed
    line says so. FINETUNE_MODEL chooses another one, for all notebooks: one that is installed, or an alias of
    the server. In replay it is the model of the recording; there is one of each of the two.

    Args:
        client: A client of `connect`.

    Raises:
        BackendUnavailable: A compatible server, and FINETUNE_MODEL is not set; or the local server does
            not have that model.
    """
    host = client.base_url.host
    if host == REPLAY_HOST:
        return str(read_manifest(recording_folder())["model"])
    address = cleaned(os.environ.get("FINETUNE_BASE_URL", "")).text
    compatible = address.rstrip("/") == str(client.base_url).rstrip("/")
    model = cleaned(os.environ.get("FINETUNE_MODEL", "")).text
    if host == "127.0.0.1" and not compatible:
        return _offered(client, model) if model else _best_offered(client)
    if model:
        return model
    if host == "api.openai.com":
        return OPENAI_MODEL
    if host.endswith(".azure.com"):
        return AZURE_MODEL
    return required(
        "FINETUNE_MODEL", "the id of a model that this server can train; client.models.list() shows them"
    )


def _best_offered(client: OpenAI) -> str:
    offered = [model.id for model in client.models.list()]
    if REAL_MODEL in offered:
        return REAL_MODEL
    print(
        f"The real base model, {REAL_MODEL}, is not installed: the course's tiny one is used, which learns "
        f"less. To install it once (half a minute, 260 MB), run `{INSTALL_REAL_MODEL}`."
    )
    return TINY_MODEL if TINY_MODEL in offered else offered[0]


def _offered(client: OpenAI, model: str) -> str:
    try:
        return client.models.retrieve(model).id
    except NotFoundError:
        offered = ", ".join(found.id for found in client.models.list() if not found.id.startswith("ft:"))
        install = f"run `{INSTALL_REAL_MODEL}`, once, and try again"
        way = install if model == REAL_MODEL else "choose one of them"
        raise BackendUnavailable(
            f"FINETUNE_MODEL is {model!r}, and the local server does not have this model; it has {offered}. "
            f"Please {way}; without FINETUNE_MODEL, the course chooses one of them."
        ) from None
