"""Jobs whose training stopped for want of room or memory."""

import json
import shutil
import sqlite3
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import pytest
from states import TINY

from local_server.jobs import routes
from local_server.jobs.answers import EVENTS, JOBS, new_job
from local_server.jobs.methods.answers import supervised
from local_server.jobs.store import JobStore
from local_server.jobs.upkeep import patience
from local_server.jobs.upkeep.shortages import Shortages
from local_server.settings import Settings
from local_server.store import Store
from local_server.training import specification
from local_server.training.shortage import LACKING, NO_ROOM

AUTO = {"n_epochs": "auto", "batch_size": "auto", "learning_rate_multiplier": "auto"}
MEGABYTE = 1024**2
Usage = namedtuple("Usage", "total used free")


class Machine:
    """A disk whose room, and a clock whose time, the test sets."""

    def __init__(self) -> None:
        self.free, self.time = 0, 100.0


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**9, 0, made.free))
    monkeypatch.setattr(patience.time, "monotonic", lambda: made.time)
    return made


@pytest.fixture
def running(settings: Settings, store: JobStore) -> Callable[..., str]:
    """A job with a whole checkpoint of 1 MB at step 2."""

    def make(status: str = "running") -> str:
        job = new_job(
            model=TINY.id, training_file="file-1", validation_file=None, method=supervised(AUTO),
            seed=1, suffix=None, metadata=None, integrations=[],
        )  # fmt: skip
        store.add(JOBS, job | {"status": status})
        folder = settings.job_folder(job["id"])
        for step in (2, 4):
            (folder / "checkpoints" / f"checkpoint-{step}").mkdir(parents=True)
        (folder / "checkpoints" / "checkpoint-2" / "model.safetensors").write_bytes(bytes(100 * MEGABYTE))
        settled = specification.settled("auto", "auto", "auto", rows=12, seed=1)
        (folder / "job.json").write_text(json.dumps({**settled, "model_folder": str(TINY.folder)}))
        add_line(folder, {"kind": "checkpoint", "time": 1.0, "step": 2})
        return job["id"]

    return make


