"""A clean-up knows what a run has made, and nothing of anybody else."""

import json

import pytest

from helpers.errors import UnreadableContent
from helpers.paths import data_path
from helpers.roads.made import Made, made_in, objects

JOB = {
    "object": "fine_tuning.job",
    "id": "ftjob-1",
    "training_file": "file-a",
    "validation_file": None,
    "result_files": None,
    "fine_tuned_model": "ft:m",
}


def test_files_jobs_and_models_are_found_wherever_a_notebook_wrote_them(tmp_path):
    (tmp_path / "02_training_file.json").write_text(json.dumps({"object": "file", "id": "file-a"}))
    (tmp_path / "06b_jobs.json").write_text(json.dumps({"calls": JOB, "mixed": JOB | {"id": "ftjob-2"}}))
    (tmp_path / "01_dataset.json").write_text(json.dumps({"id": "no-object"}))

    assert made_in(tmp_path) == Made(
        files=frozenset({"file-a"}), jobs=frozenset({"ftjob-1", "ftjob-2"}), models=frozenset({"ft:m"})
    )


def test_one_notebook_can_be_asked_about_alone(tmp_path):
    (tmp_path / "09_job.json").write_text(json.dumps(JOB | {"id": "ftjob-9", "result_files": ["file-r"]}))
    (tmp_path / "09b_job.json").write_text(json.dumps(JOB | {"id": "ftjob-9b"}))
    (tmp_path / "04_job.json").write_text(json.dumps(JOB))

    assert made_in(tmp_path, "09") == Made(
        frozenset({"file-a", "file-r"}), frozenset({"ftjob-9"}), frozenset({"ft:m"})
    )


def test_a_damaged_file_is_named_because_a_clean_up_would_miss_what_it_holds(tmp_path):
    (tmp_path / "09_job.json").write_text("{")

    with pytest.raises(
        UnreadableContent, match=r"09_job\.json is damaged: .* Remove it; what it names stays"
    ):
        made_in(tmp_path)


def test_the_sample_run_names_its_jobs():
    assert len(made_in(data_path("sample_runs", "elle"), "06b").jobs) == 2


def test_objects_are_found_in_lists_too():
    assert [each["id"] for each in objects([{"data": [{"object": "file", "id": "file-1"}]}, 3, None])] == [
        "file-1"
    ]
