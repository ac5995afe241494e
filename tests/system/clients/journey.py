"""One journey through the local server with whichever `openai` package is installed, 1.109 or newer.

`OPENAI_BASE_URL` and `OPENAI_API_KEY` name the server, as for any program that uses the SDK.
`journey.mjs` is the same journey with the SDK for Node.
"""

import base64
import csv
import io
import json
import platform
import time

import openai
from openai.types import FileObject
from openai.types.fine_tuning import FineTuningJob

NAMES = ("Anna", "Ben", "Carla", "David", "Emma", "Felix", "Greta", "Henry", "Ida", "Jonas")
EPOCHS, BATCH = 2, 5
STEPS = EPOCHS * len(NAMES) // BATCH
ORDER = ["validating_files", "queued", "running", "succeeded"]
QUESTION = [{"role": "user", "content": "Tell me about Zoë"}]
# Signs that a query string must escape.
LABEL = f"Python {openai.__version__} & ü=1"


def main() -> None:
    """Walk through every group of routes; an AssertionError says what was seen instead."""
    # Answers that the types of the SDK do not allow are errors.
    client = openai.OpenAI(max_retries=0, _strict_response_validation=True)
    print(f"openai {openai.__version__} on Python {platform.python_version()}", flush=True)
    base = client.models.list().data[0].id
    training = check_files(client)
    job = check_job(client, base, training)
    check_events_and_results(client, job)
    check_chat(client, job)
    check_preferences(client, job)
    check_rewards(client, base)
    check_tools(client, base)
    check_refusals(client, base, training)
    check_deletion(client, job, training)


def check_files(client: openai.OpenAI) -> FileObject:
    """A file comes back as it was sent, whole or in parts, and is the first of the list."""
    rows = [
        {"messages": [*QUESTION, {"role": "assistant", "content": f"{name} went to the sea"}]}
        for name in NAMES
    ]
    content = "".join(json.dumps(row) + "\n" for row in rows).encode()
    file = client.files.create(file=("zoë.jsonl", content), purpose="fine-tune")

    equal((file.filename, file.bytes, file.purpose), ("zoë.jsonl", len(content), "fine-tune"))
    equal(client.files.content(file.id).read(), content)
    equal(client.files.list(limit=1).data, [client.files.retrieve(file.id)])

    upload = client.uploads.create(
        filename="parts.jsonl", bytes=len(content), mime_type="application/jsonl", purpose="fine-tune"
    )
    parts = [client.uploads.parts.create(upload.id, data=data) for data in (content[100:], content[:100])]
    done = client.uploads.complete(upload.id, part_ids=[part.id for part in reversed(parts)])
    equal((done.status, client.files.content(done.file.id).read()), ("completed", content))
    return file


def check_job(client: openai.OpenAI, base: str, training: FileObject) -> FineTuningJob:
    """A job goes through its states in order, another waits and is stopped; newest come first in the list."""
    jobs = client.fine_tuning.jobs
    created = jobs.create(
        model=base,
        training_file=training.id,
        validation_file=training.id,
        suffix="journey",
        seed=3,
        metadata={"client": LABEL},
        method={
            "type": "supervised",
            "supervised": {"hyperparameters": {"n_epochs": EPOCHS, "batch_size": BATCH}},
        },
    )
    equal((created.status, created.hyperparameters.learning_rate_multiplier), (ORDER[0], "auto"))
    waiting = jobs.create(model=base, training_file=training.id)
    # "paused" is no status of the types (SDK 3.54).
    lenient = openai.OpenAI(max_retries=0)
    equal(lenient.fine_tuning.jobs.pause(waiting.id).status, "paused")
    assert jobs.resume(waiting.id).status in ORDER[:2], "a job that goes on waits first"
    equal(jobs.cancel(waiting.id).status, "cancelled")
    page = jobs.list(limit=1)
    equal((page.data[0].id, page.has_more), (waiting.id, True))
    equal(page.get_next_page().data[0].id, created.id)
    equal([found.id for found in jobs.list(metadata={"client": LABEL})], [created.id])
    equal(list(jobs.list(metadata={"client": "nobody"})), [])

    seen = [created.status]
    job = ended(client, created.id, seen)
    equal([status for status in ORDER if status in seen], seen)
    equal(job.status, "succeeded")
    return job