def add_line(folder: Path, line: dict) -> None:
    with open(folder / "events.jsonl", "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def messages(store: JobStore, job_id: str) -> list[str]:
    return [event["message"] for event in store.page(EVENTS, job_id=job_id, limit=99)[0]][::-1]


def test_a_job_without_room_waits_in_the_queue_and_goes_on_when_there_is_room(
    settings: Settings, store: JobStore, running: Callable[..., str], machine: Machine
) -> None:
    job_id, work = running(), Shortages(settings, store)

    assert work.stopped(job_id, NO_ROOM)
    assert work.waits(job_id)
    for _ in range(20):
        machine.time += 70
        assert work.waits(job_id)
    machine.free = 102 * MEGABYTE
    machine.time += 70

    assert not work.waits(job_id)
    assert store.job(job_id)["status"] == "queued"
    # Once, however often it looked.
    assert messages(store, job_id) == [
        "The training stopped: the disk is full. Free about 301 MB; the job then goes on by itself from the "
        "checkpoint at step 2. It can be cancelled meanwhile."
    ]


def test_a_job_that_waited_for_room_for_an_hour_fails_and_says_how_much_to_free(
    settings: Settings, store: JobStore, running: Callable[..., str], machine: Machine
) -> None:
    job_id, work = running(), Shortages(settings, store)
    work.stopped(job_id, NO_ROOM)
    began = machine.time

    while store.job(job_id)["status"] == "queued":
        machine.time += 1
        work.waits(job_id)

    assert 3600 < machine.time - began < 3800
    assert store.job(job_id)["error"] == {
        "code": "insufficient_storage",
        "message": "The training could not go on for an hour: the disk is full. Free about 301 MB and create "
        "a new job.",
        "param": None,
    }
    assert not (settings.job_folder(job_id) / "checkpoints").exists()
    assert not work.waits(job_id)


def test_a_training_that_stops_at_the_same_place_again_and_again_is_given_up(
    settings: Settings, store: JobStore, running: Callable[..., str], machine: Machine
) -> None:
    job_id, work, tries = running(), Shortages(settings, store), 0

    while store.job(job_id)["status"] != "failed":
        # There is room, and yet it stops: the training itself takes hours, which do not count.
        machine.free, machine.time, tries = 10**9, machine.time + 10_000, tries + 1
        assert not work.waits(job_id)
        store.move_job(job_id, ("queued",), status="running")
        assert work.stopped(job_id, LACKING)

    assert 50 < tries < 80
    assert store.job(job_id)["error"]["code"] == "server_error"
    assert "too little memory" in store.job(job_id)["error"]["message"]


def test_a_training_that_gets_further_each_time_is_never_given_up(
    settings: Settings, store: JobStore, running: Callable[..., str], machine: Machine
) -> None:
    job_id, work = running(), Shortages(settings, store)

    for step in range(3, 103):
        machine.free = 0
        assert work.stopped(job_id, NO_ROOM)
        machine.free, machine.time = 10**9, machine.time + 100
        assert not work.waits(job_id)
        add_line(settings.job_folder(job_id), {"kind": "checkpoint", "time": 1.0, "step": step})
        store.move_job(job_id, ("queued",), status="running")

    assert store.job(job_id)["status"] == "running"


def test_a_half_written_checkpoint_counts_as_room_because_it_goes_at_the_start(
    settings: Settings, store: JobStore, running: Callable[..., str], machine: Machine
) -> None:
    job_id, work = running(), Shortages(settings, store)
    half = settings.job_folder(job_id) / "checkpoints" / "checkpoint-4"
    (half / "optimizer.pt").write_bytes(bytes(90 * MEGABYTE))

    # Killed while the disk was full: the training program could not clean up.
    assert work.stopped(job_id, -9)
    machine.free, machine.time = 20 * MEGABYTE, machine.time + 1

    assert not work.waits(job_id)


def test_a_record_that_fails_on_the_full_disk_is_made_later_and_counts_once(
    settings: Settings, store: JobStore, running: Callable[..., str], machine: Machine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    job_id, work, rows = running(), Shortages(settings, store), Store.rows

    def full(store: Store, sql: str, *values: object) -> list:
        if sql.split()[0] not in ("SELECT", "PRAGMA"):
            raise sqlite3.OperationalError("database or disk is full")
        return rows(store, sql, *values)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "rows", full)
        for _ in range(100):
            with pytest.raises(sqlite3.OperationalError):
                work.stopped(job_id, NO_ROOM)
    assert work.stopped(job_id, NO_ROOM)

    assert store.job(job_id)["status"] == "queued"
    assert len(messages(store, job_id)) == 1


def test_a_paused_job_is_told_that_its_last_steps_were_not_kept(
    settings: Settings, store: JobStore, running: Callable[..., str], machine: Machine
) -> None:
    job_id, work = running("paused"), Shortages(settings, store)

    assert work.stopped(job_id, NO_ROOM)

    assert store.job(job_id)["status"] == "paused"
    assert "the disk is full" in messages(store, job_id)[0]


def test_a_job_that_was_cancelled_just_now_is_not_told_that_it_goes_on(
    settings: Settings, store: JobStore, running: Callable[..., str], machine: Machine
) -> None:
    job_id, work = running("cancelled"), Shortages(settings, store)

    work.stopped(job_id, NO_ROOM)

    assert (store.job(job_id)["status"], messages(store, job_id)) == ("cancelled", [])


def test_a_waiting_job_can_be_cancelled(
    settings: Settings, store: JobStore, running: Callable[..., str], machine: Machine
) -> None:
    job_id, work = running(), Shortages(settings, store)
    work.stopped(job_id, NO_ROOM)

    routes.cancel(settings, store, job_id)

    assert store.job(job_id)["status"] == "cancelled"
    assert not (settings.job_folder(job_id) / "checkpoints").exists()


@pytest.mark.parametrize("kind", ["finished", "failed"])
def test_a_job_that_has_said_how_it_ended_is_not_queued_again(
    settings: Settings, store: JobStore, running: Callable[..., str], machine: Machine, kind: str
) -> None:
    job_id, work = running(), Shortages(settings, store)
    add_line(settings.job_folder(job_id), {"kind": kind, "time": 1.0})

    assert not work.stopped(job_id, 1)
    assert not work.waits(job_id)


@pytest.mark.parametrize("exit_status", [0, 1, -9])
def test_other_ends_of_a_training_are_no_shortage(
    settings: Settings, store: JobStore, running: Callable[..., str], machine: Machine, exit_status: int
) -> None:
    machine.free = 10**9

    assert not Shortages(settings, store).stopped(running(), exit_status)
