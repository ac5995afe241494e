"""Nothing of another project exists for a key: tried on every route of the table, also on those to come.

`anna` owns one object of each kind. `ben` asks for each of them, and must be answered as for an id that was
never given. Anna herself must be answered in another way: so each attempt has named something that is there.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from class_server import Classroom, classroom
from serving import BASE_MODEL, NAMES, ROOT, as_jsonl, hyperparameters, row, upload, wait_until

from local_server.app import ROUTES

CHAT = {"messages": [{"role": "user", "content": "Tell me about Gold"}], "max_tokens": 1}
RESPONSE = {"model": BASE_MODEL, "input": "Tell me about Gold", "max_output_tokens": 16}


@dataclass
class Try:
    """One request with `{kind}` where an id of Anna's stands, in the path, in the query or in the body."""

    path: str
    json: dict[str, Any] | None = None
    part: bool = False
    query: dict[str, str] = field(default_factory=dict)


def job(**fields: object) -> dict[str, Any]:
    return {"model": BASE_MODEL, "training_file": "{own_file}", **fields}


def judge(model: str) -> dict[str, Any]:
    messages = [{"role": "user", "content": "Rate it: {{ sample.output_text }}"}]
    return {"type": "score_model", "name": "judge", "model": model, "input": messages}


def both(model: str) -> dict[str, Any]:
    same = {"type": "string_check", "name": "same", "operation": "eq", "input": "a", "reference": "a"}
    graders = {"judge": judge(model), "same": same}
    return {"type": "multi", "name": "both", "graders": graders, "calculate_output": "judge + same"}


def rewarded(model: str) -> dict[str, Any]:
    method = {"type": "reinforcement", "reinforcement": {"grader": judge(model)}}
    return job(validation_file="{own_file}", method=method)


