"""Whole notebooks with solved exercises: in replay, each solution is right where it stands."""

import json

import nbformat
import pytest
from notebook_runner import execute
from solving import EXERCISES, solved

from helpers.exercises.texts import all_texts
from helpers.paths import ROOT

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("number", all_texts())
def test_every_solution_is_right_in_its_notebook_in_replay(number, tmp_path):
    name = all_texts()[number].notebook
    notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source = solved(cell.source)
    nbformat.write(notebook, tmp_path / "solved.ipynb")
    environment = {
        "FINETUNE_BACKEND": "replay",
        "FINETUNE_REPLAY_SPEED": "instant",
        "FINETUNE_RUNS_DIR": str(tmp_path / "runs"),
    }

    execute(tmp_path / "solved.ipynb", tmp_path / "done.ipynb", environment, lambda cell, cells: None)

    seen = json.loads((tmp_path / "runs" / "my-run" / "exercises.json").read_text(encoding="utf-8"))
    assert {exercise: tried["right"] for exercise, tried in seen["exercises"].items()} == {
        exercise: True for exercise in EXERCISES if exercise.partition(".")[0] == number
    }
