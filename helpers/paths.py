"""Where the course keeps its files: the only place that works out the repository's root."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def data_path(*parts: str) -> Path:
    """Return the path of something in `data/`, for example `data_path("limericks.jsonl")`."""
    return ROOT.joinpath("data", *parts)


def runs_dir() -> Path:
    """Return the folder of all runs: FINETUNE_RUNS_DIR, or `runs/` beside the notebooks' folder."""
    return Path(os.environ.get("FINETUNE_RUNS_DIR") or ROOT / "runs").absolute()


def server_state() -> Path:
    """Return where the local server keeps its data: FINETUNE_LOCAL_STATE, or `.server` in `runs_dir()`."""
    return Path(os.environ.get("FINETUNE_LOCAL_STATE") or runs_dir() / ".server").absolute()
