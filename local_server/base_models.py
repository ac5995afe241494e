"""The base models of a server: folders of weights, each with a card that says its name and learning rates."""

import contextlib
import hashlib
import json
import lzma
import math
import os
import shutil
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from finetune_dataset.models import INSTALL_REAL_MODEL, PERIODIC_TINY, REAL_MODEL, models_dir

TrainingMethod = Literal["full", "lora"]

CARD = "course.json"
NEEDED = ("config.json", "*.safetensors", "tokenizer.json")
"""Files that a folder of a base model holds, as patterns."""
PACKED = "model.safetensors.xz"
"""The weights of the course's own model as course.zip has them (tools/course_zip.py)."""

# Rates at multiplier 1 for a folder whose card names none, by its number of parameters. Small models: what
# trained SmolLM2-135M well (one seed, Nov 2026). Larger ones: common practice, not measured here.
_SMALL_PARAMETERS = 500_000_000
_SMALL_RATES: Mapping[TrainingMethod, float] = {"full": 1e-4, "lora": 1e-3}
_LARGE_RATES: Mapping[TrainingMethod, float] = {"full": 2e-5, "lora": 2e-4}


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
    if folder == PERIODIC_TINY:
        _unpack(folder)
    missing = [pattern for pattern in NEEDED if not any(folder.glob(pattern))]
    if missing:
        raise UnusableModel(
            f"the base model in {folder} is not complete: {', '.join(missing)} not found. {_way_out(folder)}"
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
    _check_files(folder, {} if content is None else content)
    return BaseModel(model_id, folder, created, learning_rates)


def _unpack(folder: Path) -> None:
    """Put the weights in the place of the packed ones, whole or not at all; two servers may do it at once.

    Packed ones win: who unpacks course.zip once more gets its weights back.
    """
    packed, weights = folder / PACKED, folder / PACKED.removesuffix(".xz")
    if not packed.is_file():
        return
    draft = folder / f".{weights.name}.{os.getpid()}"
    try:
        with lzma.open(packed) as source, open(draft, "wb") as target:
            shutil.copyfileobj(source, target)
        os.replace(draft, weights)
    except (OSError, EOFError, lzma.LZMAError) as error:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        if not weights.exists():  # Another server may have done it meanwhile, or the folder is read-only.
            raise UnusableModel(
                f"the weights of the base model cannot be unpacked from {packed}: {error}. "
                f"Unpack course.zip again, into a folder that can be written; or run `xz -d {packed}`."
            ) from None
    with contextlib.suppress(OSError):
        packed.unlink(missing_ok=True)


def _way_out(folder: Path) -> str:
    if folder == models_dir() / REAL_MODEL:
        return f"To install it again: `{INSTALL_REAL_MODEL}`."
    if folder == PERIODIC_TINY:
        return "Run `make base-model`, or pass another folder with --model."
    return "Copy the folder again, or pass another one with --model."


def _check_files(folder: Path, card: Mapping[str, Any]) -> None:
    """Compare the files with the checksums of the card; what is older than the card was compared before."""
    try:
        written = (folder / CARD).stat().st_mtime_ns if card else 0
        for name, expected in card.get("files", {}).items():
            path = folder / name
            found = path.stat()
            same = found.st_size == expected["bytes"]
            if not same or (found.st_mtime_ns > written and checksum(path) != expected["sha256"]):
                raise UnusableModel(
                    f"the base model in {folder} is damaged: {name} is not what its card says "
                    f"({found.st_size:,} bytes, expected {expected['bytes']:,}, or another checksum). "
                    f"{_way_out(folder)}"
                )
    except (OSError, LookupError, TypeError, AttributeError) as error:
        raise UnusableModel(
            f"the base model in {folder} is damaged: a file of its card cannot be compared ({error}). "
            f"{_way_out(folder)}"
        ) from None


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
