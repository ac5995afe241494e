"""`exercises.json` loses nothing, also when several kernels write at once."""

import subprocess
import sys

import pytest
from filelock import FileLock

from helpers.errors import MissingArtifact
from helpers.exercises import kept
from helpers.exercises.kept import Kept, Tried, keep, read_kept
from helpers.paths import ROOT

EACH = 10


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("FINETUNE_RUNS_DIR", str(tmp_path))
    return tmp_path / "my-run"


def test_nothing_was_seen_at_first():
    assert read_kept() == Kept()


def test_what_two_kernels_see_at_once_is_all_kept():
    program = (
        "import sys\nfrom helpers.exercises.kept import keep\n"
        "print('ready', flush=True), sys.stdin.readline()\n"
        f"for number in range({EACH}):\n"
        "    keep(lambda kept: kept.exercise(f'{sys.argv[1]}.{number}'))\n"
        "    keep(lambda kept: kept.chosen('04', '1').append(sys.argv[1]))\n"
    )
    kernels = [
        subprocess.Popen(
            [sys.executable, "-c", program, name],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "two")
    ]

    ready = [kernel.stdout.readline() for kernel in kernels]
    for kernel in kernels:
        kernel.stdin.write("go\n")
        kernel.stdin.flush()
    printed = [kernel.communicate()[0] for kernel in kernels]

    seen = read_kept()
    assert (ready, printed) == (["ready\n"] * 2, ["", ""])
    assert set(seen.exercises) == {f"{name}.{number}" for name in ("one", "two") for number in range(EACH)}
    assert sorted(seen.quiz["04"]["1"]) == ["one"] * EACH + ["two"] * EACH


def test_a_kernel_that_holds_the_file_too_long_is_told_and_not_waited_for(folder, monkeypatch, capsys):
    monkeypatch.setattr(kept, "LOCK_SECONDS", 0.05)
    folder.mkdir()

    with FileLock(folder / ".exercises.json.lock"):
        keep(lambda kept: kept.exercise("04.1"))

    assert capsys.readouterr().out.startswith("Your progress was not kept. ")
    assert read_kept() == Kept()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"exercises": {"04.1": 1}, "quiz": {}}'])
def test_a_damaged_file_is_named_and_left_as_it_is(folder, content, capsys):
    folder.mkdir()
    path = folder / "exercises.json"
    path.write_text(content, encoding="utf-8")

    keep(lambda kept: kept.exercise("04.1"))

    assert f"{path} is damaged" in capsys.readouterr().out
    assert path.read_text(encoding="utf-8") == content
    with pytest.raises(MissingArtifact, match=r"Move it away; a new one is begun\."):
        read_kept()


def test_what_was_written_is_read_again():
    keep(lambda kept: kept.exercise("04.1").update(tries=2, right=True))
    keep(lambda kept: kept.chosen("04", "3").append("b"))

    tried = Tried(tries=2, right=True, hints=0, solution_seen=False)
    assert read_kept() == Kept({"04.1": tried}, {"04": {"3": ["b"]}})
