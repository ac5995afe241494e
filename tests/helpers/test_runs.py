"""Run folders: what is written comes back, what is missing is named, nothing is half written."""

import json

import pytest
from damage import DAMAGES
from grading import multi, python
from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent

from finetune_dataset.errors import DatasetError, FineTuneError
from helpers import paths
from helpers.errors import MissingArtifact, UnknownBackend
from helpers.paths import data_path, runs_dir
from helpers.runs import Run, fingerprint, open_run


@pytest.fixture(autouse=True)
def own_runs_dir(tmp_path, monkeypatch):
    for name in ("FINETUNE_RUN", "FINETUNE_BACKEND"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FINETUNE_RUNS_DIR", str(tmp_path / "runs"))


@pytest.fixture
def sample_run(tmp_path, monkeypatch):
    """A data folder of our own with a sample run of one file."""
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    folder = tmp_path / "data" / "sample_runs" / "elle"
    folder.mkdir(parents=True)
    (folder / "03_job.json").write_text('{"id": "ftjob-sample"}')
    return folder


def event(number):
    return FineTuningJobEvent(
        id=f"ftevent-{number}",
        created_at=number,
        level="info",
        message=f"Step {number}",
        object="fine_tuning.job.event",
    )


def test_a_run_has_the_default_name_and_backend(tmp_path):
    assert open_run() == Run("my-run", tmp_path / "runs" / "my-run", "replay")
    assert open_run().folder.is_dir()


def test_a_live_backend_has_its_own_run_so_that_recorded_ids_never_reach_it(tmp_path, monkeypatch):
    monkeypatch.setenv("FINETUNE_BACKEND", "local")

    assert open_run() == Run("my-run-local", tmp_path / "runs" / "my-run-local", "local")


def test_the_environment_chooses_name_and_backend(monkeypatch):
    monkeypatch.setenv("FINETUNE_RUN", "elle-2")
    monkeypatch.setenv("FINETUNE_BACKEND", "local")

    run = open_run()

    assert (run.name, run.backend) == ("elle-2", "local")


def test_runs_are_beside_the_data_folder_by_default(monkeypatch):
    monkeypatch.delenv("FINETUNE_RUNS_DIR")

    assert runs_dir() == data_path().parent / "runs"


@pytest.mark.parametrize("name", ["../other", "a/b", "a\\b", ".server", "..", "my run", "a\n"])
def test_a_name_that_leaves_the_runs_folder_is_refused(name, tmp_path):
    with pytest.raises(FineTuneError, match="cannot be the name of a run"):
        open_run(name)

    assert not (tmp_path / "runs").exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "runs").write_text("a file, not a folder")

    with pytest.raises(FineTuneError, match=r"run folder .*my-run cannot be made: .* FINETUNE_RUNS_DIR"):
        open_run()


def test_a_dict_comes_back():
    run = open_run()

    path = run.write_json("01_dataset.json", {"rows": 72, "name": "Élle"})

    assert run.read_json("01_dataset.json") == {"rows": 72, "name": "Élle"}
    assert "Élle" in path.read_text(encoding="utf-8")


def test_an_object_of_the_sdk_is_kept_as_the_json_of_the_api():
    run = open_run()

    run.write_json("03_job.json", event(1))

    assert FineTuningJobEvent.model_validate(run.read_json("03_job.json")) == event(1)


@pytest.mark.filterwarnings("error")
def test_jobs_whose_grader_the_types_of_the_sdk_do_not_know_are_kept_without_a_warning():
    run = open_run()
    settings = {"grader": multi({"facts": python("def grade(sample, item): return 1")}, "facts")}
    sent = {"id": "ftjob-1", "method": {"type": "reinforcement", "reinforcement": settings}}
    job = FineTuningJob.construct(**sent)

    run.write_json("03_job.json", job)
    run.write_json("07_jobs.json", {"both": job, "broken": None})
    run.write_rows("07_jobs.jsonl", [job])

    kept = run.read_json("03_job.json")
    assert kept["method"]["reinforcement"]["grader"].items() >= settings["grader"].items()
    assert run.read_json("07_jobs.json") == {"both": kept, "broken": None}
    assert run.read_rows("07_jobs.jsonl") == [kept]


def test_what_is_neither_json_nor_of_the_sdk_is_refused_and_the_old_file_stays():
    run = open_run()
    run.write_json("07_jobs.json", {"a": 1})

    with pytest.raises(TypeError, match="set is neither JSON nor an object of the SDK"):
        run.write_json("07_jobs.json", {"a": {1}})

    assert run.read_json("07_jobs.json") == {"a": 1}


