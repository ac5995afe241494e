"""What the server refuses, and how: OpenAI's error body, with a message that says what to do."""

import http.client
import json
from collections.abc import Callable

import openai
import pytest
from openai.types import FileObject
from openai.types.fine_tuning import FineTuningJob
from serving import (
    BASE_MODEL,
    NAMES,
    LocalServer,
    as_jsonl,
    hyperparameters,
    refusal,
    row,
    upload,
    wait_until,
)

ROWS = [row(name) for name in NAMES[:12]]


WANDB = {"type": "wandb", "wandb": {"project": "elle"}}


@pytest.fixture(scope="module")
def training_file(client: openai.OpenAI) -> FileObject:
    return upload(client, ROWS)


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
        ({"method": hyperparameters(learning_rate=1)}, 400, "unknown_parameter", "learning_rate"),
        ({"hyperparameters": {"n_epochs": "many"}}, 400, "invalid_value", "'auto' or a valid integer"),
        (
            {"method": {"type": "dpo"}},
            400,
            "unsupported_value",
            "'dpo' is not supported by the local server yet",
        ),
        ({"method": {"type": "reinforcement"}}, 400, "unsupported_value", "Use 'supervised'"),
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


def test_a_list_does_not_go_on_after_an_event_of_another_job(client: openai.OpenAI) -> None:
    first, second = (failed_job(client, ROWS[:3]) for _ in range(2))
    foreign = client.fine_tuning.jobs.list_events(second.id).data[-1].id

    assert refusal(client.fine_tuning.jobs.list_events, first.id, after=foreign) == {
        "status": 400,
        "message": f"Invalid 'after': this list has no event with the id '{foreign}'.",
        "type": "invalid_request_error",
        "param": "after",
        "code": None,
    }


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


def test_a_missing_field_is_named(client: openai.OpenAI) -> None:
    refused = refusal(client.post, "/fine_tuning/jobs", body={"model": BASE_MODEL}, cast_to=object)
    assert refused == {
        "status": 400,
        "message": "Missing required parameter: 'training_file'.",
        "type": "invalid_request_error",
        "param": "training_file",
        "code": "missing_required_parameter",
    }


def test_a_file_for_another_purpose_is_not_trained_on(client: openai.OpenAI) -> None:
    file = client.files.create(file=("batch.jsonl", as_jsonl(ROWS)), purpose="batch")
    refused = refusal(client.fine_tuning.jobs.create, model=BASE_MODEL, training_file=file.id)
    assert (refused["status"], refused["code"]) == (400, "invalid_file_purpose")
    assert "Upload it again with purpose='fine-tune'" in refused["message"]


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"caf\xe9 au lait\n", "0xe9"), (b"caf\xc3", "0xc3"), (b"", "0 bytes")],
)
def test_a_file_that_is_empty_or_not_utf8_is_not_kept(
    client: openai.OpenAI, content: bytes, words: str
) -> None:
    files_before = len(list(client.files.list()))
    refused = refusal(client.files.create, file=("bad.jsonl", content), purpose="fine-tune")
    assert refused["status"] == 400
    assert words in refused["message"]
    assert len(list(client.files.list())) == files_before


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


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"messages": []}, "at least 1 item"),
        ({"messages": [{"role": "wizard", "content": "x"}]}, "Found 'wizard'"),
        ({"messages": [{"role": "user"}]}, "messages.0.content"),
        ({"messages": [{"role": "user", "content": "word " * 3000}]}, "maximum context length"),
        ({"temperature": 3}, "less than or equal to 2"),
        ({"max_tokens": 0}, "greater than or equal to 1"),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools"),
    ],
)
def test_a_chat_that_cannot_be_answered_is_refused(client: openai.OpenAI, change: dict, words: str) -> None:
    request = {
        "model": BASE_MODEL,
        "messages": [{"role": "user", "content": "Hello"}],
        "max_tokens": 2,
    } | change
    refused = refusal(client.chat.completions.create, **request)
    assert refused["status"] == 400
    assert words in refused["message"]


def failed_job(client: openai.OpenAI, rows: list[dict] | bytes, **request) -> FineTuningJob:
    """Create a job that its files make fail."""
    job = client.fine_tuning.jobs.create(model=BASE_MODEL, training_file=upload(client, rows).id, **request)
    return wait_until(
        lambda: client.fine_tuning.jobs.retrieve(job.id), lambda job: job.finished_at is not None
    )


@pytest.fixture
def events(client: openai.OpenAI) -> Callable[[str], list[str]]:
    return lambda job_id: [event.message for event in client.fine_tuning.jobs.list_events(job_id)][::-1]


def test_too_few_rows_fail_the_job_in_openais_words(client: openai.OpenAI) -> None:
    job = failed_job(client, ROWS[:7])
    assert job.status == "failed"
    assert job.error.model_dump() == {
        "code": "invalid_n_examples",
        "message": "Training file has 7 example(s), but must have at least 10 examples",
        "param": "training_file",
    }


