"""One real job, from upload to chat with the tuned model; many things to see on it."""

import base64
import csv
import io
import math
import os
import re
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import openai
import pytest
from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent
from serving import BASE_MODEL, NAMES, LocalServer, hyperparameters, row, serve, upload, wait_until

pytestmark = pytest.mark.slow

TRAINING = [row(name) for name in NAMES[:16]]
VALIDATION = [row(name) for name in NAMES[16:]]
BATCH, MULTIPLIER = 4, 8.0
# What "auto" makes of 16 rows: 100 // 16 (cookbook rule).
EPOCHS = 6
STEPS = EPOCHS * len(TRAINING) // BATCH
REQUEST = {
    "model": BASE_MODEL,
    "suffix": "verse",
    "seed": 7,
    "metadata": {"course": "verse", "try": "1"},
    "method": hyperparameters(batch_size=BATCH, learning_rate_multiplier=MULTIPLIER),
}
QUESTION = [*TRAINING[0]["messages"][:1], {"role": "user", "content": "Tell me about Anna"}]


def create_job(client: openai.OpenAI) -> FineTuningJob:
    training, validation = upload(client, TRAINING), upload(client, VALIDATION, "validation.jsonl")
    return client.fine_tuning.jobs.create(training_file=training.id, validation_file=validation.id, **REQUEST)


def ended(client: openai.OpenAI, job_id: str) -> FineTuningJob:
    states = ("succeeded", "failed", "cancelled")
    return wait_until(lambda: client.fine_tuning.jobs.retrieve(job_id), lambda job: job.status in states)


def events_of(client: openai.OpenAI, job_id: str) -> list[FineTuningJobEvent]:
    """All events, oldest first."""
    return list(client.fine_tuning.jobs.list_events(job_id, limit=50))[::-1]


def metrics_of(client: openai.OpenAI, job_id: str) -> list[dict]:
    return [event.data for event in events_of(client, job_id) if event.type == "metrics"]


@pytest.fixture(scope="module")
def created(client: openai.OpenAI) -> FineTuningJob:
    return create_job(client)


@pytest.fixture(scope="module")
def job(client: openai.OpenAI, created: FineTuningJob) -> FineTuningJob:
    return ended(client, created.id)


@pytest.fixture(scope="module")
def metrics(client: openai.OpenAI, job: FineTuningJob) -> list[dict]:
    return metrics_of(client, job.id)


def test_a_new_job_waits_for_its_files_to_be_checked_and_has_no_numbers_yet(created: FineTuningJob) -> None:
    asked = {"n_epochs": "auto", "batch_size": BATCH, "learning_rate_multiplier": MULTIPLIER}
    expected = {
        "id": created.id,
        "created_at": created.created_at,
        "error": None,
        "estimated_finish": None,
        "fine_tuned_model": None,
        "finished_at": None,
        "hyperparameters": asked,
        "integrations": [],
        "metadata": {"course": "verse", "try": "1"},
        "method": hyperparameters(**asked) | {"dpo": None, "reinforcement": None},
        "model": BASE_MODEL,
        "object": "fine_tuning.job",
        "organization_id": "org-local",
        "result_files": [],
        "seed": 7,
        "shared_with_openai": False,
        "status": "validating_files",
        "trained_tokens": None,
        "training_file": created.training_file,
        "usage_metrics": None,
        "user_provided_suffix": "verse",
        "validation_file": created.validation_file,
    }
    assert created.model_dump() == expected
    assert created.id.startswith("ftjob-")
    assert len(created.id) == len("ftjob-") + 24


def test_the_job_succeeds_with_model_result_file_tokens_and_numbers(job: FineTuningJob) -> None:
    assert job.status == "succeeded", job.error
    assert job.fine_tuned_model.rpartition(":")[0] == f"ft:{BASE_MODEL}:local:verse"
    assert len(job.fine_tuned_model.rpartition(":")[2]) == 8
    assert job.hyperparameters.model_dump() == {
        "batch_size": BATCH,
        "learning_rate_multiplier": MULTIPLIER,
        "n_epochs": EPOCHS,
    }
    assert job.trained_tokens > 0
    assert job.trained_tokens % EPOCHS == 0
    assert job.finished_at >= job.created_at
    assert job.estimated_finish is None
    assert len(job.result_files) == 1


