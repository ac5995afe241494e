"""Uploads: a file that arrives in parts."""

import hashlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import openai
import pytest
from openai.types import FileObject, Upload
from openai.types.uploads import UploadPart
from serving import LocalServer, let_expire, refusal

CONTENT = "Zoë drank a cup of tea.\r\n".encode() * 40


def new_upload(client: openai.OpenAI, content: bytes = CONTENT, **options) -> Upload:
    request = {"filename": "train.jsonl", "mime_type": "application/jsonl", "purpose": "fine-tune"} | options
    return client.uploads.create(bytes=len(content), **request)


def add(client: openai.OpenAI, upload: Upload, data: bytes = CONTENT) -> UploadPart:
    return client.uploads.parts.create(upload.id, data=data)


def test_a_file_sent_in_chunks_becomes_a_file_and_leaves_no_parts(
    client: openai.OpenAI, server: LocalServer, tmp_path: Path
) -> None:
    path = tmp_path / "zoë.jsonl"
    path.write_bytes(CONTENT)

    # The first part ends between the two bytes of an "ë".
    upload = client.uploads.upload_file_chunked(
        file=path, mime_type="application/jsonl", purpose="fine-tune", part_size=10 * 26 + 3
    )

    Upload.model_validate(upload.model_dump())
    assert upload.model_dump() == {
        "id": upload.id,
        "bytes": len(CONTENT),
        "created_at": upload.created_at,
        "expires_at": upload.created_at + 3600,
        "filename": "zoë.jsonl",
        "object": "upload",
        "purpose": "fine-tune",
        "status": "completed",
        "file": {
            "id": upload.file.id,
            "bytes": len(CONTENT),
            "created_at": upload.file.created_at,
            "filename": "zoë.jsonl",
            "object": "file",
            "purpose": "fine-tune",
            "status": "processed",
            "expires_at": None,
            "status_details": None,
        },
    }
    assert client.files.retrieve(upload.file.id) == upload.file
    assert client.files.content(upload.file.id).read() == CONTENT
    assert not (server.state / "uploads" / upload.id).exists()


def test_parts_sent_side_by_side_are_joined_in_the_order_of_their_ids(client: openai.OpenAI) -> None:
    upload = new_upload(client)
    slices = [CONTENT[start : start + 100] for start in range(0, len(CONTENT), 100)]
    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(lambda data: add(client, upload, data), reversed(slices)))
    unused = add(client, upload, b"sent, but not named")

    completed = client.uploads.complete(
        upload.id, part_ids=[part.id for part in reversed(parts)], md5=hashlib.md5(CONTENT).hexdigest()
    )

    assert client.files.content(completed.file.id).read() == CONTENT
    assert unused.model_dump() == {
        "id": unused.id,
        "created_at": unused.created_at,
        "object": "upload.part",
        "upload_id": upload.id,
    }


def test_expires_after_counts_from_the_moment_the_file_is_made(client: openai.OpenAI) -> None:
    upload = new_upload(client, expires_after={"anchor": "created_at", "seconds": 7200})
    file = client.uploads.complete(upload.id, part_ids=[add(client, upload).id]).file
    assert file.expires_at == file.created_at + 7200


def test_a_wrong_md5_is_refused_and_the_upload_can_still_be_completed(client: openai.OpenAI) -> None:
    upload = new_upload(client)
    part = add(client, upload)

    refused = refusal(client.uploads.complete, upload.id, part_ids=[part.id], md5="0" * 32)

    right = hashlib.md5(CONTENT).hexdigest()
    assert refused == {
        "status": 400,
        "message": f"The md5 of the parts in this order is {right}, expected {'0' * 32}. "
        "Check the order of the part ids, or send the damaged part again.",
        "type": "invalid_request_error",
        "param": "md5",
        "code": "invalid_value",
    }
    assert client.uploads.complete(upload.id, part_ids=[part.id], md5=right).status == "completed"


@pytest.mark.parametrize(
    ("change", "param", "words"),
    [
        ({"bytes": 0}, "bytes", "greater than or equal to 1"),
        ({"bytes": 512 * 1024**2 + 1}, "bytes", "at most 536,870,912 bytes on this server"),
        ({"purpose": "fine-tune-results"}, "purpose", "Found 'fine-tune-results'"),
        ({"filename": ""}, "filename", "at least 1 character"),
        ({"expires_after": {"anchor": "created_at", "seconds": 1}}, "expires_after.seconds", "3600"),
        ({"expires_after": {"anchor": "created_at"}}, "expires_after.seconds", "Missing required"),
        (
            {"expires_after": {"anchor": "created_at", "seconds": None}},
            "expires_after.seconds",
            "Missing required",
        ),
    ],
)
def test_an_upload_that_cannot_become_a_file_is_refused_at_once(
    client: openai.OpenAI, change: dict, param: str, words: str
) -> None:
    request = {"bytes": 1, "filename": "a.jsonl", "mime_type": "text/plain", "purpose": "fine-tune"} | change
    refused = refusal(client.uploads.create, **request)
    assert (refused["status"], refused["param"]) == (400, param)
    assert words in refused["message"]


