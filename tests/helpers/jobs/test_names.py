"""The names that notebooks use: `from helpers import jobs`, then `jobs.metrics_frame(events)`."""

import pytest
from loading import loaded, modules_after

import helpers
from helpers import jobs

NAMES = {
    "best_checkpoint",
    "checkpoints_frame",
    "describe_loss",
    "describe_progress",
    "describe_runs",
    "events_to_frame",
    "extra_body",
    "is_terminal",
    "job_facts",
    "metrics_frame",
    "read_result_file",
    "require_succeeded",
}


def test_jobs_gives_out_its_names():
    assert set(jobs.__all__) == NAMES
    assert {getattr(jobs, name).__module__.partition("helpers.jobs.")[0] for name in NAMES} == {""}


@pytest.mark.parametrize("name", sorted(NAMES & set(helpers.__all__)))
def test_a_name_that_helpers_gives_out_too_is_the_same(name):
    assert getattr(helpers, name) is getattr(jobs, name)


def test_the_names_of_a_notebook_stay_importable_from_helpers():
    assert set(helpers.__all__) >= NAMES - {"describe_progress", "extra_body", "job_facts"}


def test_a_name_loads_only_its_own_modules():
    modules = modules_after("from helpers import jobs; jobs.is_terminal('running')")

    assert loaded(modules, "helpers", "finetune_dataset") == {
        *("helpers", "helpers.errors", "helpers.jobs", "helpers.jobs.event_messages", "helpers.jobs.facts"),
        *("helpers.jobs.records", "finetune_dataset", "finetune_dataset.errors"),
    }


def test_words_and_tables_of_jobs_load_no_pictures_no_widgets_no_sdk_and_no_dataset_checker():
    modules = modules_after(
        "from helpers import jobs; import helpers.jobs.describe\n"
        "[getattr(jobs, name) for name in jobs.__all__]"
    )

    assert loaded(modules, "matplotlib", "ipywidgets", "IPython", "openai", "httpx2", "torch") == set()
    assert loaded(modules, "finetune_dataset") == {"finetune_dataset", "finetune_dataset.errors"}
