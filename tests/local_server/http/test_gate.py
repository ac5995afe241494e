"""What every request passes, and the headers that every answer has."""

import http.client
import json

import openai
import pytest
from serving import (
    LocalServer,
    refusal,
)


def test_a_wrong_key_is_refused_and_not_repeated_in_the_message(server: LocalServer) -> None:
    stranger = openai.OpenAI(base_url=server.base_url, api_key="sk-secret-of-someone", max_retries=0)
    assert refusal(stranger.models.list) == {
        "status": 401,
        "message": "Incorrect API key provided: sk-s***. The key changes with every start of this server; "
        "its server.json has it. In a notebook, run the cell with connect() again.",
        "type": "invalid_request_error",
        "param": None,
        "code": "invalid_api_key",
    }


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/healthz", {}, 200),
        ("GET", "/v1/models", {}, 401),
        ("GET", "/healthz", {"Host": "evil.example"}, 403),
        ("POST", "/v1/files", {"Authorization": "KEY", "Content-Length": str(600 * 1024**2)}, 413),
        (
            "POST",
            "/v1/uploads/upload_x/parts",
            {"Authorization": "KEY", "Content-Length": str(65 * 1024**2)},
            413,
        ),
        ("POST", "/v1/fine_tuning/jobs", {"Authorization": "KEY", "Content-Length": str(5 * 1024**2)}, 413),
    ],
)
def test_the_gate_looks_at_host_key_and_size(
    server: LocalServer, method: str, path: str, headers: dict, status: int
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", int(server.base_url.split(":")[2].split("/")[0]))
    connection.putrequest(method, path, skip_host="Host" in headers)
    for name, value in headers.items():
        connection.putheader(name, value.replace("KEY", f"Bearer {server.api_key}"))
    connection.endheaders()
    answer = connection.getresponse()

    assert answer.status == status
    body = json.loads(answer.read())
    assert (
        body == {"status": "ok"}
        if status == 200
        else set(body["error"]) == {"message", "type", "param", "code"}
    )


def test_every_answer_has_the_headers_that_the_sdk_reads(client: openai.OpenAI) -> None:
    first, second = client.models.list(), client.models.list()
    raw = client.files.with_raw_response.list(limit=1)

    assert first._request_id.startswith("req_")
    assert len(first._request_id) == len("req_") + 32
    assert first._request_id != second._request_id
    assert raw.headers["openai-version"] == "2020-10-01"
    assert int(raw.headers["openai-processing-ms"]) >= 0
