"""The set-up cell of the notebooks on Google Colab: a folder, an uploaded archive, or one sentence."""

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from helpers.paths import ROOT

SENTENCE = "Upload the course's folder, zipped as course.zip, to Colab's files; run this cell again."
PROGRAM = """
import importlib.util, os, sys
from types import ModuleType
from IPython.core.interactiveshell import InteractiveShell

sys.modules["google.colab"] = ModuleType("google.colab")
importlib.util.find_spec = lambda name: None  # the course that runs this test is not there
shell = InteractiveShell.instance()
shell.colors = "nocolor"
shell.register_magic_function(lambda line: print("pip", line), magic_name="pip")
done = shell.run_cell(sys.argv[1]).success
print("done" if done else "stopped", os.getcwd())
if done:
    from helpers.paths import WHERE
    print(WHERE)
"""


def run_cell(folder: Path) -> list[str]:
    """Run the cell in a process of its own whose working folder this is; gives the lines it prints."""
    notebook = nbformat.read(ROOT / "notebooks" / "00_start.ipynb", as_version=4)
    source = next(cell.source for cell in notebook.cells if cell.cell_type == "code")
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, source], cwd=folder, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.splitlines()


def make_course(folder: Path, where: str) -> None:
    (folder / "helpers").mkdir(parents=True)
    (folder / "notebooks").mkdir()
    (folder / "helpers" / "__init__.py").touch()
    (folder / "helpers" / "paths.py").write_text(f"WHERE = {where!r}")
    (folder / "requirements.txt").touch()


def test_a_folder_that_is_there_is_installed(tmp_path):
    make_course(tmp_path / "course", "the folder")

    assert run_cell(tmp_path) == [
        "pip install --quiet -r requirements.txt",
        f"done {tmp_path / 'course' / 'notebooks'}",
        "the folder",
    ]


@pytest.mark.parametrize("inner", ["", "fine-tuning-course-main"])
def test_an_uploaded_archive_is_unpacked_and_installed(inner, tmp_path):
    make_course(tmp_path / "made" / inner, "the archive")
    shutil.make_archive(str(tmp_path / "course"), "zip", tmp_path / "made")
    (tmp_path / "course").mkdir()  # as a first try that was interrupted leaves it

    assert run_cell(tmp_path) == [
        "pip install --quiet -r requirements.txt",
        f"done {tmp_path / 'course' / inner / 'notebooks'}",
        "the archive",
    ]


@pytest.mark.parametrize("archive", [None, b"", b"half of an arch"])
def test_without_a_course_the_cell_stops_with_one_sentence(archive, tmp_path):
    if archive is not None:
        (tmp_path / "course.zip").write_bytes(archive)

    printed = run_cell(tmp_path)

    assert printed[-1] == f"stopped {tmp_path}"
    assert [line for line in printed if "Exit" in line] == [f"SystemExit: {SENTENCE}"]
    assert not any(line.startswith("pip") for line in printed)
