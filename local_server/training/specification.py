"""job.json: what the server asks of the training program, with numbers in place of "auto"."""

import json
from pathlib import Path
from typing import Literal, NotRequired, TypedDict, TypeVar

from local_server import disk

# The rate at multiplier 1. Twice this, 4e-4, kept more facts than 6e-4 and learned the form as well, on three
# splits of the limericks that the course does not use (seeds 15, 16 and 17; measured Nov 2026).
BASE_LEARNING_RATE = 2e-4
# OpenAI chose batch 1 and multiplier 2 (gpt-3.5) for small files (public job logs, 2023 and 2024).
AUTO_MULTIPLIER = 2.0

Number = TypeVar("Number", int, float)
Auto = Literal["auto"]


class Specification(TypedDict):
    """The content of job.json.

    Attributes:
        n_epochs: How often each row is read.
        batch_size: Rows in a step.
        learning_rate_multiplier: Of the base rate, 2e-4.
        learning_rate: The highest rate, of the first step.
        seed: Of the order of rows and of dropout.
        model_folder: Weights to start from; added when the training begins.
        training_method: All weights or adapters, when it was chosen.
        lora_rank: Of adapters, when it was chosen.
        precision: Of the weights while they train, when it was chosen.
    """

    n_epochs: int
    batch_size: int
    learning_rate_multiplier: float
    learning_rate: float
    seed: int
    model_folder: NotRequired[str]
    training_method: NotRequired[Literal["full", "lora"]]
    lora_rank: NotRequired[int]
    precision: NotRequired[Literal["float32", "bfloat16"]]


def auto_batch_size(rows: int) -> int:
    """Choose the batch size for "auto": 1 for a small file, then one row in 500, at most 256.

    This rule is ours; OpenAI's is not public.

    Args:
        rows: Rows of the training file.

    Returns:
        Rows in a step.
    """
    return max(1, min(256, rows // 500))


def settled(
    n_epochs: int | Auto,
    batch_size: int | Auto,
    learning_rate_multiplier: float | Auto,
    *,
    rows: int,
    seed: int,
) -> Specification:
    """Put numbers in the place of "auto".

    Args:
        n_epochs: As asked for.
        batch_size: As asked for.
        learning_rate_multiplier: As asked for.
        rows: Rows of the training file, at least 1.
        seed: Of the job.

    Returns:
        The specification, without a model.
    """
    # Imported at the first job, as in jobs/lifecycle.py.
    from finetune_dataset.tokens.count import n_epochs_auto

    multiplier = _number(learning_rate_multiplier, AUTO_MULTIPLIER)
    return {
        "n_epochs": _number(n_epochs, n_epochs_auto(rows)),
        "batch_size": _number(batch_size, auto_batch_size(rows)),
        "learning_rate_multiplier": multiplier,
        "learning_rate": BASE_LEARNING_RATE * multiplier,
        "seed": seed,
    }


def _number(asked: Number | Auto, automatic: Number) -> Number:
    return automatic if asked == "auto" else asked


def read(folder: Path) -> Specification:
    """Read job.json of a job folder."""
    return json.loads((folder / "job.json").read_text())


def write(folder: Path, specification: Specification) -> None:
    """Write job.json of a job folder, in one step.

    Args:
        folder: The job folder.
        specification: What to train.
    """
    draft = folder / "job.json.new"
    disk.write(draft, [json.dumps(specification, indent=1).encode()])
    disk.rename(draft, folder / "job.json")
