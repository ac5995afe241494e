"""The plan of the page for instructors, followed on a local server: started, left alone, collected."""

import re
import time

import course
import pytest
from pages import table_rows

from helpers import connect, jobs, open_run
from helpers.paths import ROOT

PLAN = table_rows(ROOT / "docs" / "instructor.md", "## Minute by minute")
ORDER = list(dict.fromkeys(name for row in PLAN for name in re.findall(r"\d\d\w?_\w+", row[1])))
SHOWN, COLLECTS = "00_start", "04_monitor"
"""The first is shown on recorded answers; the second finds a job that has ended."""
JOB_SECONDS = 180


@pytest.fixture
def room(tmp_path, monkeypatch):
    """The settings of a laptop that trains the tiny model; its server ends with the test."""
    settings = {
        "FINETUNE_BACKEND": "local",
        "FINETUNE_MODEL": course.TINY_MODEL,
        "FINETUNE_RUNS_DIR": str(tmp_path),
        "FINETUNE_LOCAL_STATE": str(tmp_path / "server"),
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    yield settings
    course.stop_server(tmp_path / "server")


def wait_for_the_job() -> str:
    client, job_id = connect("local"), open_run().read_json("03_job.json")["id"]
    deadline = time.monotonic() + JOB_SECONDS
    while not jobs.is_terminal(status := client.fine_tuning.jobs.retrieve(job_id).status):
        assert time.monotonic() < deadline, f"the job is {status} after {JOB_SECONDS} s"
        time.sleep(1)
    return status


@pytest.mark.slow
def test_the_notebooks_run_in_the_order_of_the_plan_and_the_job_is_there_when_it_is_collected(room, tmp_path):
    done = []
    for name in ORDER:
        if name == COLLECTS:
            assert wait_for_the_job() == "succeeded"
        settings = room | ({"FINETUNE_BACKEND": "replay"} if name == SHOWN else {})
        source, target = ROOT / "notebooks" / f"{name}.ipynb", tmp_path / f"{name}.ipynb"
        course.execute(source, target, settings, lambda cell, cells: None)
        done.append(name)

    assert done == ORDER
    assert {path.name for path in open_run().folder.iterdir()} >= {
        "04_job.json",
        "05_scores.json",
        "05b_decision.json",
    }
