"""Files: what comes in, and what comes back."""

import openai
import pytest
from openai.types import FileDeleted
from serving import (
    LocalServer,
    as_jsonl,
    refusal,
    row,
)


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
