"""What `make lab` shows: the course's folder, the first notebook, and no question about news."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from course import how_to_open
from lab import jupyter_lab
from playwright.sync_api import Locator, Page, expect

from helpers.paths import ROOT

SHIPPED = ("data", "finetune_dataset", "helpers", "notebooks", "tools", "README.md")
NEWS_SECONDS = 5
"""How long after the notebook is there the question about news would have come: it came within three."""


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A copy of the course's folder, with the executed notebooks of a run."""
    folder = tmp_path / "course"
    folder.mkdir()
    for name in SHIPPED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, folder / name)
    executed = folder / "runs" / "my-first-run" / "notebooks"
    executed.mkdir(parents=True)
    shutil.copy(ROOT / "notebooks" / "03_job.ipynb", executed)
    return folder


@pytest.fixture
def lab(course: Path, tmp_path: Path) -> Iterator[str]:
    """The address of the JupyterLab that `make lab` starts in that copy."""
    os.environ.pop("FINETUNE_RUNS_DIR")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(course), os.environ["PYTHONPATH"]])
    with jupyter_lab(course, tmp_path / "lab", ["tools/open_lab.py"]) as address:
        yield address


def listed(page: Page, name: str) -> Locator:
    """A line of the file list."""
    return page.locator(".jp-DirListing-item").filter(has=page.get_by_text(name, exact=True))


def test_lab_opens_the_first_notebook_and_shows_the_courses_folder(
    page: Page, lab: str, course: Path, pictures: Path
):
    page.goto(lab)

    expect(page.locator(".jp-NotebookPanel")).to_contain_text("Start: should you fine-tune?")
    expect(page.get_by_role("button", name="| Idle")).to_be_visible()
    for name in ("my_notebooks", "runs", "data", "README.md"):
        expect(listed(page, name)).to_be_visible()
    page.wait_for_timeout(NEWS_SECONDS * 1000)
    page.screenshot(path=pictures / "make_lab.png")
    assert page.locator(".Toastify__toast").all_inner_texts() == []
    assert page.locator(".jp-OutputArea-output").count() == 0  # questions, and no answers


def test_the_executed_notebooks_of_a_run_are_opened_as_the_run_says(
    page: Page, lab: str, course: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("course.ROOT", course)
    said = how_to_open(course / "runs" / "my-first-run")
    assert said == "To open them: make lab, then runs/my-first-run/notebooks in the file list."
    page.goto(lab)

    for name in ("runs", "my-first-run", "notebooks", "03_job.ipynb"):
        listed(page, name).dblclick()

    opened = page.locator(".jp-NotebookPanel:visible")
    expect(opened.locator(".jp-OutputArea-output").first).to_be_visible()
