"""What a check finds, and the commands that mend it: always the course's own."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NamedTuple

from helpers.paths import ROOT, runs_dir

OK, NOTE, BAD = "ok", "note", "BAD"
"""All is well; the course works, but something will be missed; the course does not work."""


class Finding(NamedTuple):
    """What one check has found.

    Attributes:
        level: OK, NOTE or BAD.
        found: A sentence or a part of one, such as "12.3 GB free".
        mend: What to do; empty where nothing has to be done.
    """

    level: str
    found: str
    mend: str = ""


def is_clone() -> bool:
    """Tell whether the course is a folder of its own, with its Makefile, and no installed wheel."""
    return (ROOT / "Makefile").is_file()


def is_colab() -> bool:
    """Tell whether this is a kernel on Google Colab."""
    return "google.colab" in sys.modules


def environment() -> Path:
    """Return where `make` and the lines for Windows make the course's own environment."""
    return ROOT / ".venv"


def in_environment() -> bool:
    """Tell whether this Python is that of the course's own environment."""
    return os.path.realpath(sys.prefix) == os.path.realpath(environment())


def models_folder() -> Path:
    """Return where base models are installed, as `finetune_dataset.models.models_dir` does."""
    return Path(os.environ.get("FINETUNE_MODELS_DIR") or runs_dir() / ".models").absolute()


def how_to_install(*, training: bool) -> str:
    """Return what installs the packages of the course, whatever is left of them.

    Args:
        training: The training stack, too.
    """
    if is_colab():
        extra = ", then `%pip install -r requirements-local.txt` in a new cell" if training else ""
        return f"Run the first code cell of the notebook again{extra}, and restart the session."
    if not is_clone():
        extras = "lab,local" if training else "lab"
        return (
            f"Run: {sys.executable} -m pip install --upgrade --force-reinstall 'fine-tuning-course[{extras}]'"
        )
    make = "FINETUNE_BACKEND=local make lab" if training else "make lab"
    if os.name == "nt":
        lock = "course" if training else "lab"
        torch = r" .venv\Scripts\python tools\install_torch.py;" if training else ""
        pip = r".venv\Scripts\python -m pip install --no-deps"
        return (
            f"In the course's folder, run: py -m venv .venv;{torch} {pip} --force-reinstall --require-hashes "
            f"-r locks/{lock}.txt; {pip} --no-build-isolation --no-index -e ."
        )
    first = "make clean, then " if environment().exists() else ""
    return f"In the course's folder, run: {first}{make}"
