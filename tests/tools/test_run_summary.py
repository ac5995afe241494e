"""The facts of a run are read from its files; a damaged one is named, with the way out."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from run_summary import MODELS, summarize

from helpers import lessons
from helpers.errors import MissingArtifact
from helpers.paths import data_path

FILES = (
    "01_dataset.json",
    "04_job.json",
    "04_metrics.csv",
    "05_scores.json",
    "05_rivals.json",
    "05_lost.json",
)


def rival(model: str) -> dict:
    tokens = {"prompt_tokens": 50.5, "completion_tokens": 40.0, "cached_tokens": None}
    seconds = {"latency_median": 0.5, "latency_p95": None}
    return {"model": model, "base_model": "tiny", "n": 2, **tokens, **seconds, "scores": {"form": 0.5}}


METRICS = ("form", "rhyme", "facts")
RIVALS = {"at_a_time": 16, "rivals": [rival(model) for model in MODELS], "left_out": {}}
LOST = {"lost": [{"set": "prose", "base": 1.0, "fine_tuned": 0.25, "n": 8, "good": "without the form"}]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = Path(shutil.copytree(data_path("sample_runs", "elle-tiny"), tmp_path / "run"))
    (copy / "05_rivals.json").write_text(json.dumps(RIVALS))
    (copy / "05_lost.json").write_text(json.dumps(LOST))
    scores = [
        {"model": model, "metric": metric, "value": 0.5, "low": 0.25, "high": 0.75, "n": 34}
        for model in MODELS
        for metric in METRICS
    ]
    (copy / "05_scores.json").write_text(json.dumps({"scores": scores}))
    return copy


def test_the_facts_of_the_sample_run_are_those_of_its_files(folder: Path) -> None:
    job = json.loads((folder / "04_job.json").read_text())

    summary = summarize(folder, 12.34)

    assert (summary["job_id"], summary["model"], summary["total_seconds"]) == (job["id"], job["model"], 12.3)
    assert summary["job_seconds"] == job["finished_at"] - job["created_at"]
    assert summary["first_train_loss"] > summary["last_train_loss"] > 0
    assert summary["scores"] == json.loads((folder / "05_scores.json").read_text())["scores"]
    assert {(score["model"], score["metric"]) for score in summary["scores"]} == {
        (model, metric) for model in MODELS for metric in METRICS
    }
    assert json.loads(json.dumps(summary)) == summary


def test_a_summary_tells_the_rivals_the_seed_and_what_was_lost(folder: Path) -> None:
    job = json.loads((folder / "04_job.json").read_text())

    summary = summarize(folder, 1)

    assert [each["model"] for each in summary["rivals"]] == list(MODELS)
    assert summary["rivals"][0]["scores"] == {"form": 0.5}
    assert summary["seeds"] == [
        {
            "seed": job["seed"],
            "fine_tuned_model": job["fine_tuned_model"],
            "scores": dict.fromkeys(METRICS, 0.5),
        }
    ]
    assert summary["lost"] == [{"set": "prose", "base": 1.0, "fine_tuned": 0.25, "n": 8}]


def test_a_run_of_another_dataset_needs_the_scores_of_that_one(folder: Path, monkeypatch) -> None:
    elle = lessons.open_lesson("elle")
    other = replace(elle, name="other", scores=[replace(elle.scores[0], name="exact")])
    monkeypatch.setitem(lessons.LESSONS, "other", lambda: other)
    dataset = json.loads((folder / "01_dataset.json").read_text())
    (folder / "01_dataset.json").write_text(json.dumps(dataset | {"dataset": "other"}))

    with pytest.raises(MissingArtifact, match="the scores base exact, few_shot exact, retrieval exact, "):
        summarize(folder, 1)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"\xff\xfe\x00", b'"text"', b"null", None])
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_of_a_run_is_named_with_the_way_out(
    folder: Path, name: str, content: bytes | None
) -> None:
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_bytes(content)

    with pytest.raises(MissingArtifact, match=rf"{name} is damaged: .+ Run the notebook"):
        summarize(folder, 1)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("04_job.json", '"finished_at": ', '"finished_at": "x", "was": '),
        ("04_job.json", '"n_epochs": ', '"epochs": '),
        ("04_metrics.csv", "train_loss", "loss"),
        ("05_scores.json", '"few_shot"', '"few"'),
        ("05_scores.json", '"value": ', '"value": "x", "was": '),
        ("05_rivals.json", '"retrieval"', '"search"'),
        ("05_rivals.json", '"latency_median": ', '"seconds": '),
        ("05_lost.json", '"n": ', '"questions": '),
    ],
)
def test_a_field_that_is_not_what_it_should_be_is_named(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new))

    with pytest.raises(MissingArtifact, match=rf"{name} is damaged"):
        summarize(folder, 1)


@pytest.mark.parametrize("rows", ["", "1,0.5,\n", "x,0.5,0.5\n", "1,,,,,,,,,\n2\n"])
def test_metrics_without_a_number_are_named(folder: Path, rows: str) -> None:
    (folder / "04_metrics.csv").write_text(f"step,train_loss,full_valid_loss\n{rows}")

    with pytest.raises(MissingArtifact, match=r"04_metrics\.csv is damaged"):
        summarize(folder, 1)
