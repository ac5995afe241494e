"""What is left when any one step on the disk or in the database fails, or is the last one of the process."""

import errno
import io
import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fastapi import Request, UploadFile
from serving import NAMES, as_jsonl, row
from states import empty_state

from local_server import disk
from local_server.files import routes as files, uploads
from local_server.files.answers import FILES
from local_server.files.expiry import remove_expired
from local_server.jobs import forget, lifecycle, models, routes as jobs
from local_server.jobs.answers import CHECKPOINTS, EVENTS, JOBS
from local_server.jobs.check import preparing
from local_server.jobs.check.checker import Checked
from local_server.jobs.creation.bodies import CreateJob
from local_server.jobs.models import MODELS, find_model
from local_server.jobs.store import FINAL, JobStore
from local_server.jobs.upkeep.damage import mend
from local_server.jobs.upkeep.sweep import sweep
from local_server.settings import Settings
from local_server.store import Store

ROWS = as_jsonl([row(name) for name in NAMES[:12]])
STEPS = ("write", "copy", "rename", "remove", "remove_tree", "make_folder")


class Killed(BaseException):
    """The process has ended here: nothing that follows happens."""


@dataclass
class World:
    """A state folder, and the code of the server on it."""

    settings: Settings
    store: JobStore = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        self.store = JobStore(self.settings.state / "server.db")
        mend(self.store)
        sweep(self.settings, self.store)

    def upload(self, lifetime: int | None = None) -> str:
        source = UploadFile(io.BytesIO(ROWS), filename="train.jsonl")
        after = None if lifetime is None else files.ExpiresAfter(anchor="created_at", seconds=lifetime)
        return files.create(self.settings, self.store, source, "fine-tune", after, None)["id"]

    def job(self, file_id: str) -> str:
        body = CreateJob(model=self.settings.base_models[0].id, training_file=file_id)
        # Only a reinforcement job asks it for the sandbox of the server.
        request = Request({"type": "http"})
        return jobs.create(request, self.settings, self.store, body)["id"]

    def queued_job(self, file_id: str) -> str:
        job_id = self.job(file_id)
        preparing.Preparing(self.settings, self.store, threading.Event()).round()
        return job_id

    def trained_job(self, file_id: str) -> str:
        """A job whose process has ended; the server has not looked yet."""
        job_id = self.queued_job(file_id)
        folder = self.settings.job_folder(job_id)
        assert lifecycle.begin(self.store, self.store.job(job_id), folder)
        metrics = {"step": 1, "total_steps": 2, "train_loss": 1.0, "train_mean_token_accuracy": 0.5}
        lines = [
            {"kind": "metrics", "time": 1.0, "metrics": metrics | {"step": step}, "estimated_finish": 1.0}
            for step in (1, 2)
        ]
        lines.append({"kind": "finished", "time": 1.0, "trained_tokens": 3})
        (folder / "events.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        (folder / "step_metrics.csv").write_text("step\n1\n2\n")
        for weights in (folder / "model", folder / "checkpoints" / "checkpoint-1"):
            weights.mkdir(parents=True)
            (weights / "model.safetensors").write_bytes(b"weights")
        return job_id

    def conclude(self, job_id: str) -> None:
        lifecycle.conclude(self.settings, self.store, job_id, 0, retry=False)


# Each scenario prepares a world, and returns the call that is disturbed.
def an_upload(world: World) -> Callable[[], object]:
    return world.upload


def an_upload_in_parts(world: World) -> Callable[[], object]:
    def call() -> object:
        asked = uploads.CreateUpload(
            bytes=len(ROWS), filename="train.jsonl", mime_type="text/jsonl", purpose="fine-tune"
        )
        upload = uploads.create(world.settings, world.store, asked)
        source = UploadFile(io.BytesIO(ROWS), filename="part")
        part = uploads.add_part(world.settings, world.store, upload["id"], source, None)
        body = uploads.CompleteUpload(part_ids=[part["id"]])
        return uploads.complete(world.settings, world.store, upload["id"], body)

    return call


def a_new_job(world: World) -> Callable[[], object]:
    file_id = world.upload()
    return lambda: world.job(file_id)


def the_check_of_a_job(world: World) -> Callable[[], object]:
    world.job(world.upload())
    return preparing.Preparing(world.settings, world.store, threading.Event()).round


def a_cancel(world: World) -> Callable[[], object]:
    job_id = world.queued_job(world.upload())
    return lambda: jobs.cancel(world.settings, world.store, job_id)


def a_deleted_file(world: World) -> Callable[[], object]:
    file_id = world.upload()
    return lambda: files.delete(world.settings, world.store, file_id)


def an_expired_file(world: World) -> Callable[[], object]:
    file_id = world.upload(lifetime=3600)
    world.store.rows("UPDATE objects SET body = json_set(body, '$.expires_at', 1) WHERE id = ?", file_id)
    return lambda: remove_expired(world.settings, world.store)


def the_events_of_a_step(world: World) -> Callable[[], object]:
    job_id = world.trained_job(world.upload())
    return lambda: lifecycle.take_over(world.settings, world.store, job_id)


def the_models_of_a_job(world: World) -> Callable[[], object]:
    job_id = world.trained_job(world.upload())
    return lambda: world.conclude(job_id)


def a_deleted_model(world: World) -> Callable[[], object]:
    world.conclude(world.trained_job(world.upload()))
    model = world.store.page(MODELS, limit=1)[0][0]["id"]
    return lambda: models.delete(world.settings, world.store, model)


def a_forgotten_job(world: World) -> Callable[[], object]:
    job_id = world.trained_job(world.upload())
    world.conclude(job_id)
    return lambda: forget.delete(world.settings, world.store, job_id)


SCENARIOS = [
    an_upload, an_upload_in_parts, a_new_job, the_check_of_a_job, a_cancel, a_deleted_file, an_expired_file,
    the_events_of_a_step, the_models_of_a_job, a_deleted_model, a_forgotten_job,
]  # fmt: skip
FAULTS = {
    "ENOSPC": (OSError(errno.ENOSPC, "No space left on device"), "database or disk is full"),
    "EMFILE": (OSError(errno.EMFILE, "Too many open files"), "unable to open database file"),
    "MemoryError": (MemoryError(), None),
    "killed": (Killed(), None),
}


class Faults:
    """Counts the steps that change something, and makes one of them fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count, self.at, self.kind, self.dead = 0, 0, "", False
        for name in STEPS:
            monkeypatch.setattr(disk, name, self._disturbed(name, getattr(disk, name)))
        rows = Store.rows

        def disturbed(store: Store, sql: str, *values: object) -> list:
            if sql.split()[0] not in ("SELECT", "PRAGMA") and self._strikes():
                error, words = FAULTS[self.kind]
                raise error if words is None else sqlite3.OperationalError(words)
            return rows(store, sql, *values)

        monkeypatch.setattr(Store, "rows", disturbed)

    def _strikes(self) -> bool:
        if not self.at:
            return False
        self.count += 1
        if self.count == self.at:
            self.dead = self.kind == "killed"
            return True
        return self.dead

    def _disturbed(self, name: str, step: Callable) -> Callable:
        def disturbed(*arguments: object) -> object:
            if not self._strikes():
                return step(*arguments)
            if name == "write":
                # Half of it is there.
                path, chunks = arguments
                path.write_bytes(b"".join(chunks)[:100])
            raise FAULTS[self.kind][0]

        return disturbed

    def run(self, call: Callable[[], object], kind: str, at: int) -> BaseException | None:
        """Disturb a call at one step; `at` 10,000 disturbs none and counts."""
        self.count, self.at, self.kind, self.dead = 0, at, kind, False
        try:
            call()
        except (Exception, Killed) as error:
            return error
        finally:
            self.at = 0
        return None


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> Faults:
    monkeypatch.setattr(preparing, "check_job", lambda *_, **__: Checked(rows=[12]))
    return Faults(monkeypatch)


@pytest.fixture
def worlds(tmp_path: Path) -> Iterator[Callable[[], World]]:
    made: list[World] = []

    def make() -> World:
        made.append(World(empty_state(tmp_path / str(len(made)))))
        return made[-1]

    yield make
    for world in made:
        world.store.close()


def lists(world: World) -> dict[str, list]:
    """All that clients can list, without what differs from run to run."""
    store = world.store
    return {
        "files": [file["filename"] for file in store.page(FILES, limit=99)[0]],
        "jobs": [job["status"] for job in store.page(JOBS, limit=99)[0]],
        "events": [event["message"].partition("f")[0] for event in store.page(EVENTS, limit=99)[0]],
        "checkpoints": [each["step_number"] for each in store.page(CHECKPOINTS, limit=99)[0]],
        "models": [model["id"].partition("::")[0] for model in store.page(MODELS, limit=99)[0]],
    }


def check_consistent(world: World) -> None:
    """What is listed is there with all its bytes, and there is nothing else."""
    settings, store = world.settings, world.store
    listed = store.page(FILES, limit=99)[0]
    assert {file["id"]: file["bytes"] for file in listed} == {
        path.name: path.stat().st_size for path in (settings.state / "files").iterdir()
    }
    assert all(
        settings.file_path(file["id"]).read_bytes() == ROWS
        for file in listed
        if file["purpose"] == "fine-tune"
    )
    found = store.page(JOBS, limit=99)[0]
    assert {path.name for path in (settings.state / "jobs").iterdir()} <= {job["id"] for job in found}
    for job in found:
        if job["status"] in FINAL:
            assert not (settings.job_folder(job["id"]) / "training.jsonl").exists()
        if job["status"] == "queued":
            assert (settings.job_folder(job["id"]) / "training.jsonl").read_bytes() == ROWS
        if job["status"] == "succeeded":
            assert set(job["result_files"]) <= {file["id"] for file in listed}
    weights = {find_model(settings, store, model["id"]).folder for model in store.page(MODELS, limit=99)[0]}
    assert all((folder / "model.safetensors").exists() for folder in weights)
    if not store.jobs("running"):
        assert {path.parent for path in settings.state.rglob("model.safetensors")} == weights
    assert list(settings.temporary.iterdir()) == []
    assert list(settings.uploads.iterdir()) == [] or store.jobs() == []
    assert not settings.unlisted.exists()


@pytest.mark.parametrize(
    "kind",
    ["ENOSPC", "killed", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("EMFILE", "MemoryError"))],
)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_after_a_fault_at_any_step_a_restart_shows_all_or_nothing(
    scenario: Callable[[World], Callable[[], object]], kind: str, faults: Faults, worlds: Callable[[], World]
) -> None:
    world = worlds()
    call = scenario(world)
    before = lists(world)
    assert faults.run(call, kind, 10_000) is None
    steps, after = faults.count, lists(world)
    assert steps > 1

    for at in range(1, steps + 1):
        world = worlds()
        error = faults.run(scenario(world), kind, at)
        # As after a kill: what was not committed is lost with the connection.
        world.store.close()
        world.start()
        remove_expired(world.settings, world.store)

        check_consistent(world)
        found = lists(world)
        if scenario is the_models_of_a_job and (running := world.store.jobs("running")):
            # The runner looks again at a job whose process has ended.
            world.conclude(running[0]["id"])
            assert lists(world) == after, f"step {at}"
        elif scenario in (an_upload_in_parts, the_check_of_a_job):
            # Several steps of their own, each of which may be the last one.
            assert error is not None or found == after or scenario is the_check_of_a_job, f"step {at}"
        elif error is None:
            assert found == after, f"step {at} failed, and nobody was told"
        else:
            assert found in (before, after), f"step {at}"


@pytest.mark.parametrize("scenario", [a_cancel, a_deleted_file, a_deleted_model, a_forgotten_job])
def test_what_frees_room_works_on_a_full_disk(
    scenario: Callable[[World], Callable[[], object]],
    faults: Faults,
    worlds: Callable[[], World],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = worlds()
    call = scenario(world)
    reserve = world.settings.reserve
    assert reserve.exists()
    rows = Store.rows

    def full(store: Store, sql: str, *values: object) -> list:
        if sql.split()[0] not in ("SELECT", "PRAGMA") and reserve.exists():
            raise sqlite3.OperationalError("database or disk is full")
        return rows(store, sql, *values)

    monkeypatch.setattr(Store, "rows", full)
    call()
    monkeypatch.undo()
    world.store.close()
    world.start()

    check_consistent(world)


def test_a_file_that_cannot_be_deleted_from_the_list_keeps_its_bytes(
    faults: Faults, worlds: Callable[[], World], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = worlds()
    call = a_deleted_file(world)
    monkeypatch.setattr(disk, "with_reserve", lambda _, step: step())

    error = faults.run(call, "ENOSPC", 1)

    assert disk.is_full(error)
    assert lists(world)["files"] == ["train.jsonl"]
    check_consistent(world)
