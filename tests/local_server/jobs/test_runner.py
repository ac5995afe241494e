"""The part of the server that works while nobody asks, without its threads and without training."""

import asyncio
import errno
import json
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from states import TINY

from local_server.jobs import lifecycle, routes
from local_server.jobs.answers import EVENTS, JOBS, new_job
from local_server.jobs.methods.answers import supervised
from local_server.jobs.runner import Runner
from local_server.jobs.store import JobStore
from local_server.jobs.upkeep.shortages import Shortages
from local_server.settings import Settings
from local_server.store import Store
from local_server.training import specification
from local_server.training.job_log import Log
from local_server.training.shortage import NO_ROOM
from local_server.warm.children import Children

AUTO = {"n_epochs": "auto", "batch_size": "auto", "learning_rate_multiplier": "auto"}


class Process:
    """A training process that does nothing until it is killed."""

    returncode = None

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def poll(self) -> int | None:
        return self.returncode

    def kill(self) -> None:
        self.returncode = -9

    def wait(self, timeout: float | None = None) -> int:
        return -9


@pytest.fixture
def queued(settings: Settings, store: JobStore) -> Callable[..., str]:
    def make(status: str = "queued") -> str:
        job = new_job(
            model=TINY.id, training_file="file-1", validation_file=None, method=supervised(AUTO),
            seed=1, suffix=None, metadata=None, integrations=[],
        )  # fmt: skip
        store.add(JOBS, job | {"status": status})
        settings.job_folder(job["id"]).mkdir()
        settled = specification.settled("auto", "auto", "auto", rows=12, seed=1)
        (settings.job_folder(job["id"]) / "job.json").write_text(json.dumps(settled))
        return job["id"]

    return make


