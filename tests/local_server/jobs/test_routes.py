"""What `jobs.create` and the lists of jobs take and refuse."""

import http.client
from collections.abc import Callable

import httpx2
import openai
import pytest
from openai.types import FileObject
from pairs import preferences
from serving import (
    BASE_MODEL,
    NAMES,
    LocalServer,
    as_jsonl,
    hyperparameters,
    refusal,
    row,
    upload,
)

ROWS = [row(name) for name in NAMES[:12]]


WANDB = {"type": "wandb", "wandb": {"project": "elle"}}


@pytest.fixture(scope="module")
def training_file(client: openai.OpenAI) -> FileObject:
    return upload(client, ROWS)


@pytest.mark.parametrize(
    ("change", "status", "code", "words"),
    [
        ({"model": "gpt-9"}, 400, "model_not_available", "gpt-9"),
        ({"training_file": "file-nothing"}, 404, "file_not_found", "file-nothing"),
        ({"suffix": ""}, 400, "invalid_value", "at least 1 character"),
        ({"suffix": "x" * 65}, 400, "invalid_value", "at most 64 characters"),
        ({"suffix": "a:b"}, 400, "invalid_value", "a:b"),
        ({"seed": -1}, 400, "invalid_value", "greater than or equal to 0"),
        (
            {"method": hyperparameters(n_epochs=51)},
            400,
            "invalid_value",
            "'auto' or less than or equal to 50. Found 51",
        ),
        ({"method": hyperparameters(n_epochs=0)}, 400, "invalid_value", "greater than or equal to 1"),
        ({"method": hyperparameters(batch_size=257)}, 400, "invalid_value", "less than or equal to 256"),
        ({"method": hyperparameters(learning_rate_multiplier=0)}, 400, "invalid_value", "greater than 0"),
        ({"method": hyperparameters(n_epoch=1)}, 400, "unknown_parameter", "Did you mean 'n_epochs'?"),
        ({"hyperparameters": {"n_epochs": "many"}}, 400, "invalid_value", "'auto' or a valid integer"),
        ({"method": {"type": "reinforcement"}}, 400, "missing_required_parameter", "reinforcement.grader"),
        ({"method": preferences(beta=3)}, 400, "invalid_value", "less than or equal to 2"),
        (
            {"method": preferences(eval_interval=1)},
            400,
            "unknown_parameter",
            "Did you mean 'method.reinforcement.hyperparameters.eval_interval'?",
        ),
        (
            {"method": {"type": "dpo", "supervised": {"hyperparameters": {"n_epochs": 1}}}},
            400,
            "invalid_value",
            "Invalid 'method.supervised': the method is 'dpo'",
        ),
        ({"integrations": [{"type": "other"}]}, 400, "invalid_value", "'wandb'"),
        ({"integrations": [WANDB] * 6}, 400, "invalid_value", "at most 5 items"),
        ({"metadata": {"key": "x" * 513}}, 400, "invalid_value", "at most 512 characters"),
    ],
)
def test_a_job_that_cannot_be_is_refused_at_once(
    client: openai.OpenAI, training_file: FileObject, change: dict, status: int, code: str, words: str
) -> None:
    jobs_before = len(list(client.fine_tuning.jobs.list()))
    request = {"model": BASE_MODEL, "training_file": training_file.id} | change

    refused = refusal(client.fine_tuning.jobs.create, **request)

    assert (refused["status"], refused["code"]) == (status, code)
    assert words in refused["message"]
    assert len(list(client.fine_tuning.jobs.list())) == jobs_before


def test_jobs_without_metadata_are_found_but_not_together_with_pairs(client: openai.OpenAI) -> None:
    jobs = client.fine_tuning.jobs
    request = {"model": BASE_MODEL, "training_file": upload(client, ROWS[:3]).id}
    without, empty, pairs = (
        jobs.create(**request, **metadata).id
        for metadata in ({}, {"metadata": {}}, {"metadata": {"course": "null"}})
    )

    found = [job.id for job in jobs.list(extra_query={"metadata": "null"})]
    both = refusal(client.get, "/fine_tuning/jobs?metadata=null&metadata[course]=null", cast_to=object)

    assert [job for job in (without, empty, pairs) if job in found] == [without]
    assert both == {
        "status": 400,
        "message": "Invalid 'metadata': expected at most 16 pairs, each written as metadata[key]=value, "
        "or metadata=null alone. Found metadata, metadata[course].",
        "type": "invalid_request_error",
        "param": "metadata",
        "code": "invalid_value",
    }


def test_a_file_for_another_purpose_is_not_trained_on(client: openai.OpenAI) -> None:
    file = client.files.create(file=("batch.jsonl", as_jsonl(ROWS)), purpose="batch")
    refused = refusal(client.fine_tuning.jobs.create, model=BASE_MODEL, training_file=file.id)
    assert (refused["status"], refused["code"]) == (400, "invalid_file_purpose")
    assert "Upload it again with purpose='fine-tune'" in refused["message"]


@pytest.fixture
def events(client: openai.OpenAI) -> Callable[[str], list[str]]:
    return lambda job_id: [event.message for event in client.fine_tuning.jobs.list_events(job_id)][::-1]


def test_an_integration_is_kept_and_said_to_be_unavailable(client: openai.OpenAI) -> None:
    file = upload(client, ROWS[:3])

    job = client.fine_tuning.jobs.create(model=BASE_MODEL, training_file=file.id, integrations=[WANDB])

    events = client.fine_tuning.jobs.list_events(job.id, limit=100).data
    assert [item.model_dump(exclude_none=True) for item in job.integrations] == [WANDB]
    assert [event.message for event in events if event.level == "warn"] == [
        "The integration 'wandb' is not available here: nothing is sent to it."
    ]


@pytest.fixture(scope="module")
def http(server: LocalServer) -> httpx2.Client:
    headers = {"Authorization": f"Bearer {server.api_key}"}
    with httpx2.Client(base_url=server.base_url, headers=headers, timeout=30) as client:
        yield client


@pytest.mark.parametrize(
    "query", ["&".join(f"metadata[a{i}]=b" for i in range(2000)), "metadata=a", "metadata[a=b"]
)
def test_a_metadata_filter_that_cannot_be_one_is_refused(http: httpx2.Client, query: str) -> None:
    answer = http.get(f"/fine_tuning/jobs?{query}")
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "metadata")


@pytest.mark.parametrize("job_id", ["a" * 5000, "%00", "%ff%ed%a0%80", "%2e%2e"])
@pytest.mark.parametrize("call", ["cancel", "pause", "resume"])
def test_an_impossible_job_id_is_not_found(http: httpx2.Client, job_id: str, call: str) -> None:
    answer = http.post(f"/fine_tuning/jobs/{job_id}/{call}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "fine_tune_not_found")