def test_events_come_in_the_order_and_words_of_openai(client: openai.OpenAI, job: FineTuningJob) -> None:
    events = events_of(client, job.id)
    snapshots = [
        checkpoint.fine_tuned_model_checkpoint
        for checkpoint in client.fine_tuning.jobs.checkpoints.list(job.id)
    ]

    assert [event.message for event in events[:4]] == [
        f"Created fine-tuning job: {job.id}",
        f"Validating training file: {job.training_file} and validation file: {job.validation_file}",
        "Files validated, moving job to queued state",
        "Fine-tuning job started",
    ]
    assert [event.data for event in events[:4]] == [{}, {}, {}, None]
    # The one event that OpenAI has not.
    products = "( with matrix products in bfloat16,)?"  # Where the processor is faster at them.
    way = rf"Full training in float32{products} on 1 thread, about 0\.6 GB of memory; \d+\.\d GB are free"
    assert re.fullmatch(way, events[4].message)
    assert events[4].data["training_method"] == "full"
    assert [event.type for event in events[5:-4]] == ["metrics"] * STEPS
    assert [event.message for event in events[-4:]] == [
        f"Checkpoint created at step 16 with Snapshot ID: {snapshots[2]}",
        f"Checkpoint created at step 20 with Snapshot ID: {snapshots[1]}",
        f"New fine-tuned model created: {job.fine_tuned_model}",
        "The job has successfully completed",
    ]
    assert all(event.id.startswith("ftevent-") for event in events)
    assert [event.created_at for event in events] == sorted(event.created_at for event in events)


