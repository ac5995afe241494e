"""Each route's answers are what the SDK's own types promise: nothing of another kind, unknown or left out.

The SDK itself does not check what it reads. So the answers are taken from the wire and checked strictly.
"""

from collections import defaultdict
from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Literal, Union, get_args, get_origin, get_type_hints

import openai
import pytest
from fastapi.responses import FileResponse
from openai import BaseModel
from openai.pagination import SyncCursorPage, SyncPage
from openai.types import FileDeleted, FileObject, Model, ModelDeleted, Upload
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent, ReinforcementMethod
from openai.types.fine_tuning.alpha import GraderRunResponse, GraderValidateResponse
from openai.types.fine_tuning.jobs import FineTuningJobCheckpoint
from openai.types.fine_tuning.jobs.fine_tuning_job_checkpoint import Metrics
from openai.types.responses import Response, ResponseItem, ResponseStreamEvent
from openai.types.uploads import UploadPart
from pairs import preferences
from pydantic import TypeAdapter
from serving import BASE_MODEL, NAMES, hyperparameters, row, upload, wait_until
from starlette.routing import compile_path
from typing_extensions import is_typeddict

from helpers.jobs.event_messages import PREFERENCE_METRICS
from local_server.app import ROUTES
from local_server.chat.completion_answers import Chunk
from local_server.http.answers import EventStream
from local_server.http.openapi import answers_of

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
    # OpenAI has no such call, and the SDK no type for it.
    "DELETE /v1/fine_tuning/jobs/{job_id}": None,
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
    "GET /v1/responses/{response_id}": Response,
    # The SDK drops this body, so it has no type for it.
    "DELETE /v1/responses/{response_id}": None,
    "GET /v1/responses/{response_id}/input_items": SyncCursorPage[ResponseItem],
}


# Routes that answer every key of this server with a refusal.
ALWAYS_REFUSED = {
    "POST /v1/fine_tuning/checkpoints/{checkpoint}/permissions",
    "GET /v1/fine_tuning/checkpoints/{checkpoint}/permissions",
    "DELETE /v1/fine_tuning/checkpoints/{checkpoint}/permissions/{id}",
    # Only a response in the background could be cancelled.
    "POST /v1/responses/{response_id}/cancel",
    # This server has no projects; tests/local_server/projects/test_routes.py asks one that has.
    "GET /v1/organization/projects",
    "POST /v1/organization/projects/{project_id}/purge",
}


# A value that the SDK's type does not know: it stands only in an example of openapi.yaml, read 2026-08-21.
PAUSED = b'"status":"paused"'


# Ours: how the weights are trained, when a client has chosen it.
ADAPTERS = {"training_method", "lora_rank", "precision"}
# Fields of answers that the SDK's types do not name. OpenAI sends them too (openapi.yaml, read 2026-08-21).
BEYOND_THE_SDK = {
    FineTuningJob: {"user_provided_suffix", "usage_metrics", "shared_with_openai", *ADAPTERS},
    # Accepted and answered by Azure (its notebooks of Jan 2026).
    ReinforcementMethod: {"response_format"},
    # As at Nebius.
    FineTuningJobCheckpoint: {"result_files"},
    # Of preference and reinforcement jobs; what OpenAI sends is not public.
    Metrics: {*PREFERENCE_METRICS, "train_mean_reward", "full_valid_mean_reward"},
    # As at vLLM.
    ChatCompletion: {"prompt_logprobs"},
    SyncCursorPage[FileObject]: {"object", "first_id", "last_id"},
    SyncCursorPage[FineTuningJob]: {"object"},
    SyncCursorPage[FineTuningJobEvent]: {"object"},
    SyncCursorPage[FineTuningJobCheckpoint]: {"object", "first_id", "last_id"},
    SyncCursorPage[ResponseItem]: {"object", "first_id", "last_id"},
    # In the example answers of the API reference.
    Response: {"store"},
    SyncPage[Model]: set(),
}
# What the server describes for each route: the return type of its handler.
DESCRIBED = {f"{route.method} {route.path}": answers_of(route.handler) for route in ROUTES}
DESCRIPTIONS = {
    name: next(kind for kind in kinds if kind not in (EventStream, FileResponse))
    for name, kinds in DESCRIBED.items()
    if ANSWERS.get(name)
} | {"POST /v1/chat/completions" + STREAMED: Chunk}


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
    # Other methods have answers of their own, before they train, too.
    jobs.cancel(jobs.create(**request, method=preferences(beta=0.5)).id)
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
    client.delete(f"/fine_tuning/jobs/{failed.id}", cast_to=object)
    kind = {"filename": "a.jsonl", "mime_type": "application/jsonl", "purpose": "fine-tune"}
    client.uploads.upload_file_chunked(file=b"text", bytes=4, part_size=3, **kind)
    client.uploads.cancel(client.uploads.create(bytes=4, **kind).id)

    same = {"type": "string_check", "name": "same", "operation": "eq", "input": "a", "reference": "a"}
    question = {"role": "user", "content": "Tell me about Anna"}
    judge = {"type": "score_model", "name": "judge", "model": BASE_MODEL, "input": [question]}
    both = {"type": "multi", "name": "both", "graders": {"same": same}, "calculate_output": "same"}
    # The answer repeats the grader as it was sent. `both` would be no answer of the SDK's type.
    client.fine_tuning.alpha.graders.validate(grader=same)
    for grader in (same, both, judge):
        client.fine_tuning.alpha.graders.run(grader=grader, model_sample="b", item={})

    client.models.list()
    chat = {"messages": [question], "max_tokens": 3}
    for model in (BASE_MODEL, client.models.retrieve(tuned.fine_tuned_model).id):
        client.chat.completions.create(model=model, **chat, n=2)
        for options in ({}, {"stream_options": {"include_usage": True}}):
            list(client.chat.completions.create(model=model, **chat, stream=True, **options))
        response = client.responses.create(model=model, input="Hello", max_output_tokens=16)
        messages = [*response.output, {"role": "developer", "content": "Be brief"}]
        more = {"input": messages, "previous_response_id": response.id, "max_output_tokens": 16}
        again = client.responses.create(model=model, **more)
        list(client.responses.input_items.list(client.responses.retrieve(again.id).id, limit=1))
        client.responses.delete(again.id)
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


