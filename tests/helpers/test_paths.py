"""Where the course's files and a learner's files are: in a clone, and without one."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

from helpers import paths

CLONE = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def no_settings(monkeypatch):
    for name in ("FINETUNE_RUNS_DIR", "FINETUNE_LOCAL_STATE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def wheel(tmp_path, monkeypatch):
    """Packages that were installed from a wheel, and a learner who works in another folder."""
    installed, work = tmp_path / "site-packages", tmp_path / "work"
    (installed / "fine_tuning_course" / "data").mkdir(parents=True)
    work.mkdir()
    monkeypatch.setattr(paths, "ROOT", installed)
    monkeypatch.chdir(work)
    return installed


def places() -> list[Path]:
    return [
        paths.data_path("prices.json"),
        paths.notebooks_dir(),
        paths.runs_dir(),
        paths.server_state(),
        paths.env_file(),
    ]


def test_in_a_clone_everything_stands_in_the_repository():
    assert places() == [
        CLONE / "data" / "prices.json",
        CLONE / "notebooks",
        CLONE / "runs",
        CLONE / "runs" / ".server",
        CLONE / ".env",
    ]
    assert paths.how_to_install_local().startswith(
        "`python tools/install_torch.py`, then `pip install --no-deps --require-hashes -r locks/course.txt`"
    )
    assert all(
        (CLONE / name).is_file() for name in ("tools/install_torch.py", "locks/course.txt", "Makefile")
    )


def test_on_colab_what_trains_is_installed_beside_its_own_packages(monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))

    # `make colab` follows it.
    assert paths.how_to_install_local() == f"`%pip install --quiet -e '{CLONE}[local]'` in a cell"


def test_a_wheel_brings_the_courses_files_and_runs_go_where_the_learner_works(wheel):
    work = Path.cwd()

    assert places() == [
        wheel / "fine_tuning_course" / "data" / "prices.json",
        wheel / "fine_tuning_course" / "notebooks",
        work / "runs",
        work / "runs" / ".server",
        work / ".env",
    ]
    assert paths.how_to_install_local().startswith(
        "`pip install 'fine-tuning-course[local]'`; on a computer without a GPU install PyTorch's CPU"
    )


def test_the_environment_decides_where_runs_and_the_servers_data_go(monkeypatch, tmp_path):
    monkeypatch.setenv("FINETUNE_RUNS_DIR", str(tmp_path / "mine"))
    assert paths.server_state() == tmp_path / "mine" / ".server"

    monkeypatch.setenv("FINETUNE_LOCAL_STATE", str(tmp_path / "state"))
    assert (paths.runs_dir(), paths.server_state()) == (tmp_path / "mine", tmp_path / "state")
