"""Files: what comes in, what comes back, and when it goes."""

import time
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from openai.types import FileDeleted, FileObject
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
from local_server.files.routes import file_object
from local_server.settings import Settings
from local_server.store import Store

HOUR = {"anchor": "created_at", "seconds": 3600}
ROWS = [row(name) for name in NAMES[:10]]
WITH_BOM_AND_CRLF = b"\xef\xbb\xbf" + as_jsonl(ROWS).replace(b"\n", b"\r\n")


def test_an_uploaded_file_comes_back_byte_for_byte_and_can_be_deleted(client: openai.OpenAI) -> None:
    content = as_jsonl([row("Zoë")])
    file = client.files.create(file=("zoë.jsonl", content), purpose="fine-tune")

    assert file.model_dump() == {
        "id": file.id,
        "bytes": len(content),
        "created_at": file.created_at,
        "filename": "zoë.jsonl",
        "object": "file",
        "purpose": "fine-tune",
        "status": "processed",
        "expires_at": None,
        "status_details": None,
    }
    assert len(file.id) == len("file-") + 22
    assert client.files.wait_for_processing(file.id, max_wait_seconds=5) == file
    assert client.files.content(file.id).read() == content
    assert client.files.delete(file.id) == FileDeleted(id=file.id, deleted=True, object="file")
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(file.id)


@pytest.fixture(scope="module")
def client_alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[openai.OpenAI]:
    """A client of a server that no other module uses: what it lists is what was created here."""
    with serve(tmp_path_factory.mktemp("alone")) as running:
        yield running.client()


def test_files_are_listed_newest_first_in_pages_and_by_purpose(client_alone: openai.OpenAI) -> None:
    client = client_alone
    files = [client.files.create(file=(f"{n}.txt", b"text"), purpose="user_data") for n in range(5)]
    ids = [file.id for file in files]

    assert [file.id for file in client.files.list(purpose="user_data", limit=2)] == ids[::-1]
    assert [file.id for file in client.files.list(purpose="user_data", limit=2, order="asc")] == ids
    page = client.files.list(purpose="user_data", limit=2)
    assert (page.has_more, page.model_extra["first_id"], page.model_extra["last_id"]) == (
        True,
        ids[4],
        ids[3],
    )
    assert [file.id for file in client.files.list(purpose="user_data", after=ids[1]).data] == [ids[0]]


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_a_loop_over_pages_may_delete_each_file(client_alone: openai.OpenAI, order: str) -> None:
    client = client_alone
    files = [client.files.create(file=(f"{n}.txt", b"text"), purpose="assistants") for n in range(5)]

    met = []
    for file in client.files.list(purpose="assistants", limit=2, order=order):
        client.files.delete(file.id)
        met.append(file)

    assert met == (files if order == "asc" else files[::-1])
    assert client.files.list(purpose="assistants").data == []


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/passwd",
        "/etc/passwd",
        "..",
        "nul\x00inside.jsonl",
        "two\nlines.jsonl",
        'quo"ted.jsonl',
        "x" * 3000 + ".jsonl",
        "Übungsdaten – данные 数据.jsonl",
    ],
)
def test_a_file_name_is_kept_as_sent_and_never_used_as_a_path(
    client: openai.OpenAI, server: LocalServer, name: str
) -> None:
    # In a form, the SDK itself writes control characters and quotes as %00; in JSON they stay.
    in_a_form = name.replace("\x00", "%00").replace("\n", "%0A").replace('"', "%22")

    whole = client.files.create(file=(name, b"some text"), purpose="vision")
    in_parts = client.uploads.upload_file_chunked(
        file=b"some text", filename=name, bytes=9, mime_type="text/plain", purpose="vision"
    )

    assert (whole.filename, in_parts.file.filename) == (in_a_form, name)
    assert {client.files.content(id).read() for id in (whole.id, in_parts.file.id)} == {b"some text"}
    assert {path.name for path in (server.state / "files").iterdir()} >= {whole.id, in_parts.file.id}
    assert all(path.name.startswith("file-") for path in (server.state / "files").iterdir())


def test_a_file_whose_bytes_are_gone_from_the_state_folder_says_so_and_can_still_be_deleted(
    client: openai.OpenAI, server: LocalServer
) -> None:
    file = client.files.create(file=("lost.txt", b"text"), purpose="vision")
    (server.state / "files" / file.id).unlink()

    assert refusal(client.files.content, file.id) == {
        "status": 404,
        "message": f"The bytes of the file '{file.id}' (lost.txt) are missing: the server's state folder "
        f"has no files/{file.id} any more. Delete the file and upload it again.",
        "type": "invalid_request_error",
        "param": "id",
        "code": None,
    }
    assert client.files.retrieve(file.id) == file
    assert client.files.delete(file.id).deleted


def test_text_in_the_place_of_a_file_is_refused(client: openai.OpenAI) -> None:
    form = {"headers": {"Content-Type": "multipart/form-data"}}
    body = {"purpose": "vision", "file": "text"}
    refused = refusal(client.post, "/files", cast_to=object, body=body, options=form)
    assert (refused["status"], refused["param"]) == (400, "file")
    assert refused["message"] == "Invalid 'file': expected a file with a file name. Found 'text'."


def test_a_result_file_cannot_be_uploaded(client: openai.OpenAI) -> None:
    refused = refusal(client.files.create, file=("x.csv", b"step"), purpose="fine-tune-results")
    assert (refused["status"], refused["param"], refused["code"]) == (400, "purpose", "invalid_value")
    assert "Found 'fine-tune-results'" in refused["message"]


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
    settings = Settings(state=tmp_path, model=tmp_path, api_key="")
    for folder in (settings.temporary, settings.upload_folder("upload_a"), tmp_path / "files"):
        folder.mkdir(parents=True)
    store = Store(tmp_path / "server.db")
    gone = store.add("file", file_object("file-gone", "a.txt", 1, "vision", lifetime=-1))
    kept = store.add("file", file_object("file-kept", "b.txt", 1, "vision", lifetime=60))
    store.add("upload", {"id": "upload_a", "status": "pending", "expires_at": gone["expires_at"]})
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
    settings = Settings(state=tmp_path, model=tmp_path, api_key="")
    store = Store(tmp_path / "server.db")
    settings.uploads.mkdir()
    file = store.add("file", file_object("file-a", "a.txt", 1, "vision", lifetime=3600))
    for moment in (file["expires_at"] - 1, file["expires_at"], file["expires_at"] - 1):
        monkeypatch.setattr(expiry.time, "time", lambda moment=moment: moment)
        before = store.get("file", "file-a")
        expiry.remove_expired(settings, store)

    assert before is None
    assert store.get("file", "file-a") is None


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
