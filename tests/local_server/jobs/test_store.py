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


def queue(store: JobStore, *jobs: str, status: str = "queued") -> None:
    """Add jobs such as `anna-1`, of the project before the hyphen; those of `-` belong to none."""
    for name in jobs:
        body = {"id": name, "status": status, "created_at": 0}
        store.of(name.partition("-")[0] or None).add(JOBS, body)


def test_without_projects_the_queue_is_first_come_first_served(store: JobStore) -> None:
    queue(store, "anna-1", "anna-2", "ben-1")

    assert store.queued() == ["anna-1", "anna-2", "ben-1"]
    assert store.may_start(store.queued()) == store.queued()
    assert [store.place(job) for job in store.queued()] == [1, 2, 3]


def test_projects_take_turns_and_no_second_job_comes_before_the_first_of_another(store: JobStore) -> None:
    store.most_running = 1
    queue(store, "anna-1", "anna-2", "ben-1", "-1", "carla-1")

    assert store.queued() == ["anna-1", "ben-1", "-1", "carla-1", "anna-2"]
    assert store.may_start(store.queued()) == ["anna-1", "ben-1", "-1", "carla-1"]
    assert [store.place(job) for job in ("anna-1", "anna-2", "ben-1", "none")] == [1, 5, 2, 0]


def test_who_has_waited_longest_since_the_last_turn_comes_first(store: JobStore) -> None:
    store.most_running = 1
    queue(store, "anna-1", "ben-1", status="succeeded")
    for job in ("ben-1", "anna-1"):
        store.take_turn(job)
    # Nobody gets to the front by deleting the job of the last turn.
    store.forget_job("anna-1")
    queue(store, "anna-2", "ben-2", "carla-1")

    assert store.queued() == ["carla-1", "ben-2", "anna-2"]


def test_a_project_with_a_running_job_waits_and_one_that_was_stopped_in_its_turn_goes_on(
    store: JobStore,
) -> None:
    store.most_running = 1
    queue(store, "anna-1", status="running")
    queue(store, "ben-1", "anna-2", "carla-1")
    store.take_turn("anna-1")

    assert (store.queued(), store.may_start(store.queued())) == (
        ["ben-1", "carla-1", "anna-2"],
        ["ben-1", "carla-1"],
    )
    store.move_job("anna-1", ("running",), status="queued")
    assert store.queued() == ["anna-1", "ben-1", "carla-1", "anna-2"]


def test_a_job_gives_its_project_to_what_hangs_on_it(store: JobStore) -> None:
    queue(store, "anna-1")
    store.add_event("anna-1", "from the runner, which sees all")

    events, _ = store.of("anna").page(EVENTS, limit=9, job_id="anna-1")
    assert [event["message"] for event in events] == ["from the runner, which sees all"]
    assert store.of("ben").page(EVENTS, limit=9, job_id="anna-1") == ([], False)
    assert (store.of("ben").jobs("queued"), len(store.of("anna").jobs("queued"))) == ([], 1)
