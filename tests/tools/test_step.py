"""`make step N=04` gives a run what a notebook needs, and never overwrites what is somebody's own."""

import json
import re
from pathlib import Path

import nbformat
import pytest
import step as module
from step import catch_up, files_before, main, notebook, sample_run

from helpers.errors import FineTuneError
from helpers.paths import data_path, notebooks_dir
from helpers.runs import open_run

NAMES = sorted(path.stem for path in notebooks_dir().glob("*.ipynb"))
SAMPLE = data_path("sample_runs", "elle")
PARTS = ["test.jsonl", "train.jsonl", "validation.jsonl"]
OF_01_TO_03 = [
    "00_job.json",
    "01_dataset.json",
    "02_training_file.json",
    "02_validation_file.json",
    "03_job.json",
]


@pytest.fixture(autouse=True)
def own_runs(tmp_path, monkeypatch) -> Path:
    for name in (
        "FINETUNE_RUN",
        "FINETUNE_BACKEND",
        "FINETUNE_DATASET",
        "FINETUNE_RECORDING",
        "FINETUNE_MODEL",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FINETUNE_RUNS_DIR", str(tmp_path))
    return tmp_path / "my-run"


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_who_fell_behind_has_the_state_of_the_sample_run(own_runs, capsys):
    assert main(["04"]) == 0

    assert files(own_runs) == {name: (SAMPLE / name).read_bytes() for name in [*OF_01_TO_03, *PARTS]}
    assert capsys.readouterr().out == (
        f"{own_runs} is ready for 04_monitor: 8 files copied from the sample run 'elle'.\n"
    )


def test_a_second_time_nothing_is_left_to_copy(own_runs, capsys):
    main(["04"])
    before = {path: path.stat().st_mtime_ns for path in own_runs.iterdir()}
    capsys.readouterr()

    assert main(["04"]) == 0

    assert "0 files copied" in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in own_runs.iterdir()} == before


@pytest.mark.slow  # it reads every notebook
@pytest.mark.parametrize("name", NAMES)
def test_each_notebook_finds_what_its_cells_read(name):
    cells = nbformat.read(notebooks_dir() / f"{name}.ipynb", as_version=4).cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    read = set(re.findall(r'\.(?:require|read_json|read_rows)\("([^"]+)"', code))
    of_its_own = {filename for filename in read if filename.startswith(f"{name.partition('_')[0]}_")}

    catch_up(name, open_run())

    assert read - of_its_own - set(files(open_run().folder)) == set()


@pytest.mark.parametrize("asked", ["4", "04", " 04 ", "04_monitor", "04_MONITOR.ipynb"])
def test_a_notebook_is_found_by_its_number_or_name(asked):
    assert notebook(asked) == "04_monitor"


def test_every_notebook_has_a_number_that_finds_it():
    assert [notebook(name.partition("_")[0]) for name in NAMES] == NAMES
    assert notebook("0") == "00_start"
    assert notebook("4b") == "04b_overfitting"


@pytest.mark.parametrize("asked", ["", "4c", "99", "monitor", "../04", "."])
def test_an_unknown_number_lists_those_that_there_are(asked, own_runs, capsys):
    assert main([asked]) == 1

    numbers = ", ".join(name.partition("_")[0] for name in NAMES)
    assert capsys.readouterr().err == (
        f"There is no notebook {asked!r}. Choose one of {numbers}: `make step N=04`.\n"
    )
    assert not own_runs.exists()


def test_own_files_that_differ_stop_it_and_nothing_is_changed(own_runs, capsys):
    run = open_run()
    run.path("train.jsonl").write_text("my own rows", encoding="utf-8")

    assert main(["04"]) == 1

    assert files(own_runs) == {"train.jsonl": b"my own rows"}
    said = capsys.readouterr().err
    assert said.startswith(f"Nothing was changed: {own_runs} has files of your own that differ")
    assert "(train.jsonl). To move them aside and go on: `make step N=04 REPLACE=1`" in said


def test_told_so_own_files_are_moved_aside_first(own_runs, capsys):
    run = open_run()
    run.path("train.jsonl").write_text("my own rows", encoding="utf-8")
    run.path("04_metrics.csv").write_text("of a later notebook", encoding="utf-8")

    assert main(["04", "--replace"]) == 0

    aside = next(path for path in own_runs.iterdir() if path.is_dir())
    assert files(aside) == {"train.jsonl": b"my own rows"}
    assert run.path("train.jsonl").read_bytes() == (SAMPLE / "train.jsonl").read_bytes()
    assert run.path("04_metrics.csv").read_bytes() == b"of a later notebook"
    assert f"Your own train.jsonl: moved to {aside}." in capsys.readouterr().out


def test_a_live_backend_gets_the_dataset_alone_and_is_told_why(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("FINETUNE_BACKEND", "local")

    assert main(["04"]) == 0

    assert sorted(files(tmp_path / "my-run-local")) == ["01_dataset.json", *PARTS]
    assert "does not know the sample run's job: only the dataset was copied" in capsys.readouterr().out


def test_without_a_sample_run_of_the_tiny_model_it_is_that_of_the_same_dataset(own_runs, monkeypatch, capsys):
    monkeypatch.setenv("FINETUNE_DATASET", "recipes")
    monkeypatch.setenv("FINETUNE_MODEL", "periodic-tiny-2026-11")

    assert main(["02"]) == 0

    assert "from the sample run 'recipes'" in capsys.readouterr().out
    assert json.loads((own_runs / "01_dataset.json").read_text(encoding="utf-8"))["dataset"] == "recipes"


def test_the_tiny_model_has_a_sample_run_of_its_own(monkeypatch):
    monkeypatch.setenv("FINETUNE_MODEL", "periodic-tiny-2026-11")

    assert sample_run() == data_path("sample_runs", "elle-tiny")


def test_without_the_courses_files_the_reason_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "data_path", lambda *parts: tmp_path.joinpath(*parts))

    with pytest.raises(FineTuneError, match="has no sample run"):
        sample_run()


def test_an_unknown_backend_is_told(monkeypatch, capsys):
    monkeypatch.setenv("FINETUNE_BACKEND", "repaly")

    assert main(["04"]) == 1

    assert "Did you mean 'replay'?" in capsys.readouterr().err


def test_a_full_disk_is_told(own_runs, monkeypatch, capsys):
    def full(source, target):
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr(module.shutil, "copyfile", full)

    assert main(["04"]) == 1

    assert "cannot be written: No space left on device. Make room, and try again." in capsys.readouterr().err
    assert files(own_runs) == {}


def test_files_are_those_of_the_notebooks_before():
    assert [path.name for path in files_before("00_start", SAMPLE)] == []
    assert [path.name for path in files_before("02_upload", SAMPLE)] == [
        "00_job.json",
        "01_dataset.json",
        *PARTS,
    ]
    assert {path.name[:3] for path in files_before("05_evaluate", SAMPLE)} >= {"04_", "04b"}
