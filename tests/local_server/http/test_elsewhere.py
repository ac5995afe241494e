"""What OpenAI has and this server has not is said in words, for every route of the SDK."""

import re
from pathlib import Path

import httpx2
import openai
import pytest
from serving import LocalServer, refusal

from local_server.app import ROUTES
from local_server.http.elsewhere import in_words

CALL = re.compile(r'self\._(get|post|delete|put|patch|get_api_list)\(\s*(?:path_template\(\s*)?f?"(/[^"?]*)')
PATHS = [route.path for route in ROUTES]


def routes_of_the_sdk() -> list[tuple[str, str]]:
    """Method and path of each call of the SDK, with a word in the place of each id."""
    found = {
        ("GET" if method == "get_api_list" else method.upper(), re.sub(r"\{[^}]*\}", "some-id", path))
        for file in Path(openai.__file__).parent.joinpath("resources").rglob("*.py")
        for method, path in CALL.findall(file.read_text(encoding="utf-8"))
    }
    return sorted(found)


@pytest.fixture(scope="module")
def http(server: LocalServer) -> httpx2.Client:
    headers = {"Authorization": f"Bearer {server.api_key}"}
    with httpx2.Client(base_url=server.base_url, headers=headers, timeout=30) as client:
        yield client


def test_each_route_of_the_sdk_is_here_or_is_said_to_be_missing(http: httpx2.Client) -> None:
    wrong, missing = [], 0
    for method, path in routes_of_the_sdk():
        answer = http.request(method, path)
        error = answer.json().get("error") or {}
        missing += error.get("code") == "unsupported_route"
        # The SDK sends again what is answered with 409, 429 or 5xx.
        in_envelope = set(error) == {"message", "type", "param", "code"} or answer.status_code == 200
        if not in_envelope or answer.status_code > 405 or error.get("message", "").startswith("Invalid URL"):
            wrong.append((method, path, answer.status_code, answer.text))

    assert wrong == []
    assert missing > 200


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", ["/embeddings", "/vector_stores/vs_1/files", "/audio/speech"])
def test_every_method_gets_the_same_answer(http: httpx2.Client, method: str, path: str) -> None:
    answer = http.request(method, path)

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unsupported_route")


def test_the_answer_says_what_is_missing_and_what_is_there(client: openai.OpenAI) -> None:
    assert refusal(client.embeddings.create, model="text-embedding-3-small", input="Hello") == {
        "status": 404,
        "message": "This local server has no embeddings (POST /v1/embeddings), which OpenAI has. "
        "No model here makes them. It has chat/completions, files, fine_tuning/alpha, "
        "fine_tuning/checkpoints, fine_tuning/jobs, models, responses and uploads under /v1.",
        "type": "invalid_request_error",
        "param": None,
        "code": "unsupported_route",
    }


@pytest.mark.parametrize(
    ("method", "path", "status", "code", "words"),
    [
        ("GET", "/v1/chat/completions", 405, "unsupported_route", "no stored chat completions"),
        ("GET", "/v1/chat/completions/id/messages", 404, "unsupported_route", "no stored chat completions"),
        ("POST", "/v1/responses/input_tokens", 405, "unsupported_route", "no counting of tokens"),
        ("POST", "/v1/responses/compact", 405, "unsupported_route", "no compaction"),
        ("DELETE", "/v1/chat/completions", 405, None, "Not allowed to DELETE"),
        ("POST", "/v1/nothing", 404, None, "Invalid URL (POST /v1/nothing). It has chat/completions, files"),
        ("POST", "/chat/completions", 404, None, "ends in /v1; then the path is /v1/chat/completions"),
        ("GET", "/models/some-id", 404, None, "ends in /v1; then the path is /v1/models/some-id"),
        ("POST", "/v1/v1/chat/completions", 404, None, "then the path is /v1/chat/completions"),
        ("POST", "/openai/v1/responses", 404, None, "then the path is /v1/responses"),
        ("POST", "/embeddings", 404, "unsupported_route", "no embeddings"),
        ("GET", "/", 404, None, "Invalid URL (GET /). It has"),
        ("POST", "/v1", 404, None, "Invalid URL (POST /v1)"),
        ("GET", "//", 404, None, "Invalid URL"),
        ("GET", "/v1/embeddingsx", 404, None, "Invalid URL"),
    ],
)
def test_an_address_that_is_no_route_is_explained(
    server: LocalServer, method: str, path: str, status: int, code: str | None, words: str
) -> None:
    headers = {"Authorization": f"Bearer {server.api_key}"}
    answer = httpx2.request(method, server.base_url.removesuffix("/v1") + path, headers=headers)

    error = answer.json()["error"]
    assert (answer.status_code, error["code"], "Allow" in answer.headers) == (status, code, status == 405)
    assert words in error["message"]


def test_a_path_as_long_as_it_can_be_takes_no_time() -> None:
    for path in ("/v1" * 20_000, "/openai" * 10_000, "/" * 60_000, "/v1/models/" + "{" * 60_000):
        assert in_words("GET", path, PATHS)[0].startswith("Invalid URL")
