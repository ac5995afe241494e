"""What the server refuses, and how: OpenAI's error body, with a message that says what to do."""

import http.client
import json
from collections.abc import Callable

import httpx2
import openai
import pytest
from openai.types import FileObject
from openai.types.shared import ErrorObject
from serving import (
    BASE_MODEL,
    NAMES,
    LocalServer,
    hyperparameters,
    refusal,
    row,
    upload,
)

ROWS = [row(name) for name in NAMES[:12]]


@pytest.fixture(scope="module")
def training_file(client: openai.OpenAI) -> FileObject:
    return upload(client, ROWS)


def test_a_missing_field_is_named(client: openai.OpenAI) -> None:
    refused = refusal(client.post, "/fine_tuning/jobs", body={"model": BASE_MODEL}, cast_to=object)
    assert refused == {
        "status": 400,
        "message": "Missing required parameter: 'training_file'.",
        "type": "invalid_request_error",
        "param": "training_file",
        "code": "missing_required_parameter",
    }


@pytest.mark.parametrize(
    ("read", "status"),
    [
        (lambda client: client.files.retrieve("file-x"), 404),
        (lambda client: client.files.content("file-x"), 404),
        (lambda client: client.files.delete("file-x"), 404),
        (lambda client: client.files.list(after="file-x"), 400),
        (lambda client: client.fine_tuning.jobs.retrieve("ftjob-x"), 404),
        (lambda client: client.fine_tuning.jobs.cancel("ftjob-x"), 404),
        (lambda client: client.fine_tuning.jobs.list_events("ftjob-x"), 404),
        (lambda client: client.fine_tuning.jobs.checkpoints.list("ftjob-x"), 404),
        (lambda client: client.models.retrieve("ft:x"), 404),
        (lambda client: client.models.delete("ft:x"), 404),
        (lambda client: client.models.delete(BASE_MODEL), 403),
        (lambda client: client.get("/nothing", cast_to=object), 404),
        (lambda client: client.delete("/models", cast_to=object), 405),
    ],
)
def test_what_does_not_exist_is_said_in_openais_error_body(
    client: openai.OpenAI, read: Callable, status: int
) -> None:
    refused = refusal(read, client)
    assert refused["status"] == status
    assert set(refused) == {"status", "message", "type", "param", "code"}
    assert refused["message"]


IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
CHAT = {"model": BASE_MODEL, "messages": [{"role": "user", "content": "Hello"}]}
JOB = {"model": BASE_MODEL, "training_file": "file-x"}


def message(*content: object) -> dict:
    return {"role": "user", "content": [*content]}


def asked(*items: object) -> dict:
    return {"model": BASE_MODEL, "input": [*items]}


@pytest.mark.parametrize(
    ("path", "body", "param", "words"),
    [
        (
            "/chat/completions",
            CHAT | {"messages": [message(IMAGE)]},
            "messages.0.content.0.type",
            "text. Found an image",
        ),
        (
            "/chat/completions",
            CHAT | {"messages": [message({"type": "text", "text": "a"}, {"type": "text", "text": 5})]},
            "messages.0.content.1.text",
            "a valid string. Found 5",
        ),
        (
            "/chat/completions",
            CHAT | {"messages": [message("a")]},
            "messages.0.content.0",
            "an object. Found 'a'",
        ),
        (
            "/chat/completions",
            CHAT | {"messages": [message({"type": "text"})]},
            "messages.0.content.0.text",
            "",
        ),
        ("/chat/completions", CHAT | {"stop": ["a", 5]}, "stop.1", "a valid string. Found 5"),
        ("/chat/completions", CHAT | {"stop": 5}, "stop", "a valid string or a valid list. Found 5"),
        ("/chat/completions", CHAT | {"stop": {"a": 1}}, "stop", "a valid string or a valid list"),
        ("/chat/completions", CHAT | {"tools": "a"}, "tools", "a valid list. Found 'a'"),
        (
            "/responses",
            asked(message({"type": "input_image", "image_url": "x"})),
            "input.0.content.0.type",
            "text. Found an image.",
        ),
        (
            "/responses",
            asked("a"),
            "input.0",
            "",
        ),
        (
            "/responses",
            asked({"role": "user", "content": 5}),
            "input.0.content",
            "",
        ),
        ("/responses", {"model": BASE_MODEL, "input": 5}, "input", "a valid string or a valid list. Found 5"),
        ("/responses", asked({"type": "item_reference"}), "input.0.id", "Missing"),
        (
            "/responses",
            asked({"type": "function_call_output", "call_id": "a", "output": 5}),
            "input.0.output",
            "a valid string or a valid list. Found 5",
        ),
        (
            "/fine_tuning/jobs",
            JOB | {"method": hyperparameters(n_epochs="many")},
            "method.supervised.hyperparameters.n_epochs",
            "'auto'",
        ),
        (
            "/fine_tuning/jobs",
            JOB | {"method": hyperparameters(n_epochs={"a": 1})},
            "method.supervised.hyperparameters.n_epochs",
            "a valid integer",
        ),
        ("/fine_tuning/jobs", JOB | {"metadata": {"str": 5}}, "metadata.str", "a valid string. Found 5"),
        ("/fine_tuning/jobs", JOB | {"metadata": {"list[int]": 5}}, "metadata.list[int]", "a valid string"),
        ("/fine_tuning/jobs", JOB | {"integrations": [{"type": "wandb"}]}, "integrations.0.wandb", "Missing"),
    ],
)
def test_a_problem_in_a_field_of_several_types_is_named_where_it_stands_deepest(
    client: openai.OpenAI, path: str, body: dict, param: str, words: str
) -> None:
    refused = refusal(client.post, path, body=body, cast_to=object)

    assert (refused["status"], refused["param"]) == (400, param)
    assert words in refused["message"]


