"""Packages that are missing, too old, or damaged are found, and JupyterLab's part of the widgets."""

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.doctor import installed
from helpers.doctor.finding import BAD, OK, Finding, how_to_install
from helpers.doctor.installed import broken, out_of_range, packages, training, widgets
from helpers.doctor.versions import Requirement, required


@pytest.fixture
def versions(monkeypatch):
    """Let packages seem to be installed in other versions; None takes one away."""
    others: dict[str, str | None] = {}
    real = importlib.metadata.version

    def version(name: str) -> str:
        if name in others and others[name] is None:
            raise importlib.metadata.PackageNotFoundError(name)
        return others.get(name) or real(name)

    monkeypatch.setattr(installed.importlib.metadata, "version", version)
    return others


@pytest.fixture
def nothing_broken(monkeypatch):
    monkeypatch.setattr(installed, "broken", lambda names: [])


def test_packages_that_fit_are_well(nothing_broken):
    assert packages() == Finding(OK, f"all {len(required())} are there, in the versions that fit")


def test_a_missing_and_an_old_package_are_named_with_what_mends_them(versions):
    versions |= {"openai": "1.2.3", "bm25s": None}

    assert packages() == Finding(
        BAD, "not installed: bm25s; openai is 1.2.3, expected >=3,<4", how_to_install(training=False)
    )


def test_many_missing_packages_are_counted(versions):
    versions |= {requirement.name: None for requirement in required()}

    assert packages().found.endswith(f" and {len(required()) - 4} more")


def test_a_package_whose_facts_are_damaged_counts_as_missing(monkeypatch):
    monkeypatch.setattr(installed.importlib.metadata, "version", lambda name: None)

    assert out_of_range([Requirement("numpy", "")]) == ["not installed: numpy"]


def test_a_damaged_package_is_bad(monkeypatch):
    monkeypatch.setattr(installed, "broken", lambda names: ["pandas cannot be imported (ImportError: DLL)"])

    assert packages() == Finding(
        BAD, "pandas cannot be imported (ImportError: DLL)", how_to_install(training=False)
    )


def test_the_training_stack_may_be_missing_where_nothing_trains(versions):
    versions |= {"trl": None}

    assert training(local=False) == Finding(OK, "not installed; only the backend local needs it")


def test_the_training_stack_has_to_be_there_where_models_are_trained(versions, nothing_broken):
    assert training(local=True).level == OK

    versions |= {"trl": None}

    assert training(local=True) == Finding(BAD, "not installed: trl", how_to_install(training=True))


def test_what_cannot_be_imported_is_named_with_the_reason(tmp_path, monkeypatch):
    (tmp_path / "damaged_one.py").write_text("raise OSError('no DLL\\nmore')", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    assert broken(("json", "damaged_one", "no_such_module")) == [
        "damaged_one cannot be imported (OSError: no DLL)",
        "no_such_module cannot be imported (ModuleNotFoundError: No module named 'no_such_module')",
    ]


def test_an_import_that_ends_python_is_told(tmp_path, monkeypatch):
    (tmp_path / "ends_python.py").write_text("import os; os._exit(3)", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    assert broken(("ends_python",)) == ["an import ended Python (exit status 3)"]


def test_an_import_that_does_not_end_is_told(monkeypatch):
    def hang(command, **options):
        raise subprocess.TimeoutExpired(command, options["timeout"])

    monkeypatch.setattr(installed.subprocess, "run", hang)

    assert broken(("json",)) == ["the imports did not end (TimeoutExpired)"]


@pytest.mark.slow  # it loads what the notebooks load
def test_what_the_notebooks_load_can_be_imported_here():
    assert broken(installed.IMPORTED) == []


@pytest.mark.slow  # it reads the facts of every package
def test_what_is_imported_is_asked_for():
    providers = importlib.metadata.packages_distributions()
    asked = {requirement.name for requirement in required()}

    missing = [name for name in installed.IMPORTED if not asked & {*providers[name.partition(".")[0]]}]
    assert missing == []


def test_widgets_need_their_package(versions):
    versions |= {"ipywidgets": None}

    assert widgets() == Finding(BAD, "ipywidgets is not installed", how_to_install(training=False))


def test_widgets_need_the_part_of_jupyterlab(tmp_path, monkeypatch):
    assert widgets().level == OK
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path))
    monkeypatch.setattr(installed.site, "getuserbase", lambda: str(tmp_path))

    assert widgets().level == BAD
    assert "jupyterlab_widgets" in widgets().found


def test_jupyter_finds_its_parts_in_folders_that_a_variable_names(tmp_path, monkeypatch):
    folder = Path(sys.prefix, "share", "jupyter")
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path))
    monkeypatch.setenv("JUPYTER_PATH", str(folder))

    assert widgets().level == OK


def test_another_jupyter_brings_its_own_part(versions):
    versions |= {"jupyterlab": None}

    assert widgets().found.endswith("JupyterLab is not in this environment")
    assert widgets().level == OK