JOBS = "/v1/fine_tuning/jobs"
GRADERS = "/v1/fine_tuning/alpha/graders"
# What is tried on each route: ids of each kind wherever a request can name one.
TRIES: dict[str, list[Try]] = {
    "GET /v1/fine_tuning/jobs/{job_id}": [Try(f"{JOBS}/{{job}}")],
    "GET /v1/fine_tuning/jobs/{job_id}/events": [
        Try(f"{JOBS}/{{job}}/events"),
        Try(f"{JOBS}/{{job}}/events", query={"after": "{event}"}),
        Try(f"{JOBS}/{{own_job}}/events", query={"after": "{event}"}),
    ],
    "GET /v1/files": [Try("/v1/files", query={"after": "{file}"})],
    "GET /v1/files/{file_id}": [Try("/v1/files/{file}"), Try("/v1/files/{result}")],
    "GET /v1/files/{file_id}/content": [Try("/v1/files/{file}/content"), Try("/v1/files/{result}/content")],
    "DELETE /v1/files/{file_id}": [Try("/v1/files/{file}")],
    "POST /v1/uploads/{upload_id}/parts": [Try("/v1/uploads/{upload}/parts", part=True)],
    "POST /v1/uploads/{upload_id}/complete": [
        Try("/v1/uploads/{upload}/complete", {"part_ids": ["part_none"]}),
        Try("/v1/uploads/{own_upload}/complete", {"part_ids": ["{part}"]}),
    ],
    "POST /v1/uploads/{upload_id}/cancel": [Try("/v1/uploads/{upload}/cancel")],
    "POST /v1/fine_tuning/jobs": [
        Try(JOBS, job(training_file="{file}")),
        Try(JOBS, job(validation_file="{file}")),
        Try(JOBS, job(training_file="{result}")),
        Try(JOBS, job(model="{model}")),
        Try(JOBS, job(model="{checkpoint_model}")),
        Try(JOBS, rewarded("{model}")),
        Try(JOBS, rewarded("{model}") | {"validation_file": "{file}"}),
    ],
    "GET /v1/fine_tuning/jobs": [Try(JOBS, query={"after": "{job}"})],
    "DELETE /v1/fine_tuning/jobs/{job_id}": [Try(f"{JOBS}/{{job}}")],
    "POST /v1/fine_tuning/jobs/{job_id}/cancel": [Try(f"{JOBS}/{{job}}/cancel")],
    "POST /v1/fine_tuning/jobs/{job_id}/pause": [Try(f"{JOBS}/{{job}}/pause")],
    "POST /v1/fine_tuning/jobs/{job_id}/resume": [Try(f"{JOBS}/{{job}}/resume")],
    "GET /v1/fine_tuning/jobs/{job_id}/checkpoints": [
        Try(f"{JOBS}/{{job}}/checkpoints"),
        Try(f"{JOBS}/{{own_job}}/checkpoints", query={"after": "{checkpoint}"}),
    ],
    "POST /v1/fine_tuning/alpha/graders/run": [
        Try(f"{GRADERS}/run", {"grader": judge("{model}"), "model_sample": "a"}),
        Try(f"{GRADERS}/run", {"grader": both("{checkpoint_model}"), "model_sample": "a"}),
    ],
    "POST /v1/fine_tuning/alpha/graders/validate": [Try(f"{GRADERS}/validate", {"grader": judge("{model}")})],
    "GET /v1/models/{model_id:path}": [Try("/v1/models/{model}"), Try("/v1/models/{checkpoint_model}")],
    "DELETE /v1/models/{model_id:path}": [Try("/v1/models/{checkpoint_model}"), Try("/v1/models/{model}")],
    "POST /v1/chat/completions": [
        Try("/v1/chat/completions", {**CHAT, "model": "{model}"}),
        Try("/v1/chat/completions", {**CHAT, "model": "{checkpoint_model}", "stream": True}),
    ],
    "POST /v1/responses": [
        Try("/v1/responses", {**RESPONSE, "model": "{model}"}),
        Try("/v1/responses", {**RESPONSE, "previous_response_id": "{response}"}),
        Try("/v1/responses", {**RESPONSE, "input": [{"type": "item_reference", "id": "{item}"}]}),
        Try("/v1/responses", {**RESPONSE, "input": [{"type": "item_reference", "id": "{output}"}]}),
    ],
    "GET /v1/responses/{response_id}": [Try("/v1/responses/{response}")],
    "DELETE /v1/responses/{response_id}": [Try("/v1/responses/{response}")],
    "GET /v1/responses/{response_id}/input_items": [
        Try("/v1/responses/{response}/input_items"),
        Try("/v1/responses/{own_response}/input_items", query={"after": "{item}"}),
    ],
    "POST /v1/responses/{response_id}/cancel": [Try("/v1/responses/{response}/cancel")],
}
PERMISSIONS = "/v1/fine_tuning/checkpoints/{checkpoint}/permissions"
# Answered alike for every id and every learner; the tests below hold them to it.
SAME_FOR_ALL = {
    f"POST {PERMISSIONS}": Try("/v1/fine_tuning/checkpoints/{model}/permissions"),
    f"GET {PERMISSIONS}": Try("/v1/fine_tuning/checkpoints/{model}/permissions"),
    f"DELETE {PERMISSIONS}/{{id}}": Try("/v1/fine_tuning/checkpoints/{model}/permissions/x"),
    "GET /v1/organization/projects": Try("/v1/organization/projects", query={"after": "anna"}),
    "POST /v1/organization/projects/{project_id}/purge": Try("/v1/organization/projects/anna/purge"),
}
# They can name no object; what they answer is looked through for what is Anna's.
NAMES_NOTHING = {
    "GET /healthz": None,
    "POST /v1/files": None,
    "POST /v1/uploads": {"bytes": 1, "filename": "a", "mime_type": "a/b", "purpose": "vision"},
    "GET /v1/models": None,
}