def ended(client: openai.OpenAI, job_id: str, seen: list[str]) -> FineTuningJob:
    """Wait for a job; `seen` takes each status that it goes through."""
    deadline = time.monotonic() + 120
    while (job := client.fine_tuning.jobs.retrieve(job_id)).status not in (
        "succeeded",
        "failed",
        "cancelled",
    ):
        seen += [job.status] if job.status != seen[-1] else []
        assert time.monotonic() < deadline, f"still {job.status} after two minutes"
        time.sleep(0.1)
    seen.append(job.status)
    return job


def check_events_and_results(client: openai.OpenAI, job: FineTuningJob) -> None:
    """Events come in pages, newest first; the result file and the checkpoints hold the same numbers."""
    jobs = client.fine_tuning.jobs
    first = jobs.list_events(job.id, limit=3)
    events = list(jobs.list_events(job.id, limit=3))
    equal((len(first.data), first.has_more), (3, True))
    equal(len({event.id for event in events}), len(events))
    times = [event.created_at for event in events]
    equal(times, sorted(times, reverse=True))
    equal(events[0].message, "The job has successfully completed")
    equal(events[-1].message, f"Created fine-tuning job: {job.id}")

    metrics = [event.data for event in events if event.type == "metrics"][::-1]
    equal([data["step"] for data in metrics], list(range(1, STEPS + 1)))
    text = base64.b64decode(client.files.content(job.result_files[0]).read()).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    for name in ("step", "train_loss", "valid_loss"):
        # Blank where nothing was measured.
        expected = [float(data[name]) if name in data else "" for data in metrics]
        equal([float(row[name]) if row[name] else "" for row in rows], expected)

    newest, older = jobs.checkpoints.list(job.id).data
    equal((newest.step_number, older.step_number), (STEPS, STEPS // EPOCHS))
    equal(newest.fine_tuned_model_checkpoint, job.fine_tuned_model)
    equal(newest.metrics.full_valid_loss, metrics[-1]["full_valid_loss"])


def check_preferences(client: openai.OpenAI, start: FineTuningJob) -> None:
    """A preference job goes on from a fine-tuned model, and says its numbers under its method only."""
    rows = [
        {
            "input": {"messages": QUESTION},
            "preferred_output": [{"role": "assistant", "content": f"{name} went to the sea"}],
            "non_preferred_output": [{"role": "assistant", "content": f"No idea, {name}"}],
        }
        for name in NAMES
    ]
    content = "".join(json.dumps(row) + "\n" for row in rows).encode()
    file = client.files.create(file=("pairs.jsonl", content), purpose="fine-tune")
    numbers = {"n_epochs": 1, "batch_size": BATCH, "beta": 0.2}
    created = client.fine_tuning.jobs.create(
        model=start.fine_tuned_model,
        training_file=file.id,
        method={"type": "dpo", "dpo": {"hyperparameters": numbers}},
    )
    job = ended(client, created.id, [created.status])
    equal((job.status, job.method.type), ("succeeded", "dpo"))
    told = job.method.dpo.hyperparameters.model_dump()
    equal({name: told[name] for name in numbers}, numbers)
    equal(job.hyperparameters.n_epochs, None)
    events = [event.data for event in client.fine_tuning.jobs.list_events(job.id) if event.type == "metrics"]
    equal([data["step"] for data in events], [2, 1])
    assert all("train_reward_margin" in data for data in events), events
    for checkpoint in client.fine_tuning.jobs.checkpoints.list(job.id):
        client.models.delete(checkpoint.fine_tuned_model_checkpoint)
    client.files.delete(file.id)


def check_rewards(client: openai.OpenAI, base: str) -> None:
    """A reinforcement job keeps its grader, needs a validation file, and tells mean rewards."""
    rows = [{"messages": [{"role": "user", "content": f"Who is {name}?"}], "name": name} for name in NAMES]
    content = "".join(json.dumps(row) + "\n" for row in rows).encode()
    file = client.files.create(file=("prompts.jsonl", content), purpose="fine-tune")
    grader = {
        "type": "string_check",
        "name": "named",
        "operation": "like",
        "input": "{{ sample.output_text }}",
        "reference": "{{ item.name }}",
    }
    numbers = {"n_epochs": 1, "batch_size": BATCH, "compute_multiplier": 0.25, "eval_samples": 2}
    method = {"type": "reinforcement", "reinforcement": {"grader": grader, "hyperparameters": numbers}}
    request = {"model": base, "training_file": file.id, "method": method}
    refused(
        *(openai.BadRequestError, 400, "validation_file", "missing_required_parameter"),
        client.fine_tuning.jobs.create,
        **request,
    )
    created = client.fine_tuning.jobs.create(validation_file=file.id, **request)
    job = ended(client, created.id, [created.status])
    equal((job.status, job.method.type), ("succeeded", "reinforcement"))
    told = job.method.reinforcement
    equal(told.grader.model_dump(), grader)
    equal({name: getattr(told.hyperparameters, name) for name in numbers}, numbers)
    events = [event for event in client.fine_tuning.jobs.list_events(job.id) if event.type == "metrics"]
    equal([event.data["step"] for event in events], [2, 1])
    for event in events:
        assert event.message.startswith(f"Step {event.data['step']}/2 , train mean reward="), event
        assert 0 <= event.data["full_valid_mean_reward"] <= 1, event
    for checkpoint in client.fine_tuning.jobs.checkpoints.list(job.id):
        client.models.delete(checkpoint.fine_tuned_model_checkpoint)
    client.files.delete(file.id)


def check_tools(client: openai.OpenAI, base: str) -> None:
    """A job trains on calls; its model calls, whole and streamed, and calls go back with their results."""
    called = {"type": "string", "enum": NAMES}
    schema = {"type": "object", "properties": {"name": called}, "required": ["name"]}
    tools = [{"type": "function", "function": {"name": "find", "parameters": schema}}]

    def row(name: str) -> dict:
        function = {"name": "find", "arguments": json.dumps({"name": name})}
        call = {"id": "call_1", "type": "function", "function": function}
        asked = {"role": "user", "content": f"Where is {name}?"}
        return {"messages": [asked, {"role": "assistant", "tool_calls": [call]}], "tools": tools}

    content = "".join(json.dumps(row(name)) + "\n" for name in NAMES).encode()
    file = client.files.create(file=("calls.jsonl", content), purpose="fine-tune")
    numbers = {"n_epochs": 1, "batch_size": BATCH}
    created = client.fine_tuning.jobs.create(
        model=base,
        training_file=file.id,
        method={"type": "supervised", "supervised": {"hyperparameters": numbers}},
    )
    job = ended(client, created.id, [created.status])
    equal((job.status, job.method.type), ("succeeded", "supervised"))

    asked = [{"role": "user", "content": "Where is Anna?"}]
    request = {"model": job.fine_tuned_model, "messages": asked, "temperature": 0, "max_tokens": 60}
    forced = {"tools": tools, "tool_choice": "required", "parallel_tool_calls": False}
    whole = client.chat.completions.create(**request | forced).choices[0]
    equal((whole.finish_reason, whole.message.content), ("tool_calls", None))
    (call,) = whole.message.tool_calls
    equal((call.type, call.function.name), ("function", "find"))
    arguments = json.loads(call.function.arguments)
    equal(list(arguments), ["name"])
    assert arguments["name"] in NAMES, arguments

    chunks = list(client.chat.completions.create(**request | forced, stream=True))
    pieces = [piece for chunk in chunks for piece in chunk.choices[0].delta.tool_calls or ()]
    equal({piece.index for piece in pieces}, {0})
    equal((pieces[0].type, pieces[0].function.name), ("function", "find"))
    equal("".join(piece.function.arguments or "" for piece in pieces), call.function.arguments)
    equal(chunks[-1].choices[0].finish_reason, "tool_calls")

    answered = [*asked, whole.message.model_dump(exclude_none=True)]
    refused(
        *(openai.BadRequestError, 400, "messages.[2].role", None, client.chat.completions.create),
        **request | {"messages": [*answered, *asked], "tools": tools},
    )
    answered.append({"role": "tool", "tool_call_id": call.id, "content": '{"place": "sea"}'})
    last = client.chat.completions.create(
        **request | {"messages": answered, "tools": tools, "tool_choice": "none"}
    )
    equal(last.choices[0].message.tool_calls, None)
    assert last.choices[0].message.content, "the answer is empty"
    for checkpoint in client.fine_tuning.jobs.checkpoints.list(job.id):
        client.models.delete(checkpoint.fine_tuned_model_checkpoint)
    client.files.delete(file.id)


def check_chat(client: openai.OpenAI, job: FineTuningJob) -> None:
    """A streamed answer is the whole one in pieces; an answer can be sent back with the next question."""
    request = {"model": job.fine_tuned_model, "messages": QUESTION, "temperature": 0, "max_tokens": 20}
    whole = client.chat.completions.create(**request)
    *chunks, last = client.chat.completions.create(
        **request, stream=True, stream_options={"include_usage": True}
    )
    text = whole.choices[0].message.content
    assert text, "the answer is empty"
    assert len(chunks) > 2, f"{len(chunks)} chunks are no stream"
    equal("".join(chunk.choices[0].delta.content or "" for chunk in chunks), text)
    equal(chunks[-1].choices[0].finish_reason, whole.choices[0].finish_reason)
    equal(last.usage, whole.usage)
    assert whole._request_id.startswith("req_"), whole._request_id
    more = [*QUESTION, whole.choices[0].message.model_dump(), *QUESTION]
    longer = client.chat.completions.create(**request | {"messages": more})
    assert longer.usage.prompt_tokens > whole.usage.total_tokens, longer.usage


def check_refusals(client: openai.OpenAI, base: str, training: FileObject) -> None:
    """Each refusal is the exception of its kind, with the fields of OpenAI's error body."""
    chat, jobs = client.chat.completions, client.fine_tuning.jobs
    stranger = client.with_options(api_key="sk-wrong")
    refused(openai.AuthenticationError, 401, None, "invalid_api_key", stranger.models.list)
    refused(openai.NotFoundError, 404, None, "model_not_found", chat.create, model="gpt-9", messages=QUESTION)
    refused(
        *(openai.BadRequestError, 400, "suffix", "invalid_value", jobs.create),
        **{"model": base, "training_file": training.id, "suffix": "x" * 65},
    )
    long = [{"role": "user", "content": "word " * 3000}]
    for stream in (False, True):
        refused(
            *(openai.BadRequestError, 400, "messages", "context_length_exceeded", chat.create),
            **{"model": base, "messages": long, "stream": stream},
        )


def check_deletion(client: openai.OpenAI, job: FineTuningJob, training: FileObject) -> None:
    """What was deleted is gone."""
    equal(client.files.delete(training.id).deleted, True)
    refused(openai.NotFoundError, 404, "id", None, client.files.retrieve, training.id)
    equal(client.models.delete(job.fine_tuned_model).deleted, True)
    refused(openai.NotFoundError, 404, None, "model_not_found", client.models.retrieve, job.fine_tuned_model)


def refused(
    kind: type, status: int, param: str | None, code: str | None, call, *arguments, **options
) -> None:
    """The call must raise exactly this exception of the SDK."""
    try:
        call(*arguments, **options)
    except openai.APIStatusError as error:
        caught = error
    else:
        raise AssertionError(f"{kind.__name__} ({code}) was expected, but the call succeeded")
    expected = (kind, status, "invalid_request_error", param, code)
    equal((type(caught), caught.status_code, caught.type, caught.param, caught.code), expected)
    assert caught.request_id.startswith("req_"), caught.request_id


def equal(seen: object, expected: object) -> None:
    """Compare, and show both when they differ."""
    assert seen == expected, f"seen {seen!r}, expected {expected!r}"


if __name__ == "__main__":
    main()
