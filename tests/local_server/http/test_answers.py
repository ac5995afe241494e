"""Each route's answers are what the SDK's own types promise: nothing of another kind, unknown or left out.

The SDK itself does not check what it reads. So the answers are taken from the wire and checked strictly.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import get_args

import openai
import pydantic
import pytest
from openai import BaseModel
from openai.pagination import SyncCursorPage, SyncPage
from openai.types import FileDeleted, FileObject, Model, ModelDeleted, Upload
from openai.types.chat import ChatCompletion, ChatCompletionChunk, ChatCompletionMessage
from openai.types.chat.chat_completion_chunk import ChoiceDelta
from openai.types.completion_usage import CompletionTokensDetails, PromptTokensDetails
from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent
from openai.types.fine_tuning.alpha import GraderRunResponse, GraderValidateResponse
from openai.types.fine_tuning.fine_tuning_job import Method
from openai.types.fine_tuning.jobs import FineTuningJobCheckpoint
from openai.types.responses import Response, ResponseOutputMessage, ResponseStreamEvent, ResponseTextConfig
from openai.types.responses.response_usage import InputTokensDetails
from openai.types.shared import ErrorObject
from openai.types.uploads import UploadPart
from pydantic import TypeAdapter
from serving import BASE_MODEL, NAMES, hyperparameters, row, upload, wait_until
from starlette.routing import compile_path

from local_server.app import ROUTES

STREAMED = " (streamed)"
# What each route answers. A file's content is bytes and has no type.
ANSWERS = {
    "POST /v1/files": FileObject,
    "GET /v1/files": SyncCursorPage[FileObject],
    "GET /v1/files/{file_id}": FileObject,
    "GET /v1/files/{file_id}/content": None,
    "DELETE /v1/files/{file_id}": FileDeleted,
    "POST /v1/uploads": Upload,
    "POST /v1/uploads/{upload_id}/parts": UploadPart,
    "POST /v1/uploads/{upload_id}/complete": Upload,
    "POST /v1/uploads/{upload_id}/cancel": Upload,
    "POST /v1/fine_tuning/jobs": FineTuningJob,
    "GET /v1/fine_tuning/jobs": SyncCursorPage[FineTuningJob],
    "GET /v1/fine_tuning/jobs/{job_id}": FineTuningJob,
    "POST /v1/fine_tuning/jobs/{job_id}/cancel": FineTuningJob,
    "POST /v1/fine_tuning/jobs/{job_id}/pause": FineTuningJob,
    "POST /v1/fine_tuning/jobs/{job_id}/resume": FineTuningJob,
    "GET /v1/fine_tuning/jobs/{job_id}/events": SyncCursorPage[FineTuningJobEvent],
    "GET /v1/fine_tuning/jobs/{job_id}/checkpoints": SyncCursorPage[FineTuningJobCheckpoint],
    "POST /v1/fine_tuning/alpha/graders/run": GraderRunResponse,
    "POST /v1/fine_tuning/alpha/graders/validate": GraderValidateResponse,
    "GET /v1/models": SyncPage[Model],
    "GET /v1/models/{model_id:path}": Model,
    "DELETE /v1/models/{model_id:path}": ModelDeleted,
    "POST /v1/chat/completions": ChatCompletion,
    "POST /v1/chat/completions" + STREAMED: ChatCompletionChunk,
    "POST /v1/responses": Response,
    "POST /v1/responses" + STREAMED: ResponseStreamEvent,
}
# Routes that answer every key of this server with a refusal.
ALWAYS_REFUSED = {
    "POST /v1/fine_tuning/checkpoints/{checkpoint}/permissions",
    "GET /v1/fine_tuning/checkpoints/{checkpoint}/permissions",
    "DELETE /v1/fine_tuning/checkpoints/{checkpoint}/permissions/{id}",
}
# A value that the SDK's type does not know: it stands only in an example of openapi.yaml, read 2026-08-21.
PAUSED = b'"status":"paused"'
# Fields on the wire that the SDK's types do not name. OpenAI sends them too (openapi.yaml, read 2026-08-21).
EXTRA = {
    FineTuningJob: {"user_provided_suffix", "usage_metrics", "shared_with_openai"},
    SyncCursorPage[FileObject]: {"object", "first_id", "last_id"},
    SyncCursorPage[FineTuningJob]: {"object"},
    SyncCursorPage[FineTuningJobEvent]: {"object"},
    SyncCursorPage[FineTuningJobCheckpoint]: {"object", "first_id", "last_id"},
}
# Fields of the SDK's types that some or all answers leave out, as the types allow.
LEFT_OUT = {
    Upload: {"file"},
    Method: {"dpo", "reinforcement"},
    ChatCompletion: {"metadata", "moderation"},
    ChatCompletionChunk: {"moderation", "obfuscation", "usage"},
    ChatCompletionMessage: {"audio", "function_call", "tool_calls"},
    ChoiceDelta: {"audio", "content", "function_call", "refusal", "role", "tool_calls"},
    CompletionTokensDetails: {"text_tokens"},
    PromptTokensDetails: {"cache_write_tokens", "image_tokens", "text_tokens"},
    Response: {
        "access_programs",
        "conversation",
        "image",
        "input_transformations",
        "max_tool_calls",
        "moderation",
        "prompt",
        "prompt_cache_diagnostics",
        "prompt_cache_key",
        "prompt_cache_options",
        "prompt_cache_retention",
        "reasoning",
        "safety_identifier",
        "service_tier",
        "tool_usage",
        "top_logprobs",
    },
    ResponseOutputMessage: {"phase"},
    ResponseTextConfig: {"verbosity"},
    InputTokensDetails: {"cache_write_tokens_details"},
}


def on_the_wire(client: openai.OpenAI, answers: dict[str, list[bytes]]) -> openai.OpenAI:
    """The same client; it also keeps the body of each success in `answers`, under its route."""
    patterns = {f"{method} {path}": compile_path(path)[0] for method, path, *_ in ROUTES}

    def keep(response) -> None:
        if response.is_error:
            return
        request = response.request
        route = next(
            route
            for route, pattern in patterns.items()
            if route.startswith(request.method + " ") and pattern.match(request.url.path)
        )
        if response.headers["content-type"].startswith("text/event-stream"):
            events = response.read().removesuffix(b"\n\n").split(b"\n\n")
            if route == "POST /v1/chat/completions":
                assert events.pop() == b"data: [DONE]"
            answers[route + STREAMED] += [event.partition(b"data: ")[2] for event in events]
        else:
            answers[route].append(response.read())

    return client.with_options(http_client=openai.DefaultHttpxClient(event_hooks={"response": [keep]}))


def journey(client: openai.OpenAI) -> None:
    """Touch every route, with jobs that succeed, fail and are cancelled."""
    jobs = client.fine_tuning.jobs
    training, validation = upload(client, [row(name) for name in NAMES[:10]]), upload(client, [row("Uwe")])
    request = {"model": BASE_MODEL, "training_file": training.id, "seed": 1}
    tuned = jobs.create(
        **request,
        validation_file=validation.id,
        suffix="contract",
        metadata={"test": "contract"},
        method=hyperparameters(n_epochs=2, batch_size=5, learning_rate_multiplier="auto"),
    )
    wandb = {"type": "wandb", "wandb": {"project": "course"}}
    waiting = jobs.create(**request, integrations=[wandb])
    assert jobs.pause(waiting.id).status == "paused"
    jobs.list(limit=1)
    jobs.resume(waiting.id)
    jobs.cancel(waiting.id)
    failed = jobs.create(model=BASE_MODEL, training_file=validation.id)
    tuned, failed = (
        wait_until(lambda job=job: jobs.retrieve(job.id), lambda job: job.finished_at is not None)
        for job in (tuned, failed)
    )
    assert (tuned.status, failed.status) == ("succeeded", "failed")
    for job in jobs.list(limit=3).data:
        list(jobs.list_events(job.id, limit=5))
        jobs.checkpoints.list(job.id)
    for file in client.files.list(limit=5, purpose="fine-tune"):
        client.files.retrieve(file.id)
    client.files.list(purpose="fine-tune-results")
    client.files.content(tuned.result_files[0])
    client.files.delete(validation.id)
    kind = {"filename": "a.jsonl", "mime_type": "application/jsonl", "purpose": "fine-tune"}
    client.uploads.upload_file_chunked(file=b"text", bytes=4, part_size=3, **kind)
    client.uploads.cancel(client.uploads.create(bytes=4, **kind).id)

    same = {"type": "string_check", "name": "same", "operation": "eq", "input": "a", "reference": "a"}
    question = {"role": "user", "content": "Tell me about Anna"}
    judge = {"type": "score_model", "name": "judge", "model": BASE_MODEL, "input": [question]}
    both = {"type": "multi", "name": "both", "graders": same, "calculate_output": "same"}
    # The answer repeats the grader as it was sent.
    client.fine_tuning.alpha.graders.validate(grader=both)
    for grader in (same, both, judge):
        client.fine_tuning.alpha.graders.run(grader=grader, model_sample="b", item={})

    client.models.list()
    chat = {"messages": [question], "max_tokens": 3}
    for model in (BASE_MODEL, client.models.retrieve(tuned.fine_tuned_model).id):
        client.chat.completions.create(model=model, **chat, n=2)
        for options in ({}, {"stream_options": {"include_usage": True}}):
            list(client.chat.completions.create(model=model, **chat, stream=True, **options))
        client.responses.create(model=model, input="Hello", max_output_tokens=16)
        list(client.responses.create(model=model, input="Hello", max_output_tokens=16, stream=True))
    client.models.delete(tuned.fine_tuned_model)


@pytest.fixture(scope="module")
def answers(client: openai.OpenAI) -> dict[str, list[bytes]]:
    kept = defaultdict(list)
    journey(on_the_wire(client, kept))
    return kept


def strictly(route: str, body: bytes) -> BaseModel:
    """The answer as its SDK type, or pydantic's ValidationError."""
    return TypeAdapter(ANSWERS[route]).validate_json(body.replace(PAUSED, b'"status":"queued"'), strict=True)