@dataclass
class World:
    """A server on which Anna has one object of each kind.

    Attributes:
        room: The server.
        anna: Kind to the id of her object.
        bens: Kind to the id of his own, for requests that need one.
    """

    room: Classroom
    anna: dict[str, str]
    bens: dict[str, str]

    def ask(self, name: str, route: str, attempt: Try, ids: dict[str, str]) -> httpx2.Response:
        """Send a request, with these ids in it."""

        def filled(value: Any) -> Any:
            if isinstance(value, dict):
                return {key: filled(each) for key, each in value.items()}
            if isinstance(value, list):
                return [filled(each) for each in value]
            if isinstance(value, str):
                return re.sub(r"(?<!\{)\{(\w+)\}", lambda found: ids[found[1]], value)
            return value

        method, own = route.split()[0], {f"own_{kind}": each for kind, each in self.own(name).items()}
        ids = ids | own
        with self.room.http(self.room.keys[name]) as http:
            options: dict[str, Any] = {"params": filled(attempt.query)}
            if attempt.part:
                options["files"] = {"data": ("part", b"bytes")}
            elif attempt.json is not None:
                options["json"] = filled(attempt.json)
            return http.request(method, filled(attempt.path), **options)

    def own(self, name: str) -> dict[str, str]:
        return self.anna if name == "anna" else self.bens


def objects(room: Classroom, name: str, *, trained: bool) -> dict[str, str]:
    """One object of each kind for a learner."""
    client = room.client(name)
    file = upload(client, [row(each) for each in NAMES[:10]])
    jobs = client.fine_tuning.jobs
    method = hyperparameters(n_epochs=2, batch_size=5)
    made = jobs.create(
        model=BASE_MODEL, training_file=file.id, method=method, seed=1, metadata={"whose": f"{name}'s own"}
    )
    ids = {"file": file.id, "job": made.id}
    if trained:
        ended = wait_until(lambda: jobs.retrieve(made.id), lambda job: job.finished_at is not None)
        assert ended.status == "succeeded"
        # Newest first: the model itself is the last checkpoint.
        last, first = jobs.checkpoints.list(made.id).data
        ids |= {
            "model": ended.fine_tuned_model,
            "checkpoint": first.id,
            "checkpoint_model": first.fine_tuned_model_checkpoint,
            "result": ended.result_files[0],
        }
        assert last.fine_tuned_model_checkpoint == ended.fine_tuned_model
    else:
        jobs.cancel(made.id)
    kind = {"filename": f"{name}.txt", "mime_type": "text/plain", "purpose": "user_data"}
    pending = client.uploads.create(bytes=5, **kind)
    response = client.responses.create(model=BASE_MODEL, input=f"The secret of {name}", max_output_tokens=16)
    (item,) = client.responses.input_items.list(response.id).data
    return ids | {
        "event": jobs.list_events(made.id, limit=1).data[0].id,
        "upload": pending.id,
        "part": client.uploads.parts.create(pending.id, data=b"bytes").id,
        "response": response.id,
        "item": item.id,
        "output": response.output[0].id,
    }


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with classroom(tmp_path_factory.mktemp("class"), queued_jobs=20) as room:
        yield World(room, objects(room, "anna", trained=True), objects(room, "ben", trained=False))


def unknown(kind: str, object_id: str) -> str:
    """An id of the same shape that was never given."""
    if object_id.startswith("ft:"):
        return object_id.replace("::", "::x", 1) if "::" in object_id else f"{object_id}x"
    return object_id[:-6] + "000000"


def told(answer: httpx2.Response, ids: dict[str, str]) -> tuple[int, str, dict[str, str]]:
    """All that an answer says, with the kind in the place of each id."""
    text = answer.text
    for kind, object_id in sorted(ids.items(), key=lambda item: -len(item[1])):
        text = text.replace(object_id, f"<{kind}>")
    different = ("x-request-id", "openai-processing-ms", "date", "content-length")
    headers = {name: value for name, value in answer.headers.items() if name not in different}
    return answer.status_code, text, headers


def everything(world: World, name: str) -> dict[str, str]:
    """What a learner's own key can read, as it leaves the server."""
    ids = world.own(name)
    paths = [
        "/v1/files", "/v1/models", JOBS, f"{JOBS}/{ids['job']}", f"{JOBS}/{ids['job']}/events?limit=100",
        f"{JOBS}/{ids['job']}/checkpoints", f"/v1/responses/{ids['response']}",
        f"/v1/responses/{ids['response']}/input_items", f"/v1/files/{ids['file']}/content",
    ]  # fmt: skip
    parts = world.room.server.state / "uploads" / ids["upload"]
    with world.room.http(world.room.keys[name]) as http:
        return {path: http.get(path).text for path in paths} | {"parts": str(list(parts.iterdir()))}


