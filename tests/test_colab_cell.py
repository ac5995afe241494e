"""The set-up cell on Google Colab: a folder, an uploaded archive, a release, or one sentence.

Colab is a double here: a module of its name, and `%pip` that prints. `make colab` installs for real.
"""

import http.server
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import setup_cell

SENTENCE = "Drop course.zip (made by `make course-zip`) on Colab's list of files; run this cell again."
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


def run_cell(folder: Path, release: str = "") -> list[str]:
    """Run the cell in a process of its own whose working folder this is; gives the lines it prints."""
    program = [sys.executable, "-c", PROGRAM, setup_cell.code(release)]
    ended = subprocess.run(program, cwd=folder, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.splitlines()


def make_course(folder: Path, where: str) -> None:
    (folder / "helpers").mkdir(parents=True)
    (folder / "notebooks").mkdir()
    (folder / "helpers" / "__init__.py").touch()
    (folder / "helpers" / "paths.py").write_text(f"WHERE = {where!r}")
    (folder / "requirements.txt").touch()


@pytest.fixture
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A folder and its address: a double of the place where releases lie."""
    folder = tmp_path_factory.mktemp("published")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

    handler = partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{server.server_port}/course.zip"
        server.shutdown()


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


@pytest.mark.slow
def test_an_unpacking_that_was_interrupted_is_done_again(tmp_path):
    make_course(tmp_path / "made", "the archive")
    shutil.make_archive(str(tmp_path / "course"), "zip", tmp_path / "made")
    make_course(tmp_path / "course", "half of it")
    (tmp_path / "course" / "requirements.txt").unlink()  # the last file of course.zip

    assert run_cell(tmp_path)[-1] == "the archive"


@pytest.mark.slow
def test_what_was_uploaded_comes_before_a_release(published, tmp_path):
    make_course(tmp_path / "made", "the archive")
    shutil.make_archive(str(tmp_path / "course"), "zip", tmp_path / "made")
    make_course(published[0] / "made", "the release")
    shutil.make_archive(str(published[0] / "course"), "zip", published[0] / "made")

    assert run_cell(tmp_path, published[1])[-1] == "the archive"


def test_a_release_is_fetched_unpacked_and_installed(published, tmp_path):
    make_course(published[0] / "made", "the release")
    shutil.make_archive(str(published[0] / "course"), "zip", published[0] / "made")

    assert run_cell(tmp_path, published[1]) == [
        "pip install --quiet -r requirements.txt",
        f"done {tmp_path / 'course' / 'notebooks'}",
        "the release",
    ]


@pytest.mark.slow
def test_a_release_that_does_not_answer_leaves_the_same_sentence_and_no_file(published, tmp_path):
    printed = run_cell(tmp_path, published[1])

    assert [line for line in printed if "Exit" in line] == [f"SystemExit: {SENTENCE}"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("archive", [None, b"", b"half of an arch"])
def test_without_a_course_the_cell_stops_with_one_sentence(archive, tmp_path):
    if archive is not None:
        (tmp_path / "course.zip").write_bytes(archive)

    printed = run_cell(tmp_path)

    assert printed[-1] == f"stopped {tmp_path}"
    assert [line for line in printed if "Exit" in line] == [f"SystemExit: {SENTENCE}"]
    assert not any(line.startswith("pip") for line in printed)


@pytest.mark.parametrize(
    ("urls", "address"),
    [
        ({}, ""),
        ({"Documentation": "https://docs.example"}, ""),
        ({"Repository": "https://a.example/b/"}, "https://a.example/b/releases/download/v9.1/course.zip"),
    ],
)
def test_the_release_is_that_of_this_version_at_the_address_in_pyproject(urls, address):
    assert setup_cell.release({"version": "9.1", "urls": urls}) == address
    assert setup_cell.release({"version": "9.1"}) == ""
