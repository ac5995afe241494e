"""Parts of a file, by the header `Range`."""

import httpx2
import openai
import pytest
from serving import LocalServer

CONTENT = b"0123456789"


@pytest.fixture(scope="module")
def file_id(client: openai.OpenAI) -> str:
    return client.files.create(file=("ten.txt", CONTENT), purpose="vision").id


def ask(server: LocalServer, file_id: str, header: str) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {server.api_key}", "Range": header}
    return httpx2.get(f"{server.base_url}/files/{file_id}/content", headers=headers)


@pytest.mark.parametrize(
    ("header", "part", "content_range"),
    [
        ("bytes=2-4", b"234", "bytes 2-4/10"),
        ("bytes=8-", b"89", "bytes 8-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=5-99", b"56789", "bytes 5-9/10"),
    ],
)
def test_a_part_is_sent(
    server: LocalServer, file_id: str, header: str, part: bytes, content_range: str
) -> None:
    answer = ask(server, file_id, header)

    assert (answer.status_code, answer.content, answer.headers["Content-Range"]) == (206, part, content_range)


@pytest.mark.parametrize(
    ("header", "status"),
    [("bytes=10-", 416), ("bytes=99-100", 416), ("bytes=0-1,99-", 416)]
    + [(header, 400) for header in ("bytes=4-2", "bytes=", "lines=1-2", "bytes", "bytes=a-b")],
)
def test_a_range_that_cannot_be_met_is_refused_in_openais_error_body(
    server: LocalServer, file_id: str, header: str, status: int
) -> None:
    answer = ask(server, file_id, header)

    error = answer.json()["error"]
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/json")
    assert answer.headers.get("Content-Range") == ("bytes */10" if status == 416 else None)
    assert answer.headers["x-request-id"].startswith("req_")
    assert {**error, "message": None} == {
        "message": None,
        "type": "invalid_request_error",
        "param": "Range",
        "code": "invalid_value",
    }
    assert "the bytes 0 to 9" in error["message"]
