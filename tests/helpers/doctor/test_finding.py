"""What mends fits the place: a clone with make, Windows, a wheel, Colab."""

import os
import sys
from types import ModuleType

import pytest

from finetune_dataset.models import models_dir
from helpers.doctor import finding
from helpers.doctor.finding import how_to_install, in_environment, models_folder


@pytest.fixture
def clone(tmp_path, monkeypatch):
    (tmp_path / "Makefile").touch()
    monkeypatch.setattr(finding, "ROOT", tmp_path)
    return tmp_path


def test_a_clone_without_an_environment_needs_make_alone(clone):
    assert how_to_install(training=False) == "In the course's folder, run: make lab"
    assert how_to_install(training=True).endswith("run: FINETUNE_BACKEND=local make lab")


def test_a_damaged_environment_is_made_again(clone):
    (clone / ".venv").mkdir()

    assert how_to_install(training=False) == "In the course's folder, run: make clean, then make lab"


def test_windows_has_no_make(clone, monkeypatch):
    monkeypatch.setattr(finding.os, "name", "nt")

    told = how_to_install(training=True)

    assert "make" not in told
    assert r".venv\Scripts\python tools\install_torch.py; " in told
    assert "-r locks/course.txt" in told
    assert "-r locks/lab.txt" in how_to_install(training=False)


def test_a_wheel_is_installed_again_with_its_parts(tmp_path, monkeypatch):
    monkeypatch.setattr(finding, "ROOT", tmp_path)

    assert how_to_install(training=True).endswith("--force-reinstall 'fine-tuning-course[lab,local]'")


def test_colab_has_the_first_cell(clone, monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))

    assert how_to_install(training=False).startswith("Run the first code cell of the notebook again, and")
    assert "requirements-local.txt" in how_to_install(training=True)


def test_an_environment_is_known_through_a_link(clone, monkeypatch):
    (clone / "real").mkdir()
    (clone / ".venv").symlink_to(clone / "real")
    monkeypatch.setattr(sys, "prefix", str(clone / "real"))

    assert in_environment()


@pytest.mark.parametrize("variable", ["FINETUNE_MODELS_DIR", "FINETUNE_RUNS_DIR", None])
def test_models_are_where_the_course_looks_for_them(variable, tmp_path, monkeypatch):
    for name in ("FINETUNE_MODELS_DIR", "FINETUNE_RUNS_DIR"):
        monkeypatch.delenv(name, raising=False)
    if variable:
        monkeypatch.setitem(os.environ, variable, str(tmp_path))

    assert models_folder() == models_dir()
