"""Preference rows, and jobs that train on them."""

import json
from pathlib import Path

from lora import job_folder
from serving import NAMES, as_jsonl


def pair(name: str) -> dict:
    """One answer is kind, the other one is not."""
    return {
        "input": {"messages": [{"role": "user", "content": f"Tell me about {name}"}]},
        "preferred_output": [{"role": "assistant", "content": f"{name} is a good friend of mine."}],
        "non_preferred_output": [{"role": "assistant", "content": f"{name}? I do not care at all."}],
    }


PAIRS = [pair(name) for name in NAMES[:16]]
HELD_OUT = [pair(name) for name in NAMES[16:]]


def preferences(**values: object) -> dict:
    """The method of a job."""
    return {"type": "dpo", "dpo": {"hyperparameters": values}}


def preference_folder(folder: Path, **changes: object) -> Path:
    """A job folder as the server makes it; without changes, 32 steps that train all weights."""
    settings = {
        "method": "dpo", "beta": 0.1, "n_epochs": 8, "batch_size": 4, "learning_rate": 5e-5,
        "training_method": None, "lora_rank": None,
    }  # fmt: skip
    job_folder(folder, **(settings | changes))
    (folder / "training.jsonl").write_bytes(as_jsonl(PAIRS))
    (folder / "validation.jsonl").write_bytes(as_jsonl(HELD_OUT))
    return folder


def specification_of(folder: Path) -> dict:
    return json.loads((folder / "job.json").read_text())