def pairs(described: object, promised: object) -> Iterator[tuple[type, type[BaseModel]]]:
    """Each object in a description, at any depth, beside the SDK's type for it."""
    kinds = [kind for kind in parts(described) if is_typeddict(get_origin(kind) or kind)]
    models = [kind for kind in parts(promised) if isinstance(kind, type) and issubclass(kind, BaseModel)]
    for kind in kinds:
        fields = fields_of(kind)
        for model in models:
            ours, theirs = literals(fields.get("type")), literals(type_of(model, "type"))
            if ours.isdisjoint(theirs) and ours and theirs:
                # Another member of a union.
                continue
            yield kind, model
            for name, field in model.model_fields.items():
                if name in fields:
                    yield from pairs(fields[name], field.annotation)


def type_of(model: type[BaseModel], name: str) -> object:
    return model.model_fields[name].annotation if name in model.model_fields else None


def literals(annotation: object) -> set[object]:
    """The values that a type names."""
    return {value for part in parts(annotation) if get_origin(part) is Literal for value in get_args(part)}


def fields_of(kind: type) -> dict[str, object]:
    """The fields of a TypedDict with their types, those of its type parameter filled in."""
    origin = get_origin(kind) or kind
    fields = get_type_hints(origin)
    given = dict(zip(getattr(origin, "__parameters__", ()), get_args(kind), strict=False))
    return {
        name: hint[tuple(given[each] for each in hint.__parameters__)]
        if getattr(hint, "__parameters__", ())
        else hint
        for name, hint in fields.items()
    }


def parts(annotation: object) -> list[object]:
    """What stands in a type: the members of a union, what a list holds, what is annotated."""
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return parts(inside[0])
    if origin in (Union, UnionType, list):
        return [part for one in inside for part in parts(one)]
    return [annotation]


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


@pytest.mark.parametrize("route", DESCRIPTIONS)
def test_every_answer_is_as_the_server_describes_it(answers: dict[str, list[bytes]], route: str) -> None:
    for body in answers[route]:
        TypeAdapter(DESCRIPTIONS[route]).validate_json(body, strict=True)


@pytest.mark.parametrize("route", DESCRIPTIONS)
def test_an_answer_has_every_field_that_the_sdk_needs_and_none_that_openai_does_not_send(route: str) -> None:
    for described, promised in pairs(DESCRIPTIONS[route], ANSWERS[route]):
        fields = set(fields_of(described))
        names = {field.alias or name for name, field in promised.model_fields.items()}
        needed = {field.alias or name for name, field in promised.model_fields.items() if field.is_required()}
        assert fields - names == BEYOND_THE_SDK.get(promised, set())
        assert needed - fields == set()
