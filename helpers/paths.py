"""Where the course keeps its files: the only place in `helpers` that works this out.

In a clone everything stands in the repository. A wheel brings `data` and `notebooks` along, in a folder
of the course's own, and what a learner makes goes to the folder that the program was started in.
"""

import os
import sys
from pathlib import Path

DEFAULT_RUN = "my-run"
"""The folder in `runs_dir` of a run that nobody has named; a live backend adds its own name."""

ROOT = Path(__file__).resolve().parents[1]
"""The folder that holds our packages: the repository, or the site-packages of an installed wheel."""

_IN_A_WHEEL = (
    "fine_tuning_course"  # As in pyproject.toml. A folder `data` in site-packages could be anybody's.
)


def data_path(*parts: str) -> Path:
    """Return the path of something that the course ships in `data`.

    Args:
        parts: The way to it, for example `"limericks.jsonl"`.
    """
    return _shipped().joinpath("data", *parts)


def notebooks_dir() -> Path:
    """Return the folder of the course's notebooks, as they were stored; `python -m helpers` copies them."""
    return _shipped() / "notebooks"


def runs_dir() -> Path:
    """Return the folder of all runs: FINETUNE_RUNS_DIR, or `runs` beside the notebooks' folder.

    Without a clone it is `runs` in the folder that the program was started in.
    """
    return Path(os.environ.get("FINETUNE_RUNS_DIR") or _own() / "runs").absolute()


def server_state() -> Path:
    """Return where the local server keeps its data: FINETUNE_LOCAL_STATE, or `.server` in `runs_dir()`."""
    return Path(os.environ.get("FINETUNE_LOCAL_STATE") or runs_dir() / ".server").absolute()


def env_file() -> Path:
    """Return where a learner may write API keys down: `.env` in the clone, or in the folder of the start."""
    return _own() / ".env"


def how_to_install_local() -> str:
    """Return the commands that install what the local server needs, for a message.

    pip alone would take PyTorch's build for GPUs, with 18 packages of CUDA (Linux, Nov 2026).
    """
    if _is_wheel():
        return (
            "`pip install 'fine-tuning-course[local]'`; on a computer without a GPU install PyTorch's CPU "
            "build first (pytorch.org/get-started), or pip takes several gigabytes of CUDA packages along"
        )
    if "google.colab" in sys.modules:
        # The lock would replace hundreds of Colab's packages; the ranges keep its PyTorch (`make colab`).
        return f"`%pip install --quiet -e '{ROOT}[local]'` in a cell"
    return (
        "`python tools/install_torch.py`, then `pip install --no-deps --require-hashes -r locks/course.txt`, "
        "in the course folder (`make lab` does both, in an environment of its own)"
    )


def _shipped() -> Path:
    """The folder of what the course brings along."""
    return ROOT / _IN_A_WHEEL if _is_wheel() else ROOT


def _own() -> Path:
    """The folder of what a learner makes."""
    return Path.cwd() if _is_wheel() else ROOT


def _is_wheel() -> bool:
    return (ROOT / _IN_A_WHEEL).is_dir()
