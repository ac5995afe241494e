"""New jobs on their way to the queue: what is tried again, how often, and what is said."""

import errno
import threading
from typing import Any

import pytest
from serving import NAMES, as_jsonl, row

from local_server.files.answers import FILES, new_file
from local_server.jobs.answers import EVENTS, JOBS, new_job
from local_server.jobs.check import preparing
from local_server.jobs.check.checker import Checked
from local_server.jobs.check.preparing import Preparing
from local_server.jobs.methods.answers import supervised
from local_server.jobs.store import JobStore
from local_server.settings import Settings

AUTO = {"n_epochs": "auto", "batch_size": "auto", "learning_rate_multiplier": "auto"}


def job(settings: Settings, store: JobStore, content: bytes = as_jsonl([row(name) for name in NAMES])) -> str:
    file = store.add(
        FILES, new_file(f"file-{len(store.page(FILES, limit=99)[0])}", "a.jsonl", 1, "fine-tune")
    )
    settings.file_path(file["id"]).write_bytes(content)
    made = new_job(
        model="m", training_file=file["id"], validation_file=None, method=supervised(AUTO), seed=1,
        suffix=None, metadata=None, integrations=[],
    )  # fmt: skip
    return store.add(JOBS, made)["id"]


def messages(store: JobStore, job_id: str) -> list[str]:
    return [event["message"] for event in store.page(EVENTS, job_id=job_id, limit=99)[0]]


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENOMEM, errno.EAGAIN, errno.ENOSPC])
def test_a_passing_lack_of_resources_never_ends_a_job(
    settings: Settings, store: JobStore, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    job_id, real, fails = job(settings, store), preparing.check_job, [True] * 5

    def check_job(*arguments: object, **options: object) -> Checked:
        if fails:
            fails.pop()
            raise OSError(number, "it lacks")
        return real(*arguments, **options)

    monkeypatch.setattr(preparing, "check_job", check_job)
    monkeypatch.setattr("local_server.jobs.upkeep.patience._LONGEST_PAUSE", 0.0)
    prepare = Preparing(settings, store, threading.Event())
    for _ in range(6):
        prepare.round()

    assert store.job(job_id)["status"] == "queued"
    assert [text for text in messages(store, job_id) if "just now" in text] == [
        f"The files could not be checked just now: [Errno {number}] it lacks. "
        "It is tried again by itself; the job keeps its place."
    ]


def test_what_a_long_check_does_becomes_events_until_the_job_is_cancelled(
    settings: Settings, store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = job(settings, store)

    def check_job(*arguments: Any, **_: Any) -> Checked:
        tell = arguments[-1]
        tell("Checking the training file (45 MB): 2 seconds so far")
        store.move_job(job_id, ("validating_files",), status="cancelled")
        tell("Checking the training file (45 MB): 4 seconds so far")
        return Checked(stopped=True)

    monkeypatch.setattr(preparing, "check_job", check_job)
    Preparing(settings, store, threading.Event()).round()

    assert messages(store, job_id) == ["Checking the training file (45 MB): 2 seconds so far"]


def test_a_job_whose_check_has_ended_the_server_three_times_is_not_checked_again(
    settings: Settings, store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id, tries = job(settings, store), []

    def die(*_: object, **__: object) -> None:
        tries.append(1)
        raise KeyboardInterrupt

    monkeypatch.setattr(preparing, "check_job", die)
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            Preparing(settings, store, threading.Event()).round()
    Preparing(settings, store, threading.Event()).round()

    failed = store.job(job_id)
    assert (len(tries), failed["status"], failed["error"]["code"]) == (3, "failed", "invalid_training_file")
    assert "has ended 3 times while it checked" in failed["error"]["message"]


def test_what_is_quoted_of_a_row_is_masked_in_error_and_events(settings: Settings, store: JobStore) -> None:
    mail, key = "maria.mueller@firma-nord.de", "sk-proj-" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7" * 2
    rows = [row(name) for name in NAMES[:10]]
    for bad, secret in zip(rows, (mail, key, mail), strict=False):
        bad["messages"][1]["role"] = secret
    job_id = job(settings, store, as_jsonl(rows))

    Preparing(settings, store, threading.Event()).round()

    said = [store.job(job_id)["error"]["message"], *messages(store, job_id)]
    assert "Example 1, message 2" in said[0]
    assert [text for text in said if mail in text or key in text or key[:40] in text] == []
    assert "an e-mail address" in said[0]


def test_the_copies_of_a_failed_job_are_deleted(settings: Settings, store: JobStore) -> None:
    job_id = job(settings, store, b"{}\n")

    Preparing(settings, store, threading.Event()).round()

    assert store.job(job_id)["status"] == "failed"
    assert list(settings.job_folder(job_id).iterdir()) == []


def test_many_jobs_on_one_file_are_checked_once(
    settings: Settings, store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, calls = job(settings, store), []
    monkeypatch.setattr(preparing, "check_job", lambda *_, **__: calls.append(1) or Checked(rows=[20]))
    for number in range(5):
        store.add(JOBS, store.job(first) | {"id": f"ftjob-{number}"})

    Preparing(settings, store, threading.Event()).round()

    assert (len(calls), len(store.jobs("queued"))) == (1, 6)
