"""`make reset` moves work aside and never deletes it."""

import os
import shutil
from pathlib import Path

import pytest
import reset as module
from reset import main, reset
from serving import serve

from helpers.errors import BackendUnavailable, FineTuneError


@pytest.fixture
def course(tmp_path, monkeypatch) -> Path:
    """A course's folder with work in it, an installed model, and a key."""
    root = tmp_path / "course"
    monkeypatch.setenv("FINETUNE_RUNS_DIR", str(root / "runs"))
    for name in ("FINETUNE_MODELS_DIR", "FINETUNE_LOCAL_STATE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(module, "ROOT", root)
    for name in (
        "my_notebooks/00_start.ipynb",
        "runs/my-run/03_job.json",
        "runs/.lab/layout",
        "runs/.models/m/w",
    ):
        (root / name).parent.mkdir(parents=True)
        (root / name).write_text(name, encoding="utf-8")
    (root / ".env").write_text("KEY=1", encoding="utf-8")
    return root


def files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_work_is_moved_and_the_model_and_the_key_stay(course):
    folder = reset(course)

    assert folder.parent == course / "set_aside"
    assert files(folder) == {
        "my_notebooks/00_start.ipynb": "my_notebooks/00_start.ipynb",
        "runs/my-run/03_job.json": "runs/my-run/03_job.json",
        "runs/.lab/layout": "runs/.lab/layout",
    }
    shutil.rmtree(course / "set_aside")
    assert files(course) == {"runs/.models/m/w": "runs/.models/m/w", ".env": "KEY=1"}


def test_two_resets_in_one_second_keep_both(course):
    first = reset(course)
    (course / "my_notebooks").mkdir()

    second = reset(course)

    assert first != second
    assert len(files(first)) == 3
    assert [path.name for path in second.iterdir()] == ["my_notebooks"]


def test_without_work_nothing_is_made(course, capsys, monkeypatch):
    reset(course)
    shutil.rmtree(course / "set_aside")
    monkeypatch.setattr(module, "reset", lambda: reset(course))

    assert main() == 0

    assert capsys.readouterr().out == "There is no work to move: no my_notebooks/, and no runs.\n"
    assert not (course / "set_aside").exists()


def test_a_link_is_moved_and_not_what_it_leads_to(course, tmp_path):
    shutil.rmtree(course / "my_notebooks")
    (tmp_path / "elsewhere").mkdir()
    (course / "my_notebooks").symlink_to(tmp_path / "elsewhere")

    folder = reset(course)

    assert (folder / "my_notebooks").is_symlink()
    assert (tmp_path / "elsewhere").is_dir()


def test_the_learner_is_told_where_the_work_is(course, capsys, monkeypatch):
    monkeypatch.setattr(module, "reset", lambda: reset(course))

    assert main() == 0

    said = capsys.readouterr().out
    assert said.startswith(f"Your work is in {next((course / 'set_aside').iterdir())}; nothing was deleted.")
    assert "`make lab`" in said


def test_what_cannot_be_moved_stays_and_what_was_moved_is_named(course, monkeypatch):
    real = shutil.move

    def move(path, target):
        if path.name == "my-run":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, target)

    monkeypatch.setattr(module.shutil, "move", move)

    with pytest.raises(FineTuneError) as told:
        reset(course)

    folder = next((course / "set_aside").iterdir())
    assert str(told.value) == (
        f"{course / 'runs' / 'my-run'} cannot be moved: Permission denied. Moved to {folder} before: "
        "my_notebooks, .lab. Close the programs that use it (JupyterLab, a terminal in that folder), make "
        "room, and try again."
    )
    assert (course / "runs" / "my-run" / "03_job.json").is_file()
    assert (folder / "my_notebooks" / "00_start.ipynb").is_file()


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may write everywhere")
def test_a_folder_that_may_not_be_written_leaves_all_as_it_is(course):
    before = files(course)
    course.chmod(0o500)

    with pytest.raises(FineTuneError, match="Nothing was moved"):
        reset(course)

    course.chmod(0o700)
    assert files(course) == before


def test_where_nothing_could_be_moved_no_empty_folder_stays(course, monkeypatch):
    before = files(course)

    def move(path, target):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(module.shutil, "move", move)

    with pytest.raises(FineTuneError, match="Nothing was moved"):
        reset(course)

    assert files(course) == before
    assert list((course / "set_aside").iterdir()) == []


def test_a_server_that_does_not_end_keeps_everything_in_its_place(course, monkeypatch, capsys):
    (course / "runs" / ".server").mkdir()
    before = files(course)

    def refuse(state):
        raise BackendUnavailable(f"the server of {state} has not ended")

    monkeypatch.setattr(module, "stop_server", refuse)
    monkeypatch.setattr(module, "reset", lambda: reset(course))

    assert main() == 1

    assert capsys.readouterr().err == f"the server of {course / 'runs' / '.server'} has not ended\n"
    assert files(course) == before


@pytest.mark.slow  # a real server
@pytest.mark.parametrize("place", [".server", "my-run/server"])
def test_a_running_server_is_ended_and_its_jobs_move_with_it(place, course, capsys):
    state = course / "runs" / place
    with serve(state) as server:
        kept = server.client().files.create(file=("a.jsonl", b'{"a": 1}\n'), purpose="fine-tune").id

        folder = reset(course)

        assert server.process.wait(5) == 0

    moved = folder / "runs" / server.state.relative_to(course / "runs")
    assert (moved / "files" / kept).is_file()
    assert "was running, and has ended" in capsys.readouterr().out
