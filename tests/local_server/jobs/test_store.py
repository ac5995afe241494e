"""The status of jobs, and their events."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_server.jobs.answers import EVENTS, JOBS, new_job
from local_server.jobs.methods.answers import supervised
from local_server.jobs.store import JobStore

AUTO = {"n_epochs": "auto", "batch_size": "auto", "learning_rate_multiplier": "auto"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JobStore]:
    store = JobStore(tmp_path / "server.db")
    yield store
    store.close()


@pytest.fixture
def job_id(store: JobStore) -> str:
    job = new_job(
        model="tiny",
        training_file="file-a",
        validation_file=None,
        method=supervised(AUTO),
        seed=7,
        suffix=None,
        metadata=None,
        integrations=[],
    )
    return store.add(JOBS, job)["id"]


def test_a_job_that_ends_gets_its_time_and_is_reported_once(store: JobStore, job_id: str) -> None:
    ended = []
    store.on_end = ended.append

    assert store.move_job(job_id, ("validating_files",), status="cancelled")
    assert not store.move_job(job_id, ("validating_files",), status="failed")

    job = store.job(job_id)
    assert ended == [job]
    assert (job["status"], job["estimated_finish"]) == ("cancelled", None)
    assert job["created_at"] <= job["finished_at"] <= time.time()


def test_jobs_are_found_by_their_status(store: JobStore, job_id: str) -> None:
    assert [job["id"] for job in store.jobs("queued", "validating_files")] == [job_id]
    assert store.jobs("running") == []
    with pytest.raises(KeyError):
        store.job("ftjob-nothing")


def test_no_event_is_older_than_the_one_before(store: JobStore, job_id: str) -> None:
    store.add_event(job_id, "first", created_at=2000)
    store.add_event(job_id, "second", created_at=1000)

    events, _ = store.page(EVENTS, limit=9, job_id=job_id)
    assert [(event["message"], event["created_at"]) for event in events] == [
        ("second", 2000),
        ("first", 2000),
    ]
