"""Which recording answers: one for each dataset of the course, and for the tiny base model one of its own."""

import json
import os
from contextlib import suppress
from pathlib import Path

from finetune_dataset.models import LOCAL_MODEL
from helpers.paths import DEFAULT_RUN, data_path, runs_dir

DEFAULT_DATASET = "elle"
"""The dataset of the course's story."""

TINY = "-tiny"
"""Ends the name of a recording of the tiny base model."""


def dataset_name() -> str:
    """Return the dataset of the course that FINETUNE_DATASET names; without it "elle"."""
    return (os.environ.get("FINETUNE_DATASET") or DEFAULT_DATASET).strip().lower()


def recording_name() -> str:
    """Return the name of a folder in data/recordings and in data/sample_runs, or a path of somebody's own.

    FINETUNE_RECORDING names it. Without that it is the dataset (of the run, where 01_dataset has chosen one),
    run on the real base model; where FINETUNE_MODEL names the tiny one, the run on that.
    """
    if name := os.environ.get("FINETUNE_RECORDING"):
        return name
    dataset = _chosen_in_the_run() or dataset_name()
    tiny = LOCAL_MODEL in os.environ.get("FINETUNE_MODEL", "")
    return f"{dataset}{TINY}" if tiny else dataset


def recording_folder() -> Path:
    """Return the folder of the recording that answers."""
    return data_path("recordings") / recording_name()


def _chosen_in_the_run() -> str | None:
    """The dataset that a learner has chosen in notebook 01: a later notebook opens its connection first."""
    facts = runs_dir() / (os.environ.get("FINETUNE_RUN") or DEFAULT_RUN) / "01_dataset.json"
    with suppress(OSError, ValueError, KeyError, TypeError):
        return str(json.loads(facts.read_text(encoding="utf-8"))["dataset"])
    return None