def test_rows_of_dicts_and_sdk_objects_come_back():
    run = open_run()

    run.write_rows("04_events.jsonl", [event(1), {"id": "plain"}])

    first, second = run.read_rows("04_events.jsonl")
    assert FineTuningJobEvent.model_validate(first) == event(1)
    assert second == {"id": "plain"}


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else():
    run = open_run()
    run.write_rows("train.jsonl", [{"id": 1}])

    with pytest.raises(DatasetError, match=r"Row 2 for .*train\.jsonl, id: found a value of the type type"):
        run.write_rows("train.jsonl", [{"id": 2}, {"id": object}])

    assert run.read_rows("train.jsonl") == [{"id": 1}]
    assert [path.name for path in run.folder.iterdir()] == ["train.jsonl"]


@pytest.mark.parametrize(
    ("filename", "notebook"),
    [
        ("train.jsonl", "01_dataset.ipynb"),
        ("test.jsonl", "01_dataset.ipynb"),
        ("02_validation_file.json", "02_upload.ipynb"),
        ("03_job.json", "03_job.ipynb"),
        ("04_metrics.csv", "04_monitor.ipynb"),
        ("05_scores.json", "05_evaluate.ipynb"),
    ],
)
def test_a_missing_file_on_a_live_backend_names_the_notebook_to_run(
    filename, notebook, monkeypatch, sample_run
):
    monkeypatch.setenv("FINETUNE_BACKEND", "local")
    run = open_run("elle")

    with pytest.raises(MissingArtifact) as refusal:
        run.require(filename)

    assert str(refusal.value) == (
        f"{filename} is not in {run.folder}. Run {notebook} first, "
        "with the same run name ('elle') and backend ('local')."
    )


def test_replay_takes_a_missing_file_from_the_sample_run_and_says_so_once(sample_run, capsys):
    run = open_run()

    assert run.read_json("03_job.json") == {"id": "ftjob-sample"}
    assert run.read_json("03_job.json") == {"id": "ftjob-sample"}

    assert capsys.readouterr().out == "03_job.json: not made yet, so the sample run's copy is used.\n"
    assert (run.folder / "03_job.json").exists()


def test_replay_never_replaces_a_file_of_your_own(sample_run, capsys):
    run = open_run()
    run.write_json("03_job.json", {"id": "ftjob-mine"})

    assert run.read_json("03_job.json") == {"id": "ftjob-mine"}
    assert capsys.readouterr().out == ""


def test_replay_without_a_sample_names_the_notebook_too(sample_run):
    with pytest.raises(MissingArtifact, match=r"Run 02_upload\.ipynb first"):
        open_run().require("02_training_file.json")


def test_a_damaged_json_file_is_named_with_the_way_out():
    run = open_run()
    run.path("03_job.json").write_text('{"id": ')

    with pytest.raises(MissingArtifact, match=r"03_job\.json is damaged: .* run 03_job\.ipynb again"):
        run.read_json("03_job.json")


def test_a_damaged_line_of_rows_is_named():
    run = open_run()
    run.path("train.jsonl").write_text('{"a": 1}\n{"a": \n')

    with pytest.raises(DatasetError, match=r"train\.jsonl, line 2: invalid_json"):
        run.read_rows("train.jsonl")


def test_equal_requests_have_equal_fingerprints_whatever_the_order_of_keys(tmp_path):
    first, second = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    first.write_text("same bytes")
    second.write_text("same bytes")

    assert fingerprint(first, {"a": 1, "b": 2}) == fingerprint(second, {"b": 2, "a": 1})
    assert len(fingerprint(first)) == 16


def test_a_changed_file_or_request_has_another_fingerprint(tmp_path):
    data = tmp_path / "train.jsonl"
    data.write_text("one")
    before = fingerprint(data, {"n_epochs": 3})
    seen = {before, fingerprint(data, {"n_epochs": 4}), fingerprint({"n_epochs": 3}), fingerprint("ab", "c")}
    data.write_text("two")

    assert len(seen | {fingerprint(data, {"n_epochs": 3}), fingerprint("a", "bc")}) == 6


def test_a_fingerprint_never_changes_between_versions():
    assert fingerprint({"model": "periodic-tiny-2026-11", "seed": 7}) == "60ee31f083db72be"