def test_every_route_of_the_server_is_tried() -> None:
    routes = {f"{route.method} {route.path}" for route in ROUTES}

    assert routes == set(TRIES) | set(SAME_FOR_ALL) | set(NAMES_NOTHING)


def test_the_store_of_all_projects_is_taken_in_a_few_known_places() -> None:
    code = {path: path.read_text(encoding="utf-8") for path in (ROOT / "local_server").rglob("*.py")}
    users = {
        path.relative_to(ROOT / "local_server").as_posix()
        for path, text in code.items()
        if "state.store" in text or ".of(None)" in text
    }

    # Start and end; the two that hand routes a view; what must see all folders; who stands on a model.
    assert users == {
        *("app.py", "serving.py", "http/requests.py", "jobs/store.py", "files/expiry.py"),
        *("jobs/models.py", "jobs/forget.py"),
    }


def test_every_id_in_the_path_of_a_route_is_tried() -> None:
    for route, tries in TRIES.items():
        path = route.split()[1]
        pattern = re.sub(r"\\\{[^}]*\\\}", r"\\{(?!own_)\\w+\\}", re.escape(path))

        assert any(re.fullmatch(pattern, attempt.path) or attempt.json or attempt.query for attempt in tries)
        if "{" in path:
            assert any(re.fullmatch(pattern, attempt.path) for attempt in tries), route


@pytest.mark.slow
@pytest.mark.parametrize("route", TRIES)
def test_what_is_another_learners_is_answered_like_an_id_that_was_never_given(
    world: World, route: str
) -> None:
    nobodys = {kind: unknown(kind, object_id) for kind, object_id in world.anna.items()}
    before = everything(world, "anna")

    for attempt in TRIES[route]:
        hers = world.ask("ben", route, attempt, world.anna)
        never = world.ask("ben", route, attempt, nobodys)

        assert told(hers, world.anna) == told(never, nobodys)
        assert hers.status_code in (400, 404)
    assert everything(world, "anna") == before


@pytest.mark.slow
@pytest.mark.parametrize("route", SAME_FOR_ALL)
def test_what_only_the_owner_may_do_is_refused_alike_for_every_id(world: World, route: str) -> None:
    attempt = SAME_FOR_ALL[route]
    nobodys = {kind: unknown(kind, object_id) for kind, object_id in world.anna.items()}

    hers = world.ask("ben", route, attempt, world.anna)
    never = world.ask("ben", route, attempt, nobodys)

    assert told(hers, world.anna) == told(never, nobodys)
    assert hers.status_code == 403


@pytest.mark.slow
def test_no_list_of_a_learner_tells_of_another(world: World) -> None:
    seen = everything(world, "ben")
    with world.room.http(world.room.keys["ben"]) as http:
        for query in ("?metadata[whose]=anna's own", "?metadata[whose]=ben's own", "?limit=1000"):
            seen[query] = http.get(JOBS + query).text
        for order in ("asc", "desc"):
            seen[order] = http.get(f"/v1/files?order={order}&purpose=fine-tune-results").text
        for route, body in NAMES_NOTHING.items():
            method, path = route.split()
            files = {"file": ("a.jsonl", as_jsonl([row("Ben")]))} if path == "/v1/files" else None
            data = {"purpose": "fine-tune"} if files else None
            seen[route] = http.request(method, path, json=body, files=files, data=data).text

    hers = world.anna | {"metadata": "anna's own", "input": "The secret of anna"}
    for place, text in seen.items():
        assert (place, [kind for kind, words in hers.items() if words in text]) == (place, [])


@pytest.mark.slow
def test_the_owner_of_the_ids_is_answered_in_another_way(world: World) -> None:
    nobodys = {kind: unknown(kind, object_id) for kind, object_id in world.anna.items()}

    alike = []
    # What deletes comes last, and of it what others stand on.
    for route in sorted(TRIES, key=lambda route: (route.startswith("DELETE"), "jobs" in route)):
        for number, attempt in enumerate(TRIES[route]):
            never = world.ask("anna", route, attempt, nobodys)
            hers = world.ask("anna", route, attempt, world.anna)
            if told(hers, world.anna) == told(never, nobodys):
                alike.append((route, number, hers.text))

    assert alike == []
