"""One journey with `openai` 0.28, the last version before client objects (Sept 2023).

Other people's notebooks of that year call `openai.File`, `openai.FineTuningJob` and `openai.ChatCompletion`.
That version reads `OPENAI_API_BASE`; `OPENAI_BASE_URL` is of later ones.
"""

import base64
import io
import json
import os
import platform
import time

import openai
import openai.error

NAMES = ("Anna", "Ben", "Carla", "David", "Emma", "Felix", "Greta", "Henry", "Ida", "Jonas")
EPOCHS = 3
QUESTION = [{"role": "user", "content": "Tell me about Zoë"}]


def main() -> None:
    """Walk through every call of that version that the notebooks make."""
    openai.api_base, openai.api_key = os.environ["OPENAI_BASE_URL"], os.environ["OPENAI_API_KEY"]
    print(f"openai {openai.VERSION} on Python {platform.python_version()}", flush=True)
    base = openai.Model.list()["data"][0]["id"]
    equal(openai.Model.retrieve(base).id, base)
    training = check_files()
    job = check_job(base, training)
    check_chat(job)
    check_refusals(base)
    check_deletion(job, training)


def check_files() -> str:
    """A file comes back as it was sent, under the name that was given."""
    rows = [
        {"messages": [*QUESTION, {"role": "assistant", "content": f"{name} went to the sea"}]}
        for name in NAMES
    ]
    content = "".join(json.dumps(row) + "\n" for row in rows).encode()
    file = openai.File.create(
        file=io.BytesIO(content), purpose="fine-tune", user_provided_filename="names.jsonl"
    )

    equal((file["filename"], file.bytes, file.purpose), ("names.jsonl", len(content), "fine-tune"))
    equal(openai.File.download(file.id), content)
    equal(openai.File.retrieve(file.id).status, "processed")
    assert file.id in [each["id"] for each in openai.File.list()["data"]], "the file is not on the list"
    return file.id


def check_job(base: str, training: str) -> dict:
    """A job trains with the hyperparameters at their old place; its events and its result file are there."""
    jobs = openai.FineTuningJob
    created = jobs.create(
        training_file=training,
        validation_file=training,
        model=base,
        suffix="journey",
        hyperparameters={"n_epochs": EPOCHS, "batch_size": 5},
    )
    equal((created["status"], created["hyperparameters"]["n_epochs"]), ("validating_files", EPOCHS))
    waiting = jobs.create(training_file=training, model=base)
    equal(jobs.cancel(waiting["id"])["status"], "cancelled")
    equal([job["id"] for job in jobs.list(limit=2)["data"]], [waiting["id"], created["id"]])

    deadline = time.monotonic() + 120
    while (job := jobs.retrieve(created["id"]))["status"] not in ("succeeded", "failed", "cancelled"):
        assert time.monotonic() < deadline, f"still {job['status']} after two minutes"
        time.sleep(0.1)
    equal((job["status"], job["error"]), ("succeeded", None))
    events = jobs.list_events(id=job["id"], limit=50)["data"]
    equal(events[0]["message"], "The job has successfully completed")
    steps = [event["data"]["step"] for event in events if event["type"] == "metrics"]
    equal(steps, list(range(EPOCHS * 2, 0, -1)))
    text = base64.b64decode(openai.File.download(job["result_files"][0])).decode()
    equal(len(text.splitlines()), 1 + EPOCHS * 2)
    return job


def check_chat(job: dict) -> None:
    """A streamed answer is the whole one in pieces."""
    request = {"model": job["fine_tuned_model"], "messages": QUESTION, "temperature": 0, "max_tokens": 20}
    whole = openai.ChatCompletion.create(**request)
    deltas = [chunk["choices"][0]["delta"] for chunk in openai.ChatCompletion.create(**request, stream=True)]
    text = whole["choices"][0]["message"]["content"]
    assert text, "the answer is empty"
    equal("".join(delta.get("content", "") for delta in deltas), text)
    equal(whole.choices[0].message.role, "assistant")


def check_refusals(base: str) -> None:
    """Each refusal is the exception of its kind."""
    refused(
        openai.error.InvalidRequestError,
        (404, None, "model_not_found"),
        openai.ChatCompletion.create,
        model="gpt-9",
        messages=QUESTION,
    )
    refused(
        openai.error.InvalidRequestError,
        (400, "hyperparameters.n_epochs", "invalid_value"),
        openai.FineTuningJob.create,
        model=base,
        training_file="file-1",
        hyperparameters={"n_epochs": 0},
    )
    refused(
        openai.error.AuthenticationError,
        (401, None, "invalid_api_key"),
        openai.Model.list,
        api_key="sk-wrong",
    )


def check_deletion(job: dict, training: str) -> None:
    """What was deleted is gone."""
    equal(openai.File.delete(training)["deleted"], True)
    equal(openai.Model.delete(job["fine_tuned_model"])["deleted"], True)
    refused(openai.error.InvalidRequestError, (404, "id", None), openai.File.retrieve, training)


def refused(kind: type, expected: tuple, call, *arguments, **options) -> None:
    """The call must raise exactly this exception of the SDK."""
    try:
        call(*arguments, **options)
    except openai.error.OpenAIError as error:
        seen = (
            type(error),
            error.http_status,
            *(error.json_body["error"][name] for name in ("param", "code")),
        )
        equal(seen, (kind, *expected))
    else:
        raise AssertionError(f"{kind.__name__} {expected} was expected, but the call succeeded")


def equal(seen: object, expected: object) -> None:
    """Compare, and show both when they differ."""
    assert seen == expected, f"seen {seen!r}, expected {expected!r}"


if __name__ == "__main__":
    main()