def test_rows_of_another_method_fail_the_job_and_are_named_as_such(client: openai.OpenAI) -> None:
    answer = {"role": "assistant", "content": "Hello."}
    preference = {
        "input": {"messages": [{"role": "user", "content": "Hi"}]},
        "preferred_output": [answer],
        "non_preferred_output": [answer | {"content": "Go away."}],
    }

    job = failed_job(client, [*ROWS[:10], preference])

    assert (job.error.code, job.error.param) == ("invalid_training_file", "training_file")
    assert "Example 11: found a preference row, expected a chat row." in job.error.message


def test_a_wrong_role_fails_the_job_with_the_row_named_and_the_others_as_events(
    client: openai.OpenAI, events: Callable[[str], list[str]]
) -> None:
    rows = [json.loads(json.dumps(row)) for row in ROWS]
    rows[4]["messages"][1]["role"] = "humman"
    rows[8]["messages"].pop()
    job = failed_job(client, rows)

    assert job.status == "failed"
    assert (job.error.code, job.error.param) == ("invalid_training_file", "training_file")
    assert job.error.message.startswith(
        "The job failed due to an invalid training file. Invalid file format. Example 5, message 2, 'role'"
    )
    further, last = events(job.id)[-2:]
    assert further.startswith("Example 9, ")
    assert last == job.error.message


def test_rows_without_an_answer_within_the_context_fail_the_job_with_all_of_them_named(
    client: openai.OpenAI, server: LocalServer, events: Callable[[str], list[str]]
) -> None:
    long = json.loads(json.dumps(ROWS[0]))
    long["messages"][1]["content"] = "word " * 1100

    job = failed_job(client, [*ROWS, *[long] * 22])

    problem = "Example {} has no answer within the first 1024 tokens. Shorten it or leave it out."
    first = "The job failed due to an invalid training file. " + problem.format(13)
    assert job.error.model_dump() == {
        "code": "invalid_training_file",
        "message": first,
        "param": "training_file",
    }
    assert events(job.id)[-21:] == [*(problem.format(row) for row in range(14, 34)), first]
    # Until its process has ended, the next job would have to wait.
    wait_until(lambda: server.child("training"), lambda trainer: trainer is None)


def test_json_over_several_lines_fails_the_job_with_a_way_out(client: openai.OpenAI) -> None:
    job = failed_job(client, "\n".join(json.dumps(row, indent=2) for row in ROWS).encode())
    assert (job.status, job.error.code) == ("failed", "invalid_training_file")
    assert "one example per line" in job.error.message


def test_a_broken_validation_file_fails_the_job_as_such(client: openai.OpenAI) -> None:
    validation = upload(client, b'{"messages": []}\n', "validation.jsonl")
    job = failed_job(client, ROWS, validation_file=validation.id)
    assert (job.status, job.error.code, job.error.param) == (
        "failed",
        "invalid_validation_file",
        "validation_file",
    )


def test_an_integration_is_kept_and_said_to_be_unavailable(client: openai.OpenAI) -> None:
    file = upload(client, ROWS[:3])

    job = client.fine_tuning.jobs.create(model=BASE_MODEL, training_file=file.id, integrations=[WANDB])

    events = client.fine_tuning.jobs.list_events(job.id, limit=100).data
    assert [item.model_dump(exclude_none=True) for item in job.integrations] == [WANDB]
    assert [event.message for event in events if event.level == "warn"] == [
        "The integration 'wandb' is not available here: nothing is sent to it."
    ]


def test_validation_rows_that_are_trained_on_give_a_warning(client: openai.OpenAI) -> None:
    training, validation = upload(client, ROWS), upload(client, [row("Nobody"), ROWS[4], ROWS[2]])

    job = client.fine_tuning.jobs.create(
        model=BASE_MODEL, training_file=training.id, validation_file=validation.id
    )

    wait_until(lambda: client.fine_tuning.jobs.retrieve(job.id), lambda job: job.status != "validating_files")
    client.fine_tuning.jobs.cancel(job.id)
    events = client.fine_tuning.jobs.list_events(job.id, limit=100).data
    assert [event.message for event in events if event.level == "warn"] == [
        "2 example(s) of the validation file are also in the training file: 2, 3. "
        "The validation loss will look better than it is. Leave them out of one of the files."
    ]


def test_checkpoint_permissions_need_an_admin_key(client: openai.OpenAI) -> None:
    permissions = client.fine_tuning.checkpoints.permissions
    name = "ft:model:local:elle:abcdefgh:ckpt-step-8"
    calls = [
        lambda: permissions.create(name, project_ids=["proj_1"]),
        lambda: permissions.list(name),
        lambda: permissions.delete("cp_1", fine_tuned_model_checkpoint=name),
    ]
    refusals = [refusal(call) for call in calls]
    assert [(refused["status"], refused["code"]) for refused in refusals] == [
        (403, "insufficient_permissions")
    ] * 3
