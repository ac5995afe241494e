"""Recordings, data and the real model: whole, damaged, or missing."""

import json
import shutil

import pytest

from finetune_dataset.models import REAL_MODEL
from helpers.backends.recordings.chosen import recording_name
from helpers.doctor import shipped
from helpers.doctor.finding import BAD, NOTE, OK, Finding
from helpers.doctor.shipped import chosen_recording, real_model, recordings
from helpers.paths import data_path

INSTALL = "make real-model"


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A data folder of our own: one recording of two documents, its sample run, one file of data."""
    folder = tmp_path / "data"
    for name in ("recordings", "sample_runs"):
        (folder / name / "elle").mkdir(parents=True)
    (folder / "sample_runs" / "elle" / "03_job.json").write_text("{}", encoding="utf-8")
    documents = {
        "manifest": {"notebooks": ["03_job"]},
        "03_job": {"step": "03_job", "exchanges": [{}]},
    }
    for name, content in documents.items():
        (folder / "recordings" / "elle" / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    shutil.copy(data_path("elements.csv"), folder)
    lines = data_path("README.md").read_text(encoding="utf-8").splitlines()
    line = next(line for line in lines if line.startswith("| `elements.csv`"))
    (folder / "README.md").write_text(f"| File |\n{line}\n", encoding="utf-8")
    monkeypatch.setattr(shipped, "data_path", lambda *parts: folder.joinpath(*parts))
    monkeypatch.setattr(shipped, "ROOT", tmp_path)
    (tmp_path / ".git").touch()
    return folder


@pytest.fixture
def models(tmp_path, monkeypatch):
    """A folder of installed models, with a small file in place of the real one."""
    monkeypatch.setenv("FINETUNE_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.delenv("FINETUNE_MODEL", raising=False)
    return tmp_path / "models" / REAL_MODEL


def install(folder) -> None:
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"12345")
    card = {"files": {"model.safetensors": {"bytes": 5, "sha256": "0"}}}
    (folder / "course.json").write_text(json.dumps(card), encoding="utf-8")


@pytest.mark.slow  # it reads all of the data
def test_what_the_course_brings_along_is_whole():
    assert recordings() == Finding(OK, "elle, elle-tiny, recipes, sarcastic and the data are whole")


def test_every_file_of_the_data_has_its_checksum():
    rows = data_path("README.md").read_text(encoding="utf-8").count("` |\n| `")

    assert len(shipped._CHECKSUM.findall(data_path("README.md").read_text(encoding="utf-8"))) >= 20
    assert rows >= 20


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("recordings/elle/03_job.json", None, "elle/03_job.json is missing"),
        ("recordings/elle/03_job.json", b'{"exchan', "elle/03_job.json is damaged"),
        ("recordings/elle/03_job.json", b'{"exchanges": []}', "elle/03_job.json is damaged"),
        ("recordings/elle/manifest.json", b"[]", "elle/manifest.json is damaged"),
        ("recordings/elle/manifest.json", b"\xff", "elle/manifest.json is damaged"),
        ("sample_runs/elle/03_job.json", None, "sample_runs/elle is missing"),
        ("elements.csv", None, "data/elements.csv is missing"),
        ("elements.csv", b"a\r\n", "data/elements.csv is not the course's"),
        ("README.md", b"", "data/README.md has no checksums"),
    ],
)
def test_what_is_damaged_is_named(name, content, said, data):
    (data / name).unlink() if content is None else (data / name).write_bytes(content)

    assert recordings() == Finding(
        BAD, said, "To have the course's files again, in its folder: git checkout -- data"
    )


def test_no_recording_at_all_is_bad(data, tmp_path):
    shutil.rmtree(data / "recordings")
    (tmp_path / ".git").unlink()

    found = recordings()

    assert found.found == f"{data / 'recordings'} has no recording"
    assert found.mend.startswith("Get the course's folder again") or "wheel" in found.mend


def test_a_dataset_that_was_not_recorded_is_a_note(data, monkeypatch):
    monkeypatch.setenv("FINETUNE_DATASET", "recipes")

    found = recordings()

    assert (found.level, found.found) == (
        NOTE, "elle are whole, but 'recipes' is chosen, which was not recorded"
    )  # fmt: skip


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"FINETUNE_DATASET": " Recipes "},
        {"FINETUNE_MODEL": "periodic-tiny-2026-11"},
        {"FINETUNE_RECORDING": "mine", "FINETUNE_DATASET": "recipes"},
    ],
)
def test_the_chosen_recording_is_that_of_the_course(settings, tmp_path, monkeypatch):
    for name, value in {**settings, "FINETUNE_RUNS_DIR": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)

    assert chosen_recording() == recording_name()


def test_the_real_model_is_found(models):
    install(models)

    assert shipped.REAL_MODEL == REAL_MODEL
    assert real_model(local=True) == Finding(OK, f"{REAL_MODEL} is installed")


def test_without_the_real_model_the_command_is_told_where_models_are_trained(models):
    assert real_model(local=False).level == OK
    assert real_model(local=True) == Finding(
        NOTE,
        f"{REAL_MODEL} is not installed; the tiny model is trained in its place",
        f"Run once (half a minute, 260 MB): {INSTALL}",
    )


@pytest.mark.parametrize("card", [None, "", "[]", '{"files": {"model.safetensors": 5}}'])
def test_a_model_without_a_readable_card_is_damaged(card, models):
    install(models)
    (models / "course.json").unlink() if card is None else (models / "course.json").write_text(card)

    assert real_model(local=True) == Finding(
        BAD, f"{models} is damaged: course.json", f"Remove that folder, then run: {INSTALL}"
    )


def test_a_model_that_was_cut_off_is_damaged(models):
    install(models)
    (models / "model.safetensors").write_bytes(b"123")

    assert real_model(local=True).found == f"{models} is damaged: model.safetensors"
    assert real_model(local=False).level == NOTE


def test_who_has_chosen_the_tiny_model_needs_no_other(models, monkeypatch):
    monkeypatch.setenv("FINETUNE_MODEL", "periodic-tiny-2026-11")

    assert real_model(local=True).level == OK