def sdk_objects(value: object) -> Iterator[BaseModel]:
    """The objects of SDK types in `value`, at any depth."""
    if isinstance(value, BaseModel):
        yield value
        value = vars(value)
    if isinstance(value, dict | list):
        for child in value.values() if isinstance(value, dict) else value:
            yield from sdk_objects(child)


def test_the_journey_touches_every_route(answers: dict[str, list[bytes]]) -> None:
    routes = {f"{method} {path}" for method, path, *_ in ROUTES}

    assert {name.removesuffix(STREAMED) for name in ANSWERS} | ALWAYS_REFUSED == routes - {"GET /healthz"}
    assert set(answers) == set(ANSWERS)


@pytest.mark.parametrize("route", [route for route, type_ in ANSWERS.items() if type_ is not None])
def test_every_answer_passes_the_strict_check_of_the_sdk_type(
    answers: dict[str, list[bytes]], route: str
) -> None:
    for body in answers[route]:
        strictly(route, body)


@pytest.mark.parametrize(
    "route", [route for route, type_ in ANSWERS.items() if type_ and STREAMED not in route]
)
def test_every_answer_is_as_the_server_describes_it(answers: dict[str, list[bytes]], route: str) -> None:
    described = {f"{method} {path}": answer for method, path, _, answer, *_ in ROUTES}[route]
    model = next(kind for kind in get_args(described) or [described] if issubclass(kind, pydantic.BaseModel))

    for body in answers[route]:
        model.model_validate_json(body, strict=True)


def test_no_field_is_unknown_to_the_sdk_or_left_out_except_the_listed_ones(
    answers: dict[str, list[bytes]],
) -> None:
    extra, left_out = defaultdict(set), defaultdict(set)
    for route, bodies in answers.items():
        for body in bodies if ANSWERS[route] else []:
            for found in sdk_objects(strictly(route, body)):
                extra[type(found)] |= set(found.model_extra)
                left_out[type(found)] |= set(type(found).model_fields) - found.model_fields_set

    assert {type_: names for type_, names in extra.items() if names} == EXTRA
    assert {type_: names for type_, names in left_out.items() if names} == LEFT_OUT


def test_every_answer_has_the_headers_that_the_sdk_reads(client: openai.OpenAI) -> None:
    first, second = client.models.list(), client.models.list()
    raw = client.files.with_raw_response.list(limit=1)

    assert first._request_id.startswith("req_")
    assert len(first._request_id) == len("req_") + 32
    assert first._request_id != second._request_id
    assert raw.headers["openai-version"] == "2020-10-01"
    assert int(raw.headers["openai-processing-ms"]) >= 0


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
