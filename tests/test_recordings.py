"""Every recording is what it says: answers of the API's own shape, and nothing private."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openai.types import FileDeleted, FileObject, Model, ModelDeleted
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent
from openai.types.fine_tuning.alpha import GraderRunResponse
from openai.types.fine_tuning.jobs import FineTuningJobCheckpoint
from pydantic import BaseModel, ConfigDict

from finetune_dataset import read_jsonl
from helpers.backends.names import BACKENDS
from helpers.backends.recordings.record import KEPT_HEADERS
from helpers.backends.recordings.replay import read_manifest
from helpers.lessons import open_lesson, playground_questions, playground_ways, question
from helpers.paths import data_path
from helpers.runs import NOTEBOOKS

RECORDINGS = sorted(path for path in data_path("recordings").glob("*") if path.is_dir())

PLAYGROUND = "05c_playground"
"""Answers to what the playground of 05c offers; `tools/record_playground.py` asks for them."""

each_recording = pytest.mark.parametrize("folder", RECORDINGS, ids=lambda folder: folder.name)


class Problem(BaseModel):
    """The `error` of an API error; the SDK has no type for it (openai 3.54, `_exceptions.py` reads these)."""

    model_config = ConfigDict(extra="forbid")
    message: str
    type: str
    param: str | None
    code: str | None


class Refused(BaseModel):
    """The body of an API error."""

    error: Problem


# Method and path of a request, and the SDK's own type of its answer. A list is a page of that type.
TYPES: tuple[tuple[str, type[BaseModel] | list[type[BaseModel]]], ...] = (
    ("POST /files", FileObject),
    ("GET /files", [FileObject]),
    ("GET /files/[^/]+", FileObject),
    ("DELETE /files/[^/]+", FileDeleted),
    ("POST /fine_tuning/jobs", FineTuningJob),
    ("GET /fine_tuning/jobs", [FineTuningJob]),
    ("GET /fine_tuning/jobs/[^/]+", FineTuningJob),
    ("POST /fine_tuning/jobs/[^/]+/(cancel|pause|resume)", FineTuningJob),
    ("GET /fine_tuning/jobs/[^/]+/events", [FineTuningJobEvent]),
    ("GET /fine_tuning/jobs/[^/]+/checkpoints", [FineTuningJobCheckpoint]),
    ("GET /models", [Model]),
    ("GET /models/[^/]+", Model),
    ("DELETE /models/[^/]+", ModelDeleted),
    ("POST /chat/completions", ChatCompletion),
    ("POST /fine_tuning/alpha/graders/run", GraderRunResponse),
)


def documents(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.name != "manifest.json")


def exchanges(folder: Path) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Yield a name for messages, the request and the response of every exchange."""
    for path in documents(folder):
        for number, exchange in enumerate(json.loads(path.read_text(encoding="utf-8"))["exchanges"], 1):
            request = exchange["request"]
            name = f"{path.name}, exchange {number}, {request['method']} {request['path']}"
            yield name, request, exchange["response"]


def check_answer(request: dict[str, Any], response: dict[str, Any]) -> None:
    """Validate an answer strictly against the SDK's type for its path.

    Raises:
        ValueError: It does not fit (pydantic's error is one), or no type is known for the path.
    """
    body, route = response["body"], f"{request['method']} {request['path']}"
    if response["status"] >= 400:
        check(Refused, body["json"])
    elif re.fullmatch("GET /files/[^/]+/content", route):
        if not {"text", "base64"} & body.keys():
            raise ValueError(f"a file's content is text or base64, not {body.keys()}")
    elif "events" in body:
        *chunks, end = [event.removeprefix("data: ") for event in body["events"]]
        if end != "[DONE]":
            raise ValueError(f"the stream ends with {end!r}, not with [DONE]")
        for chunk in chunks:
            check(ChatCompletionChunk, json.loads(chunk))
    else:
        kinds = [kind for pattern, kind in TYPES if re.fullmatch(pattern, route)]
        if not kinds:
            raise ValueError(f"no SDK type is known for {route}; add it to TYPES")
        check(kinds[0], body["json"])


def check(kind: type[BaseModel] | list[type[BaseModel]], data: dict[str, Any]) -> None:
    if isinstance(kind, list):
        if data["object"] != "list" or not isinstance(data.get("has_more", False), bool):
            raise ValueError("a page has object 'list' and a boolean has_more")
        for item in data["data"]:
            check(kind[0], item)
    else:
        for each in as_typed(data):
            kind.model_validate_json(json.dumps(each), strict=True)


def as_typed(data: dict[str, Any]) -> list[dict[str, Any]]:
    """A body as the SDK's types have it: one for each part of a job's `multi` grader.

    The service takes and gives an object of named graders there, the SDK's `MultiGrader` one grader (3.54).
    """
    method = data.get("method") or {}
    settings = method.get("reinforcement") or {}
    grader = settings.get("grader") or {}
    if grader.get("type") != "multi":
        return [data]
    return [
        {**data, "method": method | {"reinforcement": settings | {"grader": grader | {"graders": part}}}}
        for part in grader["graders"].values()
    ]


def test_there_is_a_recording():
    assert [folder.name for folder in RECORDINGS], "data/recordings/ is empty; run `make record`"


@each_recording
def test_every_answer_fits_the_types_of_the_sdk(folder):
    misfits = []
    for name, request, response in exchanges(folder):
        try:
            check_answer(request, response)
        except (ValueError, KeyError) as error:
            misfits.append(f"{name}: {error!r}")

    assert misfits == []


