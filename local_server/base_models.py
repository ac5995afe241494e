"""The base models of a server: folders of weights, each with a card that says its name and learning rates."""

import json
import math
import os
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from finetune_dataset.models import PERIODIC_TINY, models_dir

TrainingMethod = Literal["full", "lora"]

CARD = "course.json"
NEEDED = ("config.json", "*.safetensors", "tokenizer.json")
"""Files that a folder of a base model holds, as patterns."""

# Rates at multiplier 1 for a folder whose card names none, by its number of parameters. Small models: what
# trained SmolLM2-135M well (one seed, Nov 2026). Larger ones: common practice, not measured here.
_SMALL_PARAMETERS = 500_000_000
_SMALL_RATES: Mapping[TrainingMethod, float] = {"full": 2e-4, "lora": 2e-3}
_LARGE_RATES: Mapping[TrainingMethod, float] = {"full": 2e-5, "lora": 2e-4}

_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_HUB_FILES = ["config.json", "generation_config.json", "*.safetensors", "*.safetensors.index.json",
              "tokenizer*", "special_tokens_map.json", "vocab.*", "merges.txt", "*.jinja", CARD]  # fmt: skip


class UnusableModel(Exception):
    """A base model cannot be used; the message says why, and what to do."""


@dataclass(frozen=True)
class BaseModel:
    """A model that jobs can start from.

    Attributes:
        id: The name that clients use.
        folder: safetensors, config.json, tokenizer.json, a chat template.
        created: When it was made, in Unix seconds: the age of its config.json.
        learning_rates: Training method to the learning rate at multiplier 1.
    """

    id: str
    folder: Path
    created: int
    learning_rates: Mapping[TrainingMethod, float]


def read_base_model(folder: Path, name: str | None = None) -> BaseModel:
    """Read what a server says of a base model. Once: what happens to the folder later renames nothing.

    Args:
        folder: Of the model.
        name: Its id when it has no card; the folder's name by default.

    Returns:
        The base model.

    Raises:
        UnusableModel: Files are missing, or the card cannot be read.
    """
    missing = [pattern for pattern in NEEDED if not any(folder.glob(pattern))]
    if missing:
        raise UnusableModel(
            f"the base model in {folder} is not complete: {', '.join(missing)} not found. "
            "Run `make base-model`, or pass another folder with --model."
        )
    card = folder / CARD
    try:
        content = json.loads(card.read_text(encoding="utf-8")) if card.is_file() else None
        model_id = (name or folder.name) if content is None else _id(content)
        rates = None if content is None else content.get("learning_rates")
        learning_rates = {**_usual_rates(folder), **({} if rates is None else _rates(rates))}
        created = int((folder / "config.json").stat().st_mtime)
    except (OSError, ValueError, RecursionError) as error:
        raise UnusableModel(
            f"the id of the base model cannot be read from {card}: {error}. "
            """Write {"model_id": "..."} there, or delete the file to use the folder's name."""
        ) from None
    return BaseModel(model_id, folder, created, learning_rates)


def _id(card: object) -> str:
    model_id = card.get("model_id") if isinstance(card, dict) else None
    if not isinstance(model_id, str) or not model_id or not model_id.isprintable():
        raise ValueError(f"expected an object with a printable text under 'model_id', found {card!r:.80}")
    if model_id.startswith("ft:"):
        raise ValueError(
            f"'model_id' is {model_id!r:.80}, and names that start with 'ft:' are those of fine-tuned models"
        )
    return model_id


def _rates(given: object) -> dict[TrainingMethod, float]:
    rates: dict[Any, Any] = given if isinstance(given, dict) else {"": given}
    found: dict[TrainingMethod, float] = {}
    for method, rate in rates.items():
        number = isinstance(rate, (int, float)) and not isinstance(rate, bool)
        if method not in ("full", "lora") or not number or not 0 < rate <= 1:
            raise ValueError(
                "expected numbers above 0 and up to 1 under 'learning_rates', such as "
                f'{{"full": 2e-4, "lora": 2e-3}}, found {given!r:.80}'
            )
        found[method] = float(rate)
    return found


def _usual_rates(folder: Path) -> Mapping[TrainingMethod, float]:
    return _SMALL_RATES if parameters(folder) <= _SMALL_PARAMETERS else _LARGE_RATES


def parameters(folder: Path) -> int:
    """Count the parameters of a model from the heads of its safetensors files, without its weights.

    Args:
        folder: Of the model.

    Returns:
        The number of parameters.

    Raises:
        ValueError: A file is no safetensors file.
        OSError: A file cannot be read.
    """
    count = 0
    for path in folder.glob("*.safetensors"):
        with open(path, "rb") as file:
            try:
                # The format: eight bytes with the length of a JSON object, which tells of each tensor.
                (length,) = struct.unpack("<Q", file.read(8))
                if length > path.stat().st_size:
                    raise ValueError("its head is longer than the file")
                head: dict[str, Any] = json.loads(file.read(length))
                count += sum(math.prod(of["shape"]) for name, of in head.items() if name != "__metadata__")
            except (struct.error, ValueError, LookupError, AttributeError, TypeError) as error:
                raise ValueError(f"{path} is no safetensors file ({error})") from None
    return count


def installed() -> list[BaseModel]:
    """Every base model that is there: the course's own small one, then those in the models folder, by name.

    Raises:
        UnusableModel: One of them is damaged.
    """
    folders = sorted(path.parent for path in models_dir().glob(f"*/{CARD}") if path.parent.name[0] != ".")
    return [read_base_model(folder) for folder in (PERIODIC_TINY, *folders)]


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
    for model in installed():
        if name == model.id:
            return model
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
