"""What `make lab` installs is enough: every notebook runs on recorded answers without the training stack."""

import importlib.metadata
import os
import re
from pathlib import Path

import nbformat
import pytest
from lock import COURSE_LOCK, TORCH_LOCK
from nbclient import NotebookClient

from helpers.paths import ROOT

# All notebooks run.
pytestmark = pytest.mark.slow

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# The kernel loads it at its start, and then the guard against a network, which has the same name.
WITHOUT = """
import runpy
from importlib.machinery import PathFinder

found = PathFinder.find_spec

def find_spec(name, path=None, target=None):
    # As where nothing is installed: a program may ask whether a package is there.
    return None if name.partition(".")[0] in {names!r} else found(name, path, target)

PathFinder.find_spec = staticmethod(find_spec)
runpy.run_path({guard!r})
"""


def in_lock(lock: Path) -> set[str]:
    return set(re.findall(r"^([\w.-]+)==", lock.read_text(encoding="utf-8"), re.MULTILINE))


@pytest.fixture(scope="module")
def left_out() -> set[str]:
    """The modules of packages that `make lab` does not install."""
    others = in_lock(COURSE_LOCK) | in_lock(TORCH_LOCK)
    found = importlib.metadata.packages_distributions().items()
    return {
        module
        for module, providers in found
        if {re.sub(r"[-_.]+", "-", provider).lower() for provider in providers} <= others
    }


def test_the_training_stack_is_left_out(left_out):
    assert left_out >= {"torch", "transformers", "trl", "peft", "datasets", "fastapi", "pytest"}
    assert not left_out & {"openai", "pandas", "jupyterlab", "ipykernel", "helpers"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_with_what_the_lab_has(path, left_out, tmp_path, monkeypatch):
    guard = ROOT / "tests" / "offline" / "sitecustomize.py"
    (tmp_path / "sitecustomize.py").write_text(
        WITHOUT.format(names=left_out, guard=str(guard)), encoding="utf-8"
    )
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ["PYTHONPATH"]]))
    monkeypatch.setenv("FINETUNE_RUNS_DIR", str(tmp_path / "runs"))
    notebook = nbformat.read(path, as_version=4)

    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(path.parent)}}).execute()

    errors = [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "error"
    ]
    assert errors == []
