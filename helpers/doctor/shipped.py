"""What the course brings along, or installs once: recordings, data, the real model."""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path

from helpers.doctor.finding import BAD, NOTE, OK, Finding, is_clone, models_folder
from helpers.paths import ROOT, data_path

REAL_MODEL = "smollm2-135m-instruct"
"""As in finetune_dataset/models.py."""

_CHECKSUM = re.compile(r"^\| `([^`]+)` \|.*\| `([0-9a-f]{12})` \|$", re.MULTILINE)


def real_model(local: bool) -> Finding:
    """Look whether the real base model is installed, and whole.

    Args:
        local: Whether models are trained here.
    """
    folder = models_folder() / REAL_MODEL
    command = "make real-model" if is_clone() and os.name != "nt" else "python -m local_server.real_model"
    if "periodic-tiny" in os.environ.get("FINETUNE_MODEL", ""):
        return Finding(OK, "not needed: FINETUNE_MODEL chooses the tiny one")
    if not folder.is_dir():
        if not local:
            return Finding(OK, "not installed; only the backend local needs it")
        return Finding(NOTE, f"{REAL_MODEL} is not installed; the tiny model is trained in its place",
                       f"Run once (half a minute, 260 MB): {command}")  # fmt: skip
    try:
        files = json.loads((folder / "course.json").read_text(encoding="utf-8"))["files"]
        wrong = [name for name, facts in files.items() if _size(folder / name) != facts["bytes"]]
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        wrong = ["course.json"]
    if wrong:
        return Finding(BAD if local else NOTE, f"{folder} is damaged: {', '.join(wrong)}",
                       f"Remove that folder, then run: {command}")  # fmt: skip
    return Finding(OK, f"{REAL_MODEL} is installed")


def recordings() -> Finding:
    """Look whether the recorded answers and the data are whole, and whether the chosen recording is there."""
    folder = data_path("recordings")
    names = sorted(path.parent.name for path in folder.glob("*/manifest.json"))
    wrong = [f"{folder} has no recording"] if not names else []
    for name in names:
        wrong += _damaged(folder / name)
        if not any(data_path("sample_runs", name).glob("*")):
            wrong.append(f"sample_runs/{name} is missing")
    wrong += _changed()
    if wrong:
        return Finding(BAD, "; ".join(wrong), _get_again())
    chosen = chosen_recording()
    if chosen not in names and not (folder / chosen / "manifest.json").is_file():
        found = f"{', '.join(names)} are whole, but {chosen!r} is chosen, which was not recorded"
        way_out = "Unset FINETUNE_RECORDING and FINETUNE_DATASET, or train: FINETUNE_BACKEND=local"
        return Finding(NOTE, found, way_out)
    return Finding(OK, f"{', '.join(names)} and the data are whole")


def chosen_recording() -> str:
    """Return the recording that answers without a run, as `recording_name` does."""
    if name := os.environ.get("FINETUNE_RECORDING"):
        return name
    dataset = (os.environ.get("FINETUNE_DATASET") or "elle").strip().lower()
    return f"{dataset}-tiny" if "periodic-tiny" in os.environ.get("FINETUNE_MODEL", "") else dataset


def _damaged(folder: Path) -> list[str]:
    documents = ["manifest"]
    for name in documents:
        path = folder / f"{name}.json"
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if name == "manifest":
                documents += [str(notebook) for notebook in content["notebooks"]]
            elif not content["exchanges"]:
                raise ValueError("no exchanges")
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            return [f"{folder.name}/{path.name} is {'damaged' if path.exists() else 'missing'}"]
    return []


def _changed() -> list[str]:
    """Compare the files of `data` with the checksums in its README."""
    checksums = _CHECKSUM.findall(data_path("README.md").read_text(encoding="utf-8"))
    if not checksums:
        return ["data/README.md has no checksums"]
    found = []
    for name, start in checksums:
        path = data_path(name)
        if not path.is_file():
            found.append(f"data/{name} is missing")
        elif not hashlib.sha256(path.read_bytes()).hexdigest().startswith(start):
            found.append(f"data/{name} is not the course's")
    return found


def _get_again() -> str:
    if (ROOT / ".git").exists():
        return "To have the course's files again, in its folder: git checkout -- data"
    if is_clone():
        return "Get the course's folder again, and move your my_notebooks and runs there."
    return "Install the course's wheel again, with pip's --force-reinstall."


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1
