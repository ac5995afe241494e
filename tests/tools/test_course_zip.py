"""`make course-zip`: one archive with all that a learner needs, the same bytes each time, or none."""

import lzma
import subprocess
import sys
import zipfile
from pathlib import Path

import course_zip
import pytest

from local_server.base_models import PACKED

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
MEGABYTES = 9.5
"""The tiny model takes 6.0 MB of it: its numbers hardly shrink (Nov 2026)."""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("zip") / "course.zip"
    course_zip.write(target)
    return target


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A course of a few files, with things in it that are nobody else's business."""
    root = tmp_path / "small"
    for name in course_zip.FOLDERS:
        (root / name).mkdir(parents=True)
        (root / name / "file.txt").write_text(name)
    for name in (*course_zip.FILES, *course_zip.REQUIREMENTS):
        (root / name).write_text(name)
    for name in (
        "helpers/__pycache__/x.pyc",
        "notebooks/.ipynb_checkpoints/x.ipynb",
        "notebooks/.env",
        ".env",
    ):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("private")
    return root


def test_the_archive_is_small_enough_to_be_dropped_on_colab(archive):
    assert archive.stat().st_size < MEGABYTES * 1e6


def test_the_archive_holds_each_tracked_file_of_the_course_and_requirements_last(archive):
    names = zipfile.ZipFile(archive).namelist()
    wanted = (*course_zip.FOLDERS, *course_zip.FILES, *course_zip.REQUIREMENTS)
    command = ["git", "ls-files", "--cached", "-z", "--", *wanted]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    tracked = {name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()}
    tracked = {course_zip.PACKED if name == course_zip.WEIGHTS else name for name in tracked}

    assert names[-1] == "requirements.txt"
    assert tracked <= set(names) or listed.returncode != 0
    assert {name.partition("/")[0] for name in names} == set(wanted)


def test_the_weights_are_in_it_once_and_packed_as_the_server_unpacks_them(archive):
    packed = zipfile.ZipFile(archive).read(course_zip.PACKED)

    assert Path(course_zip.PACKED).name == PACKED
    assert course_zip.WEIGHTS not in zipfile.ZipFile(archive).namelist()
    assert lzma.decompress(packed) == (ROOT / course_zip.WEIGHTS).read_bytes()


def test_the_same_files_give_the_same_bytes_and_nothing_private_is_in_them(small, tmp_path):
    first = course_zip.write(tmp_path / "first.zip", small)
    for path in small.rglob("*.txt"):
        path.touch()
        path.chmod(0o600)
    second = course_zip.write(tmp_path / "second.zip", small)

    assert first == second
    assert b"private" not in b"".join(
        zipfile.ZipFile(tmp_path / "first.zip").read(name)
        for name in zipfile.ZipFile(tmp_path / "first.zip").namelist()
    )


def test_without_a_part_of_the_course_no_archive_is_written(small, tmp_path):
    (small / "README.md").unlink()

    with pytest.raises(
        FileNotFoundError, match=r"README.md is not there: the archive needs the whole course"
    ):
        course_zip.write(tmp_path / "course.zip", small)

    assert not (tmp_path / "course.zip").exists()


def test_the_command_says_where_the_archive_is_and_its_checksum(tmp_path):
    command = [sys.executable, "tools/course_zip.py", tmp_path / "new" / "course.zip"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.startswith(f"{tmp_path / 'new' / 'course.zip'}: ")
    assert len(said.stdout.split()[-1]) == 64


def test_a_folder_that_cannot_be_written_is_said_in_one_line(tmp_path):
    (tmp_path / "file").touch()
    command = [sys.executable, "tools/course_zip.py", tmp_path / "file" / "course.zip"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert (said.returncode, said.stderr.count("\n")) == (1, 1)
    assert "was not written" in said.stderr
