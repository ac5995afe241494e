"""Rows that take all memory or all time are stopped in their own process, and named."""

import dataclasses
import json
import threading
import time
from pathlib import Path

import psutil
import pytest
from serving import BASE_MODEL, NAMES, as_jsonl, row, serve, upload, wait_until
from states import TINY

from local_server.jobs.check import checker
from local_server.jobs.check.checker import check_job
from local_server.jobs.check.file_check import ROW_ALONE
from local_server.settings import Settings

GOOD = [row(name) for name in NAMES[:12]]
MB = 1024**2


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path, (TINY,), "key")


def large(megabytes: int) -> bytes:
    """A good row of some size, with many small parts."""
    turn = json.dumps({"role": "user", "content": "la"})
    turns = ", ".join([turn] * (megabytes * MB // len(turn)))
    return f'{{"messages": [{turns}, {{"role": "assistant", "content": "x"}}]}}\n'.encode()


def with_row(folder: Path, content: bytes) -> Path:
    (folder / "training.jsonl").write_bytes(as_jsonl(GOOD[:5]) + content + as_jsonl(GOOD[5:]))
    return folder


def test_good_files_are_counted_and_compared(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "training.jsonl").write_bytes(as_jsonl(GOOD))
    (tmp_path / "validation.jsonl").write_bytes(as_jsonl([GOOD[3], row("Nobody")]))

    found = check_job(settings, tmp_path, ["training_file", "validation_file"])

    assert (found.rows, found.bad, found.overlap, found.stopped) == ([12, 2], None, [1], False)


def test_a_check_that_takes_long_says_what_it_does(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checker, "_TELL_SECONDS", 0.0)
    monkeypatch.setattr(checker, "_LOOK_SECONDS", 0.001)
    monkeypatch.setattr(checker, "_LARGE", 0)
    (tmp_path / "training.jsonl").write_bytes(as_jsonl(GOOD) * 200)
    (tmp_path / "validation.jsonl").write_bytes(as_jsonl(GOOD[:1]))
    told: list[str] = []

    check_job(settings, tmp_path, ["training_file", "validation_file"], tell=told.append)

    assert told[0] == "Checking the training file (1 MB): 0 seconds so far"
    assert told[-1].startswith("Looking for validation examples among 2,400 training examples: ")


def test_a_check_of_a_small_file_says_nothing_on_the_busiest_machine(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checker, "_TELL_SECONDS", 0.0)
    (tmp_path / "training.jsonl").write_bytes(as_jsonl(GOOD))
    told: list[str] = []

    check_job(settings, tmp_path, ["training_file"], tell=told.append)

    assert told == []


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(psutil, "RLIMIT_AS"), reason="this system does not limit memory")
def test_a_row_that_takes_more_memory_than_there_is_is_named(settings: Settings, tmp_path: Path) -> None:
    limited = dataclasses.replace(settings, check_memory_bytes=400 * MB)

    found = check_job(limited, with_row(tmp_path, large(60)), ["training_file"])

    assert found.bad is not None
    assert (found.bad.code, found.bad.param) == ("invalid_training_file", "training_file")
    assert found.bad.message == (
        "The job failed due to an invalid training file. Invalid file format. "
        "Example 6: to check it takes more than 400 MB, or crashes its reader. "
        "Make it shorter and simpler, the schemas of its tools above all, or leave it out."
    )
    assert not (tmp_path / ROW_ALONE).exists()


@pytest.mark.slow
def test_a_row_that_takes_more_time_than_there_is_is_named(settings: Settings, tmp_path: Path) -> None:
    limited = dataclasses.replace(settings, check_seconds=0.05)

    found = check_job(limited, with_row(tmp_path, large(60)), ["training_file"])

    assert found.bad is not None
    assert "Example 6: to check it takes more than 0 seconds." in found.bad.message


def test_a_check_is_stopped_when_nobody_wants_it_any_more(settings: Settings, tmp_path: Path) -> None:
    before = set(psutil.Process().children())

    found = check_job(settings, with_row(tmp_path, large(30)), ["training_file"], lambda: True)

    assert (found.stopped, found.bad, found.rows) == (True, None, [])
    assert set(psutil.Process().children()) <= before


HOSTILE = {
    "a line of 60 MB": large(60),
    "brackets": b'{"messages": ' + b"[" * 300_000 + b"]" * 300_000 + b"}\n",
    "a schema that doubles": json.dumps(
        GOOD[0]
        | {
            "tools": [
                {
                    "type": "function",
                    "function": {
                        "name": "read",
                        "parameters": {
                            "type": "object",
                            "$defs": {
                                f"d{n}": {"anyOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(22)
                            }
                            | {"d22": {"type": "integer"}},
                            "properties": {"a": {"$ref": "#/$defs/d0"}},
                        },
                    },
                }
            ]
        }
    ).encode()
    + b"\n",
}


@pytest.mark.slow
def test_the_server_answers_while_hostile_files_are_checked(tmp_path: Path) -> None:
    seconds: list[float] = []
    with serve(tmp_path) as server:
        client = server.client()
        process, done = psutil.Process(server.process.pid), threading.Event()
        memory = [process.memory_info().rss]

        def poll() -> None:
            while not done.is_set():
                began = time.perf_counter()
                server_client.fine_tuning.jobs.list(limit=1)
                seconds.append(time.perf_counter() - began)
                memory.append(process.memory_info().rss)
                time.sleep(0.02)

        server_client = server.client()
        poller = threading.Thread(target=poll)
        poller.start()
        for content in HOSTILE.values():
            file = upload(client, as_jsonl(GOOD[:5]) + content + as_jsonl(GOOD[5:]))
            job = client.fine_tuning.jobs.create(model=BASE_MODEL, training_file=file.id)
            job = wait_until(
                lambda job=job: client.fine_tuning.jobs.retrieve(job.id),
                lambda job: job.status != "validating_files",
            )
            if job.finished_at is None:
                client.fine_tuning.jobs.cancel(job.id)
        done.set()
        poller.join()

    seconds.sort()
    # A machine that runs other tests is slow: the limit is for a server that reads the rows itself.
    assert seconds[int(0.99 * len(seconds))] < 1
    assert max(memory) - memory[0] < 200 * MB