REFUSED = "invalid_request_error"


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (
            lambda client: client.with_options(api_key="wrong").models.list(),
            (openai.AuthenticationError, 401, REFUSED, None, "invalid_api_key"),
        ),
        (
            lambda client: client.models.delete(BASE_MODEL),
            (openai.PermissionDeniedError, 403, REFUSED, None, "insufficient_permissions"),
        ),
        (
            lambda client: client.fine_tuning.checkpoints.permissions.create("ft:x", project_ids=["p"]),
            (openai.PermissionDeniedError, 403, REFUSED, None, "insufficient_permissions"),
        ),
        (
            lambda client: client.files.retrieve("file-nothing"),
            (openai.NotFoundError, 404, REFUSED, "id", None),
        ),
        (
            lambda client: client.chat.completions.create(
                model="gpt-9", messages=[{"role": "user", "content": "Hello"}], stream=True
            ),
            (openai.NotFoundError, 404, REFUSED, None, "model_not_found"),
        ),
        (
            lambda client: client.chat.completions.create(
                model=BASE_MODEL, messages=[{"role": "user", "content": "word " * 3000}], stream=True
            ),
            (openai.BadRequestError, 400, REFUSED, "messages", "context_length_exceeded"),
        ),
        (
            lambda client: client.fine_tuning.jobs.create(model=BASE_MODEL, training_file="file-x", seed=-1),
            (openai.BadRequestError, 400, REFUSED, "seed", "invalid_value"),
        ),
        (
            lambda client: client.post(
                "/chat/completions", body={"model": "x" * 5 * 1024**2}, cast_to=object
            ),
            (openai.APIStatusError, 413, REFUSED, None, None),
        ),
    ],
)
def test_a_refusal_is_the_sdks_exception_with_all_its_fields(
    client: openai.OpenAI, call: Callable, expected: tuple
) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        call(client)
    error = caught.value

    assert (type(error), error.status_code, error.type, error.param, error.code) == expected
    assert error.request_id.startswith("req_")
    body = ErrorObject.model_validate(json.loads(error.response.text)["error"], strict=True)
    assert body.message in error.message
    assert body.model_extra == {}


@pytest.fixture(scope="module")
def http(server: LocalServer) -> httpx2.Client:
    headers = {"Authorization": f"Bearer {server.api_key}"}
    with httpx2.Client(base_url=server.base_url, headers=headers, timeout=30) as client:
        yield client


@pytest.mark.parametrize(
    "path", ["/files/", "/fine_tuning/jobs/", "/fine_tuning/jobs//events", "/files/a%2Fb"]
)
def test_a_path_that_is_no_route_is_not_found(http: httpx2.Client, path: str) -> None:
    assert http.get(path).status_code == 404


def test_a_method_that_a_path_does_not_have_is_answered_with_those_that_it_has(http: httpx2.Client) -> None:
    answer = http.request("PATCH", "/files")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, POST")
    assert answer.json()["error"]["message"] == "Not allowed to PATCH on /v1/files."


def test_a_deeper_problem_in_another_field_does_not_come_first(client: openai.OpenAI) -> None:
    body = CHAT | {"model": 5, "messages": [message(IMAGE)]}

    assert refusal(client.post, "/chat/completions", body=body, cast_to=object)["param"] == "model"