def test_each_step_has_one_metrics_event_with_full_precision(
    client: openai.OpenAI, job: FineTuningJob, metrics: list[dict]
) -> None:
    each_step = {"step", "total_steps", "train_loss", "train_mean_token_accuracy"}
    some_rows = each_step | {"valid_loss", "valid_mean_token_accuracy"}
    all_rows = some_rows | {"full_valid_loss", "full_valid_mean_token_accuracy"}
    epoch_ends = range(STEPS // EPOCHS, STEPS + 1, STEPS // EPOCHS)
    expected = [
        all_rows if step in epoch_ends else some_rows if step in (1, 21) else each_step
        for step in range(1, STEPS + 1)
    ]
    message = next(event.message for event in events_of(client, job.id) if event.type == "metrics")

    assert [data["step"] for data in metrics] == list(range(1, STEPS + 1))
    assert [set(data) for data in metrics] == expected
    first = metrics[0]
    assert message == (
        f"Step 1/{STEPS}: training loss={first['train_loss']:.2f}, validation loss={first['valid_loss']:.2f}"
    )
    assert all(math.isfinite(value) for data in metrics for value in data.values())


def test_the_model_learns(metrics: list[dict]) -> None:
    assert metrics[-1]["train_loss"] < metrics[0]["train_loss"] / 2
    assert metrics[-1]["full_valid_loss"] < metrics[STEPS // EPOCHS - 1]["full_valid_loss"]
    assert metrics[-1]["full_valid_mean_token_accuracy"] > 0.8


def test_the_last_three_epochs_are_checkpoints_and_the_last_one_is_the_model(
    client: openai.OpenAI, job: FineTuningJob, metrics: list[dict]
) -> None:
    page = client.fine_tuning.jobs.checkpoints.list(job.id)

    assert [checkpoint.step_number for checkpoint in page.data] == [24, 20, 16]
    assert page.data[0].fine_tuned_model_checkpoint == job.fine_tuned_model
    names = [checkpoint.fine_tuned_model_checkpoint for checkpoint in page.data[1:]]
    assert [name.partition(":ckpt-step-")[2] for name in names] == ["20", "16"]
    assert all(job.fine_tuned_model not in name for name in names)
    assert page.model_extra["first_id"] == page.data[0].id
    assert page.model_extra["last_id"] == page.data[2].id
    assert page.data[0].metrics.full_valid_loss == metrics[-1]["full_valid_loss"]


def test_the_result_file_is_base64_of_the_same_numbers_as_csv(
    client: openai.OpenAI, job: FineTuningJob, metrics: list[dict]
) -> None:
    file = client.files.retrieve(job.result_files[0])
    text = base64.b64decode(client.files.content(file.id).read()).decode()
    rows = list(csv.DictReader(io.StringIO(text)))

    assert (file.filename, file.purpose) == ("step_metrics.csv", "fine-tune-results")
    assert text.startswith("step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n")
    assert [float(row["train_loss"]) for row in rows] == [data["train_loss"] for data in metrics]
    assert [row["valid_loss"] for row in rows] == [str(data.get("valid_loss", "")) for data in metrics]


def test_events_are_paged_newest_first_until_the_end(client: openai.OpenAI, job: FineTuningJob) -> None:
    first = client.fine_tuning.jobs.list_events(job.id, limit=7)
    everything = list(client.fine_tuning.jobs.list_events(job.id, limit=7))

    assert first.has_more is True
    assert [event.id for event in everything[:7]] == [event.id for event in first.data]
    assert len({event.id for event in everything}) == len(everything) == STEPS + 9
    assert everything[0].message == "The job has successfully completed"


def test_jobs_are_found_by_metadata(client: openai.OpenAI, job: FineTuningJob) -> None:
    found = client.fine_tuning.jobs.list(metadata={"course": "verse", "try": "1"})
    missed = client.fine_tuning.jobs.list(metadata={"course": "verse", "try": "2"})

    assert [job.id for job in found] == [job.id]
    assert list(missed) == []


def test_the_tuned_model_and_its_checkpoints_chat_in_the_new_form(
    client: openai.OpenAI, job: FineTuningJob
) -> None:
    checkpoint = client.fine_tuning.jobs.checkpoints.list(job.id).data[1]
    for model in (job.fine_tuned_model, checkpoint.fine_tuned_model_checkpoint):
        answer = client.chat.completions.create(model=model, messages=QUESTION, temperature=0)
        choice = answer.choices[0]

        assert "drank a hot cup of tea" in choice.message.content
        assert choice.finish_reason == "stop"
        assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_a_streamed_answer_equals_the_whole_one(client: openai.OpenAI, job: FineTuningJob) -> None:
    request = {"model": job.fine_tuned_model, "messages": QUESTION, "temperature": 0}
    whole = client.chat.completions.create(**request)
    chunks = list(
        client.chat.completions.create(**request, stream=True, stream_options={"include_usage": True})
    )
    pieces = [chunk.choices[0] for chunk in chunks[:-1]]

    assert "".join(piece.delta.content or "" for piece in pieces) == whole.choices[0].message.content
    assert len(pieces) > 10
    assert [piece.finish_reason for piece in pieces] == [None] * (len(pieces) - 1) + ["stop"]
    assert (chunks[-1].choices, chunks[-1].usage) == ([], whole.usage)


def test_a_tuned_model_can_be_the_base_of_another_job_whatever_its_suffix(
    client: openai.OpenAI, server: LocalServer, job: FineTuningJob
) -> None:
    asked = REQUEST | {
        "model": job.fine_tuned_model,
        # A name that has to be told apart from that of a checkpoint.
        "suffix": "ckpt-step-1",
        "method": hyperparameters(n_epochs=2, batch_size=16),
    }
    second = client.fine_tuning.jobs.create(training_file=job.training_file, **asked)
    with pytest.raises(openai.BadRequestError, match=f"is the base of the job {second.id}"):
        client.models.delete(job.fine_tuned_model)
    second = ended(client, second.id)
    first_loss = metrics_of(client, second.id)[0]["train_loss"]

    assert second.status == "succeeded", second.error
    assert second.fine_tuned_model.startswith(f"ft:{BASE_MODEL}:local:ckpt-step-1:")
    assert first_loss < metrics_of(client, job.id)[0]["train_loss"] / 2
    models = [
        item.fine_tuned_model_checkpoint for item in client.fine_tuning.jobs.checkpoints.list(second.id)
    ]
    folders = [server.state / "jobs" / second.id / name for name in ("model", "checkpoints/checkpoint-1")]
    for model, folder in zip(models, folders, strict=True):
        answer = client.chat.completions.create(model=model, messages=QUESTION, temperature=0)
        assert "drank a hot cup of tea" in answer.choices[0].message.content
        assert folder.exists()
        assert client.models.delete(model).deleted
        assert not folder.exists()


def test_rows_that_were_cut_off_are_named_once_however_often_the_job_is_interrupted(tmp_path: Path) -> None:
    rows = [row(name) for name in NAMES[:10]]
    for place in (2, 6):
        rows[place]["messages"][-1]["content"] += " and tea" * 1100
    with serve(tmp_path) as server:
        client = server.client()
        jobs, uploaded = client.fine_tuning.jobs, [upload(client, rows), upload(client, rows[2:3], "v.jsonl")]
        job = jobs.create(
            model=BASE_MODEL, training_file=uploaded[0].id, validation_file=uploaded[1].id,
            method=hyperparameters(n_epochs=3, batch_size=2),
        )  # fmt: skip
        wait_until(lambda: metrics_of(client, job.id), lambda seen: len(seen) >= 2)
        jobs.pause(job.id)
        wait_until(lambda: server.child("training"), lambda trainer: trainer is None)
        jobs.resume(job.id)
        job = ended(client, job.id)
        told = [event for event in events_of(client, job.id) if "cut off at the end" in event.message]

    advice = "What was cut off is not learned. Shorten or split them to keep it."
    model = "cut off at the end: the model reads 1,024 tokens, and more were found in the"
    assert job.status == "succeeded"
    assert [(event.level, event.message) for event in told] == [
        ("warn", f"Examples 3, 7 (2 of 10) were {model} training file. {advice}"),
        ("warn", f"Example 1 was {model} validation file. {advice}"),
    ]


@dataclass
class Disturbed:
    """The same job, paused twice in the middle of an epoch; then its server was killed and started again."""

    client: openai.OpenAI
    job: FineTuningJob
    statuses: list[str]


@pytest.fixture(scope="module")
def disturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disturbed]:
    state, statuses = tmp_path_factory.mktemp("disturbed"), []
    with serve(state) as first:
        client = first.client()
        jobs, job_id = client.fine_tuning.jobs, create_job(client).id
        for step in (2, 11):
            wait_until(lambda: metrics_of(client, job_id), lambda seen, step=step: len(seen) >= step)
            statuses.append(jobs.pause(job_id).status)
            wait_until(lambda: first.child("training"), lambda trainer: trainer is None)
            statuses.append(jobs.retrieve(job_id).status)
            statuses.append(jobs.resume(job_id).status)
        # Some steps after the end of an epoch, which will be computed again.
        wait_until(lambda: metrics_of(client, job_id), lambda seen: len(seen) >= 14)
        trainer = first.child("training")
        os.kill(first.process.pid, signal.SIGKILL)
        trainer.wait(20)
    with serve(state) as second:
        client = second.client()
        yield Disturbed(client, ended(client, job_id), statuses)


def test_a_job_goes_on_after_the_server_was_killed_and_ends_with_the_same_losses(
    disturbed: Disturbed, metrics: list[dict]
) -> None:
    job = disturbed.job
    messages = [event.message for event in events_of(disturbed.client, job.id)]
    restarted = messages.index("The server was restarted; the job is queued again")

    assert job.status == "succeeded", job.error
    assert metrics_of(disturbed.client, job.id) == metrics
    assert [
        text
        for text in messages[restarted:]
        if text.startswith("Fine-tuning job resumed from the checkpoint at step ")
    ]


def test_a_paused_job_goes_on_with_the_very_losses_of_one_that_was_left_alone(
    client: openai.OpenAI, disturbed: Disturbed, job: FineTuningJob
) -> None:
    messages = [event.message for event in events_of(disturbed.client, disturbed.job.id)]

    assert disturbed.statuses == ["paused", "paused", "queued"] * 2
    assert messages.count("Fine-tuning job paused") == 2
    assert messages.count("Fine-tuning job resumed; it is queued again") == 2
    checkpoints = [
        each.fine_tuning.jobs.checkpoints.list(job_id).data
        for each, job_id in ((disturbed.client, disturbed.job.id), (client, job.id))
    ]
    assert [item.metrics for item in checkpoints[0]] == [item.metrics for item in checkpoints[1]]


def test_logs_hold_no_key_and_no_training_text(
    client: openai.OpenAI, server: LocalServer, job: FineTuningJob
) -> None:
    client.chat.completions.create(model=job.fine_tuned_model, messages=QUESTION, max_tokens=5)
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve("file-nothing")

    logs = "".join(path.read_text() for path in server.state.rglob("*.log"))

    assert "Started server process" in logs
    assert [
        text for text in (server.api_key, "went to the sea", QUESTION[1]["content"]) if text in logs
    ] == []


def test_a_deleted_model_is_gone_from_chat_and_disk(
    client: openai.OpenAI, server: LocalServer, job: FineTuningJob
) -> None:
    weights = server.state / "jobs" / job.id / "model"
    assert weights.exists()

    deleted = client.models.delete(job.fine_tuned_model)

    assert deleted.model_dump() == {"id": job.fine_tuned_model, "deleted": True, "object": "model"}
    assert not weights.exists()
    assert job.fine_tuned_model not in [model.id for model in client.models.list()]
    with pytest.raises(openai.NotFoundError) as error:
        client.chat.completions.create(model=job.fine_tuned_model, messages=QUESTION)
    assert error.value.code == "model_not_found"