def messages(store: JobStore, job_id: str) -> list[str]:
    return [event["message"] for event in store.page(EVENTS, job_id=job_id, limit=99)[0]]


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENOMEM, errno.EAGAIN, errno.ENOSPC])
def test_a_process_that_cannot_be_started_just_now_is_started_later(
    settings: Settings, store: JobStore, queued: Callable, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    fails = [True] * 20

    def start(*_: object, **__: object) -> Process:
        if fails:
            fails.pop()
            raise OSError(number, "it lacks")
        return Process()

    monkeypatch.setattr(Children, "start", start)
    monkeypatch.setattr("local_server.jobs.upkeep.patience._LONGEST_PAUSE", 0.0)
    job_id, work = queued(), Runner(settings, store, Children(settings))
    for _ in range(21):
        work._train()

    assert store.job(job_id)["status"] == "running"
    assert messages(store, job_id) == [
        "Fine-tuning job started",
        f"The training process could not be started just now: [Errno {number}] it lacks. "
        "It is tried again by itself; the job keeps its place.",
    ]


def test_a_process_that_can_never_be_started_fails_its_job(
    settings: Settings, store: JobStore, queued: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(*_: object, **__: object) -> Process:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Children, "start", start)
    job_id = queued()

    Runner(settings, store, Children(settings))._train()

    assert store.job(job_id)["error"]["message"] == (
        "The training process could not be started: [Errno 13] Permission denied"
    )


def test_a_long_queue_has_one_event_for_each_job_however_often_it_moves(
    settings: Settings, store: JobStore, queued: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Children, "start", Process)
    with store.transaction():
        ids = [queued() for _ in range(300)]
    work = Runner(settings, store, Children(settings))
    work._train()
    for job_id in ids[:100]:
        store.move_job(job_id, ("queued", "running"), status="cancelled")
        work._train()
        work._train()

    waiting = [text for text in messages_of_all(store) if text.startswith("Waiting")]
    assert len(waiting) == 299
    # Read now, it is the place that the job has now.
    events = json.loads(asyncio.run(routes.list_events(store, ids[-1])).body)["data"]
    assert events[0]["message"] == f"Waiting for a free slot: number {len(store.queued())} in the queue"
    assert 190 < len(store.queued()) < 200
    # A restart tells nobody again.
    Runner(settings, store, Children(settings))._train()
    assert len([text for text in messages_of_all(store) if text.startswith("Waiting")]) == 299


def test_a_move_of_a_long_queue_takes_as_many_statements_as_that_of_a_short_one(
    settings: Settings, store: JobStore, queued: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Children, "start", Process)
    work, rows, moves = Runner(settings, store, Children(settings)), Store.rows, []
    for more in (5, 100):
        with store.transaction():
            ids = [queued() for _ in range(more)]
        work._train()
        statements: list[str] = []
        monkeypatch.setattr(
            Store,
            "rows",
            lambda self, sql, *values, to=statements: to.append(sql) or rows(self, sql, *values),
        )
        running = store.jobs("running")[0]["id"]
        store.move_job(running, ("running",), status="cancelled")
        work._train()
        work._train()
        monkeypatch.setattr(Store, "rows", rows)
        assert store.job(running)["status"] == "cancelled"
        assert ids[-1] in store.queued()
        moves.append(statements)

    assert moves[0] == moves[1]


def messages_of_all(store: JobStore) -> list[str]:
    return [event["message"] for event in store.page(EVENTS, limit=100_000)[0]]


def test_what_the_training_program_says_becomes_events_in_its_order(
    settings: Settings, store: JobStore, queued: Callable
) -> None:
    job_id = queued("running")
    log = Log(settings.job_folder(job_id) / "events.jsonl")
    log.reads("training", 40_000, "Preparing the training file: 40,000 of 100,000 examples read")
    log.cut("Example 7 was cut off")
    log.chosen({"threads": 2}, "Full fine-tuning")  # type: ignore[typeddict-item]

    lifecycle.take_over(settings, store, job_id)

    events = store.page(EVENTS, job_id=job_id, limit=9, oldest_first=True)[0]
    assert [(event["level"], event["type"], event["message"], event["data"]) for event in events] == [
        ("info", "message", "Preparing the training file: 40,000 of 100,000 examples read", {}),
        ("warn", "message", "Example 7 was cut off", {}),
        ("info", "message", "Full fine-tuning", {"threads": 2}),
    ]


def folder_is_a_file(folder: Path) -> None:
    (folder / "job.json").unlink()
    folder.rmdir()
    folder.write_text("no folder", encoding="utf-8")


def events_are_a_folder(folder: Path) -> None:
    (folder / "events.jsonl").mkdir()


def events_are_no_text(folder: Path) -> None:
    (folder / "events.jsonl").write_bytes(b"\xff\xfe\x00garbage\n")


def events_are_deep(folder: Path) -> None:
    (folder / "events.jsonl").write_bytes(b"[" * 200_000 + b"\n")


@pytest.mark.parametrize(
    "harm",
    [folder_is_a_file, events_are_a_folder, events_are_no_text, events_are_deep],
    ids=lambda f: f.__name__,
)
def test_one_job_folder_that_cannot_be_read_stops_no_start(
    settings: Settings, store: JobStore, queued: Callable, harm: Callable[[Path], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(Children, "start", Process)
    harmed, other = queued("running"), queued("running")
    harm(settings.job_folder(harmed))
    work = Runner(settings, store, Children(settings))
    work._threads = []

    work.start()
    work._train()
    work._train()

    assert (store.job(harmed)["status"], store.job(other)["status"]) == ("failed", "running")
    assert "folder of this job" in store.job(harmed)["error"]["message"]


def test_a_job_can_be_cancelled_while_its_process_cannot_be_started(
    settings: Settings, store: JobStore, queued: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(*_: object, **__: object) -> subprocess.Popen:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(Children, "start", start)
    job_id, work = queued(), Runner(settings, store, Children(settings))
    work._train()

    routes.cancel(settings, store, job_id)
    work._train()

    assert store.job(job_id)["status"] == "cancelled"


class FullDisk:
    """Refuses each change of the database, as often as it is told, or until the reserve is given up."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, settings: Settings, times: int | None = None) -> None:
        self.left, rows = times, Store.rows

        def full(store: Store, sql: str, *values: object) -> list:
            if sql.split()[0] not in ("SELECT", "PRAGMA") and self._refuses(settings):
                raise sqlite3.OperationalError("database or disk is full")
            return rows(store, sql, *values)

        monkeypatch.setattr(Store, "rows", full)

    def _refuses(self, settings: Settings) -> bool:
        if self.left is None:
            return settings.reserve.exists()
        self.left -= 1
        return self.left >= 0


def test_a_job_whose_start_cannot_be_recorded_on_a_full_disk_starts_later(
    settings: Settings, store: JobStore, queued: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Children, "start", Process)
    monkeypatch.setattr("local_server.jobs.upkeep.patience._LONGEST_PAUSE", 0.0)
    job_id, work = queued(), Runner(settings, store, Children(settings))
    FullDisk(monkeypatch, settings, times=9)

    for _ in range(20):
        work._train()

    assert store.job(job_id)["status"] == "running"
    assert messages(store, job_id)[0] == "Fine-tuning job started"


def test_a_full_disk_stops_no_start_of_the_server(
    settings: Settings, store: JobStore, queued: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [queued("running"), queued("running")]
    settings.reserve.write_bytes(b"room")
    work = Runner(settings, store, Children(settings))
    work._threads = []
    FullDisk(monkeypatch, settings)

    work.start()

    assert [store.job(job_id)["status"] for job_id in jobs] == ["queued", "queued"]


def test_a_training_that_finds_no_room_leaves_its_place_to_others_and_comes_back(
    settings: Settings, store: JobStore, queued: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Process] = []

    def start(*_: object, **__: object) -> Process:
        started.append(Process())
        return started[-1]

    monkeypatch.setattr(Children, "start", start)
    monkeypatch.setattr(Shortages, "_one_checkpoint", lambda *_: 10**18 if len(started) < 2 else 0)
    first, second = queued(), queued()
    work = Runner(settings, store, Children(settings))
    work._train()
    started[0].returncode = NO_ROOM

    work._train()
    statuses = [store.job(job_id)["status"] for job_id in (first, second)]
    started[1].returncode = NO_ROOM
    monkeypatch.setattr(Shortages, "waits", lambda *_: False)
    work._train()

    assert statuses == ["queued", "running"]
    assert store.job(first)["status"] == "running"
    assert any(text.startswith("The training stopped: the disk is full") for text in messages(store, first))
