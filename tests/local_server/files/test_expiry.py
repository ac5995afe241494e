"""When files and uploads go by themselves."""

import time
from pathlib import Path

import openai
import pytest
from openai.types import FileObject
from serving import (
    BASE_MODEL,
    NAMES,
    LocalServer,
    as_jsonl,
    let_expire,
    refusal,
    row,
    serve,
    upload,
    wait_until,
)

from local_server.files import expiry
from local_server.files.answers import FILES, UPLOADS, new_file
from local_server.settings import Settings
from local_server.store import Store

HOUR = {"anchor": "created_at", "seconds": 3600}


ROWS = [row(name) for name in NAMES[:10]]


WITH_BOM_AND_CRLF = b"\xef\xbb\xbf" + as_jsonl(ROWS).replace(b"\n", b"\r\n")


def test_expires_after_is_counted_from_the_creation(client: openai.OpenAI) -> None:
    hour = client.files.create(file=("a.txt", b"a"), purpose="vision", expires_after=HOUR)
    batch = client.files.create(file=("b.jsonl", b"b"), purpose="batch")

    assert hour.expires_at == hour.created_at + 3600
    assert batch.expires_at == batch.created_at + 30 * 24 * 3600
    assert client.files.retrieve(hour.id) == hour


@pytest.mark.parametrize(
    ("change", "param", "words"),
    [
        ({"seconds": 3599}, "expires_after.seconds", "greater than or equal to 3600. Found '3599'"),
        ({"seconds": 2_592_001}, "expires_after.seconds", "less than or equal to 2592000"),
        ({"seconds": "soon"}, "expires_after.seconds", "valid integer"),
        ({"anchor": "last_active_at"}, "expires_after.anchor", "'created_at'. Found 'last_active_at'"),
        ({"seconds": None}, "expires_after.seconds", "Missing required parameter"),
        ({"anchor": None}, "expires_after.anchor", "Missing required parameter"),
    ],
)
def test_an_impossible_expiry_is_refused(client: openai.OpenAI, change: dict, param: str, words: str) -> None:
    expires_after = {key: value for key, value in (HOUR | change).items() if value is not None}
    refused = refusal(
        client.files.create, file=("a.txt", b"a"), purpose="vision", expires_after=expires_after
    )
    assert (refused["status"], refused["param"]) == (400, param)
    assert words in refused["message"]


def test_an_expired_file_is_gone_with_its_bytes(client: openai.OpenAI, server: LocalServer) -> None:
    file = client.files.create(file=("train.jsonl", as_jsonl(ROWS)), purpose="fine-tune", expires_after=HOUR)

    let_expire(server, file.id, time.time())

    for read in (client.files.retrieve, client.files.content, client.files.delete):
        assert refusal(read, file.id)["status"] == 404
    assert file.id not in [listed.id for listed in client.files.list()]
    assert not (server.state / "files" / file.id).exists()
    job = refusal(client.fine_tuning.jobs.create, model=BASE_MODEL, training_file=file.id)
    assert (job["status"], job["code"]) == (404, "file_not_found")


def test_the_bytes_of_an_expired_file_go_without_any_request(
    client: openai.OpenAI, server: LocalServer
) -> None:
    file = client.files.create(file=("a.txt", b"a"), purpose="vision", expires_after=HOUR)
    let_expire(server, file.id, time.time() + 0.2)
    wait_until((server.state / "files" / file.id).exists, lambda exists: not exists)


def test_what_expired_while_the_server_was_off_is_gone_at_the_next_start(tmp_path: Path) -> None:
    settings = Settings(state=tmp_path, base_models=(), api_key="")
    for folder in (settings.temporary, settings.upload_folder("upload_a"), tmp_path / "files"):
        folder.mkdir(parents=True)
    store = Store(tmp_path / "server.db")
    gone = store.add(FILES, new_file("file-gone", "a.txt", 1, "vision", lifetime=-1))
    kept = store.add(FILES, new_file("file-kept", "b.txt", 1, "vision", lifetime=60))
    store.add(UPLOADS, {"id": "upload_a", "status": "pending", "expires_at": gone["expires_at"]})
    store.close()
    parts = (settings.temporary / "half", settings.upload_folder("upload_a") / "part_a")
    for path in (*parts, settings.file_path("file-gone"), settings.file_path("file-kept")):
        path.write_bytes(b"x")

    with serve(tmp_path) as server:
        assert server.client().files.list().data == [FileObject(**kept)]
        left = [
            path.name
            for folder in ("files", "temporary", "uploads")
            for path in (tmp_path / folder).iterdir()
        ]
        assert left == ["file-kept"]


def test_an_expired_file_does_not_come_back_when_the_clock_goes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(state=tmp_path, base_models=(), api_key="")
    store = Store(tmp_path / "server.db")
    settings.uploads.mkdir()
    file = store.add(FILES, new_file("file-a", "a.txt", 1, "vision", lifetime=3600))
    for moment in (file["expires_at"] - 1, file["expires_at"], file["expires_at"] - 1):
        monkeypatch.setattr(expiry.time, "time", lambda moment=moment: moment)
        before = store.get(FILES, "file-a")
        expiry.remove_expired(settings, store)

    assert before is None
    assert store.get(FILES, "file-a") is None


def test_a_job_reads_files_with_bom_and_crlf_and_keeps_its_copy_when_they_expire(
    client: openai.OpenAI, server: LocalServer
) -> None:
    training = client.files.create(
        file=("windows.jsonl", WITH_BOM_AND_CRLF), purpose="fine-tune", expires_after=HOUR
    )
    validation = upload(client, as_jsonl([row(NAMES[11])]).replace(b"\n", b"\r\n"))
    assert client.files.content(training.id).read() == WITH_BOM_AND_CRLF

    job = client.fine_tuning.jobs.create(
        model=BASE_MODEL, training_file=training.id, validation_file=validation.id
    )
    wait_until(
        lambda: client.fine_tuning.jobs.retrieve(job.id).status, lambda status: status != "validating_files"
    )
    let_expire(server, training.id, time.time())

    assert refusal(client.files.retrieve, training.id)["status"] == 404
    assert (server.state / "jobs" / job.id / "training.jsonl").read_bytes() == WITH_BOM_AND_CRLF
    messages = [event.message for event in client.fine_tuning.jobs.list_events(job.id)]
    assert "Files validated, moving job to queued state" in messages
    assert client.fine_tuning.jobs.cancel(job.id).status == "cancelled"