@pytest.mark.parametrize(
    ("part_ids", "words"),
    [
        (lambda mine, other: [], "at least 1 item"),
        (lambda mine, other: ["part_x"], "has no part 'part_x'"),
        (lambda mine, other: [other], "has no part"),
        (lambda mine, other: ["../../api_key"], "has no part '../../api_key'"),
    ],
)
def test_parts_that_do_not_make_the_announced_file_are_refused(
    client: openai.OpenAI, part_ids: Callable[[str, str], list[str]], words: str
) -> None:
    upload, other = new_upload(client), new_upload(client)
    mine, others = add(client, upload), add(client, other)

    refused = refusal(client.uploads.complete, upload.id, part_ids=part_ids(mine.id, others.id))

    assert (refused["status"], refused["param"]) == (400, "part_ids")
    assert words in refused["message"]
    assert client.uploads.cancel(upload.id).status == "cancelled"


def test_a_part_that_is_named_twice_is_refused_also_when_the_bytes_would_fit(client: openai.OpenAI) -> None:
    upload = new_upload(client, CONTENT * 2)
    first, second = (add(client, upload).id for _ in range(2))

    refused = refusal(client.uploads.complete, upload.id, part_ids=[first, first])

    assert refused == {
        "status": 400,
        "message": f"'part_ids' names {first} 2 times. Name each part once, in the order of the file.",
        "type": "invalid_request_error",
        "param": "part_ids",
        "code": "invalid_value",
    }
    assert client.uploads.complete(upload.id, part_ids=[first, second]).status == "completed"


def test_parts_that_have_other_bytes_together_than_announced_are_refused(client: openai.OpenAI) -> None:
    upload = new_upload(client)
    part_ids = [add(client, upload).id for _ in range(2)]

    refused = refusal(client.uploads.complete, upload.id, part_ids=part_ids)

    assert (refused["status"], refused["param"]) == (400, "part_ids")
    assert "2 parts have 2,080 bytes together" in refused["message"]


def test_an_empty_part_is_refused(client: openai.OpenAI) -> None:
    refused = refusal(add, client, new_upload(client), b"")
    assert (refused["status"], refused["param"]) == (400, "data")


def test_a_file_in_parts_must_be_utf8_like_any_other(client: openai.OpenAI, server: LocalServer) -> None:
    upload = new_upload(client, b"caf\xc3\xe9")
    parts = [add(client, upload, data).id for data in (b"caf\xc3", b"\xe9")]
    files = set((server.state / "files").iterdir())

    refused = refusal(client.uploads.complete, upload.id, part_ids=parts)

    assert (refused["status"], refused["code"]) == (400, "invalid_file_format")
    assert "0xc3 at position 3" in refused["message"]
    assert set((server.state / "files").iterdir()) == files


CALLS = {
    "add a part": lambda client, upload_id: client.uploads.parts.create(upload_id, data=b"x"),
    "complete": lambda client, upload_id: client.uploads.complete(upload_id, part_ids=["part_x"]),
    "cancel": lambda client, upload_id: client.uploads.cancel(upload_id),
}


@pytest.mark.parametrize("call", CALLS)
def test_an_unknown_upload_is_not_found(client: openai.OpenAI, call: str) -> None:
    assert refusal(CALLS[call], client, "upload_x") == {
        "status": 404,
        "message": "No such Upload object: upload_x",
        "type": "invalid_request_error",
        "param": "upload_id",
        "code": None,
    }


@pytest.mark.parametrize("ending", ["completed", "cancelled", "expired"])
def test_nothing_can_be_done_with_an_upload_that_has_ended(
    client: openai.OpenAI, server: LocalServer, ending: str
) -> None:
    upload = new_upload(client)
    part = add(client, upload)
    if ending == "completed":
        client.uploads.complete(upload.id, part_ids=[part.id])
    elif ending == "cancelled":
        assert client.uploads.cancel(upload.id) == upload.model_copy(update={"status": "cancelled"})
    else:
        let_expire(server, upload.id, time.time())

    for call in CALLS.values():
        refused = refusal(call, client, upload.id)
        assert (refused["status"], refused["code"]) == (400, "invalid_upload_state")
        assert f"is {ending}, expected pending" in refused["message"]
    assert not (server.state / "uploads" / upload.id).exists()


def test_an_upload_completed_many_times_at_once_makes_one_file(client: openai.OpenAI) -> None:
    upload = new_upload(client, filename="once.jsonl")
    part_ids = [add(client, upload).id]
    together = threading.Barrier(6)

    def complete(_: int) -> FileObject | int:
        together.wait()
        try:
            return client.uploads.complete(upload.id, part_ids=part_ids).file
        except openai.BadRequestError as error:
            return error.status_code

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(complete, range(6)))

    file = next(answer for answer in answers if isinstance(answer, FileObject))
    assert answers.count(400) == 5
    assert [listed for listed in client.files.list() if listed.filename == "once.jsonl"] == [file]
