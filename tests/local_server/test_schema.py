"""The database of earlier and later versions, and of a disk that has done harm to it."""

import contextlib
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest
from serving import ROOT, command, serve

from local_server import schema

pytestmark = pytest.mark.slow

OLD = Path(__file__).with_name("old_states") / "2026-11"
SUCCEEDED, FAILED = "ftjob-rRd6QEl4AAGx07Ri50AS5oHf", "ftjob-BxfElOWG25RIYCXFSM5zcpnl"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return Path(shutil.copytree(OLD, tmp_path / "state"))


def change(state: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(state / "server.db")) as database, database:
        for statement in statements:
            database.execute(statement)


def version(path: Path) -> int:
    with contextlib.closing(sqlite3.connect(path)) as database:
        return database.execute("PRAGMA user_version").fetchone()[0]


def test_a_state_folder_of_an_earlier_version_is_taken_up_with_all_that_it_holds(state: Path) -> None:
    assert version(state / "server.db") == 0

    with serve(state) as server:
        client = server.client()
        jobs = {job.id: job.status for job in client.fine_tuning.jobs.list()}
        events = list(client.fine_tuning.jobs.list_events(SUCCEEDED))
        files = {file.id: client.files.content(file.id).read() for file in client.files.list()}
        model = client.fine_tuning.jobs.retrieve(SUCCEEDED).fine_tuned_model
        models = [model.id for model in client.models.list()]

    assert (jobs[SUCCEEDED], jobs[FAILED], len(jobs)) == ("succeeded", "failed", 3)
    assert (events[0].message, len(events)) == ("The job has successfully completed", 9)
    assert files == {path.name: path.read_bytes() for path in (OLD / "files").iterdir()}
    assert model in models
    assert version(state / "server.db") == schema.VERSION
    # The copies of the rows are not needed by a job that has ended.
    assert [path.name for path in state.glob("jobs/*/*.jsonl")] == ["events.jsonl"]


def test_a_database_of_a_later_version_is_refused_in_words_and_not_changed(state: Path) -> None:
    change(state, f"PRAGMA user_version = {schema.VERSION + 1}")
    before = (state / "server.db").read_bytes()

    ended = subprocess.run(command(state), cwd=ROOT, capture_output=True, text=True, timeout=60)

    assert ended.returncode == 1
    assert f"it has version {schema.VERSION + 1}" in ended.stderr
    assert "Start that program, or pass another folder with --state." in ended.stderr
    assert "Traceback" not in ended.stderr
    assert (state / "server.db").read_bytes() == before


DROPPED = ("DROP INDEX by_status", "DROP INDEX by_expiry")


@pytest.mark.parametrize(
    "body",
    ["{ broken", "5", "[]", "{}", '{"id": "another"}', f'{{"id": "{SUCCEEDED}", "status": "running"}}'],
)
def test_a_damaged_row_fails_its_job_and_stops_no_other(state: Path, body: str) -> None:
    change(state, *DROPPED, f"UPDATE objects SET body = '{body}' WHERE id = '{SUCCEEDED}'")

    with serve(state) as server:
        client = server.client()
        job = client.fine_tuning.jobs.retrieve(SUCCEEDED)
        newest = client.fine_tuning.jobs.list_events(SUCCEEDED, limit=1).data[0]
        listed = [job.id for job in client.fine_tuning.jobs.list()]

    assert (job.status, job.error.code) == ("failed", "server_error")
    assert job.error.message.startswith("The record of this job in the server's database was damaged")
    assert newest.message == job.error.message
    assert len(listed) == 3
    assert client.base_url.path == "/v1/"


def test_damaged_rows_of_files_and_events_are_set_aside_and_their_bytes_are_kept(state: Path) -> None:
    name = next((OLD / "files").iterdir()).name
    change(
        state,
        *DROPPED,
        f"UPDATE objects SET body = '{{' WHERE id = '{name}'",
        f"UPDATE objects SET body = '{{}}' WHERE kind = 'event' AND job_id = '{FAILED}'",
    )

    with serve(state) as server:
        client = server.client()
        files = [file.id for file in client.files.list()]
        events = list(client.fine_tuning.jobs.list_events(FAILED))

    assert name not in files
    assert events == []
    assert (state / "files" / name).read_bytes() == (OLD / "files" / name).read_bytes()