def test_what_is_written_is_readable_json():
    path = open_run().write_json("03_job.json", {"id": "ftjob-1"})

    assert json.loads(path.read_text()) == {"id": "ftjob-1"}
    assert path.read_text().endswith("}\n")


def test_the_parts_of_the_dataset_made_in_the_default_run_serve_a_live_backend(monkeypatch, capsys):
    open_run().write_rows("train.jsonl", [{"messages": []}])
    monkeypatch.setenv("FINETUNE_BACKEND", "local")

    assert open_run().read_rows("train.jsonl") == [{"messages": []}]
    assert capsys.readouterr().out == (
        "train.jsonl: not made yet, so the copy of the run 'my-run' is used.\n"
    )


def test_rows_of_another_dataset_than_the_one_asked_for_never_come_from_the_default_run(monkeypatch, capsys):
    default = open_run()
    default.write_json("01_dataset.json", {"dataset": "recipes"})
    default.write_rows("train.jsonl", [{"row": 1}])
    monkeypatch.setenv("FINETUNE_DATASET", "elle")
    monkeypatch.setenv("FINETUNE_RUN", "other")

    taken = open_run().require("train.jsonl")

    assert taken.read_bytes() == data_path("sample_runs", "elle", "train.jsonl").read_bytes()
    assert capsys.readouterr().out == "train.jsonl: not made yet, so the sample run's copy is used.\n"


def test_ids_of_one_backend_never_serve_another_one(monkeypatch):
    open_run().write_json("02_training_file.json", {"id": "file-recorded"})
    monkeypatch.setenv("FINETUNE_BACKEND", "local")

    with pytest.raises(MissingArtifact, match=r"Run 02_upload\.ipynb first"):
        open_run().read_json("02_training_file.json")


def test_a_run_of_an_unknown_backend_is_refused(monkeypatch):
    monkeypatch.setenv("FINETUNE_BACKEND", "lokal")

    with pytest.raises(UnknownBackend, match="Did you mean 'local'"):
        open_run()


@pytest.mark.parametrize("name", DAMAGES)
def test_any_damage_of_a_file_of_a_run_names_it_and_the_notebook(name, monkeypatch):
    monkeypatch.setenv("FINETUNE_BACKEND", "local")
    run = open_run()
    run.write_json("03_job.json", {"id": "ftjob-1"})
    DAMAGES[name](run.path("03_job.json"))

    with pytest.raises(MissingArtifact, match=r"03_job\.json .*[Rr]un 03_job\.ipynb"):
        run.read_json("03_job.json")


@pytest.mark.parametrize("name", sorted(DAMAGES.keys() - {"blank"}))
def test_any_damage_of_rows_of_a_run_names_the_file_and_the_notebook(name, monkeypatch):
    monkeypatch.setenv("FINETUNE_BACKEND", "local")
    run = open_run()
    run.write_rows("04_events.jsonl", [event(1), event(2), event(3)])
    DAMAGES[name](run.path("04_events.jsonl"))
    if name in ("two documents", "half a character"):
        return  # Right rows, or rows that are read as they stand.

    with pytest.raises(FineTuneError, match=r"(?s)04_events\.jsonl.*[Rr]un 04_monitor\.ipynb"):
        run.read_rows("04_events.jsonl")


def test_rows_that_are_none_come_back_as_none():
    run = open_run()
    run.write_rows("train.jsonl", [])

    assert run.read_rows("train.jsonl") == []


@pytest.mark.parametrize("value", [7, None, ["ftjob-1"]])
def test_an_id_that_is_no_text_is_damage(value):
    run = open_run()
    run.write_json("03_job.json", {"id": value})

    with pytest.raises(MissingArtifact, match=r"03_job\.json is damaged: its id is .* run 03_job\.ipynb"):
        run.read_json("03_job.json")


def test_a_field_that_a_file_of_a_run_lacks_is_damage_too():
    run = open_run()
    run.write_json("03_job.json", {"status": "queued"})
    run.write_rows("train.jsonl", [{"a": 1}, {}])

    with pytest.raises(MissingArtifact, match=r"03_job\.json is damaged: it has no 'id'\. Remove it, then"):
        run.read_json("03_job.json")["id"]
    with pytest.raises(MissingArtifact, match=r"train\.jsonl, row 2 is damaged: it has no 'a'\. Remove it"):
        [row["a"] for row in run.read_rows("train.jsonl")]