@each_recording
def test_a_recording_holds_a_whole_course(folder):
    seen = {f"{request['method']} {request['path']}" for _, request, _ in exchanges(folder)}

    assert {"POST /files", "POST /fine_tuning/jobs", "POST /chat/completions"} <= seen


@each_recording
def test_a_recording_holds_nothing_private(folder):
    private = re.compile(
        r"\bsk-(?!redacted)[\w*-]{8,}|\borg-(?!local\b|redacted\b)\w{6,}|\bproj[-_](?!redacted)\w{16,}"
        r"|Bearer (?!sk-redacted)|[Ss]et-[Cc]ookie"
        r"|127\.0\.0\.1|localhost|\.openai\.azure\.com|api\.openai\.com"
        r"|/(?:home|Users|root|tmp)/|C:\\\\"
    )
    found = {path.name: private.findall(path.read_text(encoding="utf-8")) for path in folder.iterdir()}

    assert found == {path.name: [] for path in folder.iterdir()}


@each_recording
def test_only_headers_that_the_sdk_reads_are_kept_and_no_upload_is(folder):
    for name, request, response in exchanges(folder):
        assert request.keys() == {"method", "path", "query", "body"}, name
        assert response["headers"].keys() <= set(KEPT_HEADERS), name
        for part in request["body"].get("parts", []):
            assert part.keys() in ({"name", "value"}, {"name", "filename", "sha256", "bytes"}), name


@each_recording
def test_the_manifest_is_complete_and_fits_the_documents(folder):
    manifest = read_manifest(folder)

    made = {"sdk_version", "python", "recorded_at", "command", "notebooks"}
    assert manifest.keys() - {"later"} == {"label", "backend", "model", *made}
    assert all(part.keys() == made for part in manifest.get("later", []))
    assert all(manifest.values())
    assert manifest["backend"] in set(BACKENDS) - {"replay"}
    assert manifest["label"] == f"recorded from a real run against the backend {manifest['backend']!r}"
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", manifest["recorded_at"])
    assert [path.stem for path in documents(folder)] == sorted(set(manifest["notebooks"]) - {"01_dataset"})
    assert set(manifest["notebooks"]) <= {"00_start", *NOTEBOOKS, PLAYGROUND}


def test_replay_answers_all_that_the_playground_offers():
    def read(name: str) -> list[dict]:
        return read_jsonl(data_path("sample_runs", "elle", name))

    lesson, train = open_lesson("elle"), read("train.jsonl")
    job = json.loads(data_path("sample_runs", "elle", "04_job.json").read_text(encoding="utf-8"))
    recorded = [
        request["body"]["json"]
        for _, request, response in exchanges(data_path("recordings", "elle"))
        if request["path"] == "/chat/completions" and response["status"] == 200
    ]
    settings = {"max_tokens": lesson.max_tokens, "seed": 1, "temperature": 0}
    known = {
        (body["model"], json.dumps(body["messages"]))
        for body in recorded
        if {name: body.get(name) for name in settings} == settings
    }
    ways = playground_ways(lesson, train, base=job["model"], fine_tuned=job["fine_tuned_model"])

    missing = [
        (name, way)
        for name, row in playground_questions(lesson, train, read("test.jsonl")).items()
        for way, (model, before) in ways.items()
        if (model, json.dumps([*before, question(row)[-1]])) not in known
    ]

    assert missing == []


@pytest.mark.parametrize(
    ("route", "answer"),
    [
        ("GET /fine_tuning/jobs/ftjob-1", {"id": "ftjob-1"}),
        ("GET /fine_tuning/jobs", {"object": "list", "data": [{"id": "ftjob-1"}], "has_more": False}),
        ("GET /models/tiny", {"id": "tiny", "object": "model", "created": "1", "owned_by": "me"}),
        ("GET /no/such/route", {}),
    ],
)
def test_an_answer_of_the_wrong_shape_would_be_found(route, answer):
    method, path = route.split()

    with pytest.raises(ValueError, match=r"validation error|no SDK type is known"):
        check_answer({"method": method, "path": path}, {"status": 200, "body": {"json": answer}})


def test_a_wrong_part_of_a_grader_of_a_job_would_be_found():
    path = "/fine_tuning/jobs"
    job, request = next(
        (response["body"]["json"], request)
        for _, request, response in exchanges(data_path("recordings", "elle"))
        if (request["method"], request["path"], response["status"]) == ("POST", path, 200)
        and len(as_typed(response["body"]["json"])) == 2
    )

    check_answer(request, {"status": 200, "body": {"json": job}})
    del job["method"]["reinforcement"]["grader"]["graders"]["short"]["source"]
    with pytest.raises(ValueError, match="validation error"):
        check_answer(request, {"status": 200, "body": {"json": job}})


def test_the_page_of_the_backends_says_which_notebooks_each_dataset_has_recorded():
    page = (data_path().parent / "docs" / "backends.md").read_text(encoding="utf-8")
    held = {
        name: {path.stem for path in data_path("recordings", name).glob("*_*.json")}
        for name in ("elle", "elle-tiny", "recipes", "sarcastic")
    }

    assert "Elle in all notebooks, the other two in notebooks 00 to 05" in page
    core = {"00_start", "02_upload", "03_job", "04_monitor", "05_evaluate"}  # 01 asks no service.
    assert "that of the tiny model holds notebooks 00 to 05" in page
    assert [held[name] for name in ("elle-tiny", "recipes", "sarcastic")] == [core, core, core]
    assert held["elle"] > core
