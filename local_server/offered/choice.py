"""Which base models a server offers: those that were asked for, or all that are installed."""

import logging
import os
import re
from collections.abc import Sequence
from pathlib import Path

from finetune_dataset.models import INSTALL_REAL_MODEL, PERIODIC_TINY, REAL_MODEL, models_dir
from local_server.base_models import CARD, NEEDED, BaseModel, UnusableModel, read_base_model

log = logging.getLogger("local_server")

_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_HUB_FILES = ["config.json", "generation_config.json", "*.safetensors", "*.safetensors.index.json",
              "tokenizer*", "special_tokens_map.json", "vocab.*", "merges.txt", "*.jinja", CARD]  # fmt: skip


def installed() -> list[BaseModel]:
    """Every base model that is there: the course's own small one, then those in the models folder, by name.

    One of the folder that is damaged is left out, and the log says so.

    Raises:
        UnusableModel: The course's own one is damaged.
    """
    return [read_base_model(PERIODIC_TINY), *installed_later(())]


def installed_later(known: Sequence[BaseModel]) -> list[BaseModel]:
    """The base models of the models folder that are not known yet: a model may be installed at any time.

    Args:
        known: Those that a server offers.

    Returns:
        The others, by name.
    """
    ids, folders = {model.id for model in known}, {model.folder for model in known}
    found = []
    for card in sorted(models_dir().glob(f"[!.]*/{CARD}")):
        if card.parent in folders:
            continue
        try:
            model = read_base_model(card.parent)
        except UnusableModel as error:
            log.warning("%s", error)
            continue
        if model.id not in ids:
            found.append(model)
    return found


def chosen(names: Sequence[str]) -> tuple[BaseModel, ...]:
    """Find the base models that were asked for at the start.

    Args:
        names: Each a folder, the name of an installed model, or a name of the Hugging Face hub. Without any:
            all that are installed.

    Returns:
        The base models; the first is the default.

    Raises:
        UnusableModel: One is not there or cannot be used, or two have the same id.
    """
    models: dict[str, BaseModel] = {}
    for model in [_find(name) for name in names] if names else installed():
        other = models.setdefault(model.id, model)
        if other.folder.resolve() != model.folder.resolve():
            raise UnusableModel(
                f"two base models have the id '{model.id}': {other.folder} and {model.folder}. "
                f"Give one of them another 'model_id' in its {CARD}, or leave it out."
            )
    return tuple(models.values())


def _find(name: str) -> BaseModel:
    folder = Path(name).expanduser().absolute()
    if (folder / "config.json").is_file():
        return read_base_model(folder)
    if name not in (".", "..") and (models_dir() / name / CARD).is_file():
        return read_base_model(models_dir() / name)
    for model in installed():
        if name == model.id:
            return model
    if name == REAL_MODEL:
        raise UnusableModel(f"the model '{name}' is not installed. To install it: `{INSTALL_REAL_MODEL}`.")
    if folder.is_dir() or not _HUB_NAME.fullmatch(name) or name.startswith("."):
        if folder.is_dir() or os.sep in name:
            return read_base_model(folder)  # It says what is missing.
        names = ", ".join(model.id for model in installed())
        raise UnusableModel(
            f"'{name}' is no folder of a model, and no model of this name is installed. Installed: {names}. "
            "Pass one of these with --model, or a folder, or a name of the Hugging Face hub (owner/name)."
        )
    return read_base_model(_hub_folder(name), name)


def _hub_folder(name: str) -> Path:
    """The folder of a model of the Hugging Face hub: from the local cache, else fetched."""
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import LocalEntryNotFoundError
    except ImportError:
        raise UnusableModel(
            f"'{name}' is a name of the Hugging Face hub, and huggingface_hub is not installed. "
            "Install it, or pass a folder with --model."
        ) from None
    try:
        cached = Path(snapshot_download(name, allow_patterns=_HUB_FILES, local_files_only=True))
        if all(any(cached.glob(pattern)) for pattern in NEEDED):
            return cached
    except (LocalEntryNotFoundError, OSError, ValueError):
        pass
    try:
        return Path(snapshot_download(name, allow_patterns=_HUB_FILES, etag_timeout=10))
    # The library has many kinds of errors, those of its HTTP library among them.
    except Exception as error:
        first_line = (str(error).strip().splitlines() or [""])[0]
        raise UnusableModel(
            f"'{name}' is no folder and not in the local Hugging Face cache, and could not be "
            f"fetched: {type(error).__name__}: {first_line:.300} Check the name and the network, or pass a "
            "folder with --model."
        ) from None
