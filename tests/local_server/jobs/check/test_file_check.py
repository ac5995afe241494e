"""Files that make their job fail, in OpenAI's words."""

import json
from collections.abc import Callable

import openai
import pytest
from openai.types import FileObject
from serving import (
    BASE_MODEL,
    NAMES,
    LocalServer,
    failed_job,
    row,
    upload,
    wait_until,
)

from tools import LOOK_UP

ROWS = [row(name) for name in NAMES[:12]]


@pytest.fixture(scope="module")
def training_file(client: openai.OpenAI) -> FileObject:
    return upload(client, ROWS)


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


@pytest.mark.slow
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


def test_keys_that_are_not_read_are_said_in_a_warning(
    client: openai.OpenAI, events: Callable[[str], list[str]]
) -> None:
    file = upload(client, [row(name) | {"topic": "sea"} for name in NAMES[:10]])

    job = client.fine_tuning.jobs.create(model=BASE_MODEL, training_file=file.id)

    validated = "Files validated, moving job to queued state"
    seen = wait_until(lambda: events(job.id), lambda found: validated in found)
    client.fine_tuning.jobs.cancel(job.id)
    assert seen[seen.index(validated) - 1] == (
        "The training file has keys that are not used: 'topic' (example 1, 2, 3, 4, 5, …). "
        "Look whether they are misspelled."
    )


def test_calls_that_no_chat_can_give_are_said_in_a_warning(
    client: openai.OpenAI, events: Callable[[str], list[str]]
) -> None:
    def called(number: int, function: str, arguments: str) -> dict:
        made = {"id": "call_1", "type": "function", "function": {"name": function, "arguments": arguments}}
        asked = {"role": "user", "content": f"Question {number}"}
        return {"messages": [asked, {"role": "assistant", "tool_calls": [made]}], "tools": [LOOK_UP]}

    rows = [called(number, "look_up", '{"name": "Tin"}') for number in range(10)]
    rows[2], rows[6] = called(2, "find", '{"name": "Tin"}'), called(6, "look_up", '{"nme": "Tin"}')

    job = client.fine_tuning.jobs.create(model=BASE_MODEL, training_file=upload(client, rows).id)

    validated = "Files validated, moving job to queued state"
    seen = wait_until(lambda: events(job.id), lambda found: validated in found)
    client.fine_tuning.jobs.cancel(job.id)
    assert seen[seen.index(validated) - 1] == (
        "The training file has calls that its own tools do not allow, in example 3, 7. They are learned, "
        "and a chat with these tools cannot give them. Example 3, message 2, "
        '\'tool_calls[0].function.name\': found "find", expected one of "look_up". Declare the tool in the '
        "row, or correct the name."
    )


def test_an_image_fails_the_job_before_it_trains(client: openai.OpenAI) -> None:
    image = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    messages = [{"role": "user", "content": [image]}, {"role": "assistant", "content": "A cat."}]

    job = failed_job(client, [{"messages": messages}] * 10)

    assert (job.error.code, job.error.param, job.trained_tokens) == (
        "invalid_training_file",
        "training_file",
        None,
    )
    assert job.error.message == (
        "The job failed due to an invalid training file. Example 1, message 1, 'content[0].type': found an "
        "image, expected text. The models here read and write text only. Write it as text, or leave it out."
    )
