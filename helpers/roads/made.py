"""What a run has made at a service: ids in its files, so that a clean-up deletes nothing of anybody else."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers.errors import UnreadableContent
from helpers.stored_json import read_json


@dataclass(frozen=True)
class Made:
    """Ids that the files of a run hold.

    Attributes:
        files: Files that were uploaded, and result files.
        jobs: Jobs.
        models: Fine-tuned models.
    """

    files: frozenset[str]
    jobs: frozenset[str]
    models: frozenset[str]


def made_in(folder: Path, notebook: str = "") -> Made:
    """Read which files, jobs and models a run has made.

    Args:
        folder: The run folder.
        notebook: Only what this notebook wrote down, such as "09"; all notebooks without it.

    Returns:
        Their ids, from every file object and every job in the folder's JSON files.

    Raises:
        UnreadableContent: A file of the run is damaged; a clean-up would miss what it holds.
    """
    found: dict[str, set[str]] = {"files": set(), "jobs": set(), "models": set()}
    for path in sorted(folder.glob(f"{notebook}_*.json" if notebook else "[0-9]*.json")):
        way_out = "Remove it; what it names stays at the service until you delete it there."
        for each in objects(read_json(path, dict, way_out=way_out, error=UnreadableContent)):
            if each["object"] == "file":
                found["files"].add(each["id"])
            if each["object"] == "fine_tuning.job":
                found["jobs"].add(each["id"])
                named = (
                    each.get("training_file"),
                    each.get("validation_file"),
                    *(each.get("result_files") or ()),
                )
                found["files"].update(filter(None, named))
                found["models"].update(filter(None, [each.get("fine_tuned_model")]))
    return Made(*(frozenset(found[name]) for name in ("files", "jobs", "models")))


def objects(value: object) -> Iterator[dict[str, Any]]:
    """Go through all objects of the API in a JSON value.

    Args:
        value: What `json.loads` returns.
    """
    if isinstance(value, list):
        for each in value:
            yield from objects(each)
    if isinstance(value, dict):
        if isinstance(value.get("object"), str) and isinstance(value.get("id"), str):
            yield value
        for each in value.values():
            yield from objects(each)
