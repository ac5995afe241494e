"""What the machine lacks just now: how the training program says so, and what it must not leave behind."""

import json
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from local_server import disk
from local_server.training import keeping
from local_server.training.choice import memory
from local_server.training.job_log import CHECKPOINTS_KEPT

# Exit statuses of the training program: on a full disk nothing else can be said. Those of sysexits.h (BSD)
# for "can't create output" and "temporary failure".
NO_ROOM, LACKING = 73, 75
# PyTorch and safetensors have errors of their own, and only their words tell what was missing.
_WORDS = {
    NO_ROOM: ("No space left", "quota exceeded", "PytorchStreamWriter failed writing"),
    LACKING: ("can't allocate memory", "Cannot allocate memory", "not enough memory", "Too many open files"),
}
# AdamW keeps two numbers for each weight (float32).
_NUMBERS_PER_WEIGHT = 3


def disk_is_full(folder: Path) -> bool:
    """Whether the disk of a folder has too little room, less than 1 MB, to record even a failure."""
    return shutil.disk_usage(folder).free < 1024**2


def status_of(error: BaseException, folder: Path) -> int | None:
    """Tell a passing shortage from a fault of the job.

    Args:
        error: What ended the training.
        folder: The job folder.

    Returns:
        The exit status that says what is missing, or None: trying again would not help.
    """
    chain = list(_chain(error))
    for status, words in _WORDS.items():
        if any(word in str(each) for each in chain for word in words):
            return status
    if any(disk.is_full(each) for each in chain) or disk_is_full(folder):
        return NO_ROOM
    return LACKING if any(disk.is_passing(each) for each in chain) else None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def checkpoint_bytes(folder: Path, model: Path) -> int:
    """The room that one checkpoint takes.

    Args:
        folder: The job folder; a whole checkpoint in it tells it.
        model: Folder of the model that the job starts from, which tells it roughly.
    """
    with suppress(OSError, ValueError, LookupError, TypeError):
        if adapter := _adapter_bytes(folder, model):
            return adapter * _NUMBERS_PER_WEIGHT
    found = [size_of(path) for path in (folder / "checkpoints").glob("checkpoint-*")]
    weights = sum(path.stat().st_size for path in model.glob("*.safetensors"))
    with suppress(OSError, ValueError, AttributeError):
        config = json.loads((model / "config.json").read_text(encoding="utf-8"))
        if config.get("dtype", config.get("torch_dtype")) in ("bfloat16", "float16"):
            # The training is in float32.
            weights *= 2
    return max([weights * _NUMBERS_PER_WEIGHT, *found])


def _adapter_bytes(folder: Path, model: Path) -> int | None:
    """The size of the adapter that a job trains; None when it trains all weights, or has not chosen yet."""
    for line in (folder / "events.jsonl").read_text(encoding="utf-8").splitlines():
        chosen = json.loads(line).get("chosen")
        if chosen is not None:
            rank = chosen["lora_rank"]
            size = memory.size_of(keeping.base_of(model) or model)
            return rank and memory.adapter_parameters(size, rank) * memory.BYTES["float32"]
    return None


def checkpoints_to_come(kept: int) -> int:
    """How many further checkpoints a job has to have room for: an old one goes when a new one is whole."""
    return max(1, CHECKPOINTS_KEPT + 1 - kept)


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
