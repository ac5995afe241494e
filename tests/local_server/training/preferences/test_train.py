"""Preference jobs as a client sees them, and what interrupts them."""

import base64
import csv
import io
import json
from pathlib import Path

import openai
import pytest
from chatting import ask
from lora import interrupted, lines_of, losses, trained
from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent
from openai.types.fine_tuning.jobs import FineTuningJobCheckpoint
from pairs import HELD_OUT, PAIRS, pair, preference_folder, preferences
from pydantic import TypeAdapter
from serving import BASE_MODEL, NAMES, LocalServer, failed_job, refusal, row, upload, wait_until

pytestmark = pytest.mark.slow

QUESTION = [{"role": "user", "content": "Tell me about Anna"}]
REWARDS = ["train_chosen_reward", "train_rejected_reward", "train_reward_margin", "train_reward_accuracy"]


def job_on(client: openai.OpenAI, model: str = BASE_MODEL, **more: object) -> FineTuningJob:
    created = client.fine_tuning.jobs.create(
        model=model,
        training_file=upload(client, PAIRS).id,
        validation_file=upload(client, HELD_OUT).id,
        method=preferences(n_epochs=2, batch_size=4, learning_rate_multiplier=8, beta=0.2),
        seed=1,
        **more,
    )
    job = wait_until(lambda: client.fine_tuning.jobs.retrieve(created.id), lambda job: job.finished_at)
    assert job.status == "succeeded", job.error
    return job


def metrics_of(client: openai.OpenAI, job: FineTuningJob) -> list[dict]:
    events = list(client.fine_tuning.jobs.list_events(job.id, limit=100))[::-1]
    return [event.data for event in events if event.type == "metrics"]


@pytest.fixture(scope="module")
def job(client: openai.OpenAI) -> FineTuningJob:
    return job_on(client)


@pytest.fixture(scope="module")
def metrics(client: openai.OpenAI, job: FineTuningJob) -> list[dict]:
    return metrics_of(client, job)


def test_the_job_says_its_numbers_under_its_method_only(job: FineTuningJob) -> None:
    asked = {"n_epochs": 2, "batch_size": 4, "learning_rate_multiplier": 8.0, "beta": 0.2}

    assert job.method.model_dump(exclude_none=True) == preferences(**asked)
    assert job.hyperparameters.model_dump(exclude_none=True) == {}
    assert job.trained_tokens > 0


def test_each_step_has_loss_and_rewards_and_the_pairs_come_apart(metrics: list[dict]) -> None:
    assert [each["step"] for each in metrics] == list(range(1, 9))
    assert metrics[0]["train_loss"] == pytest.approx(0.6931, abs=1e-3)
    assert metrics[0]["train_reward_margin"] == pytest.approx(0, abs=1e-3)
    for each in metrics:
        assert each["train_reward_margin"] == pytest.approx(
            each["train_chosen_reward"] - each["train_rejected_reward"]
        )
    assert metrics[-1]["train_loss"] < 0.5
    assert [each["step"] for each in metrics if "full_valid_loss" in each] == [4, 8]
    assert metrics[-1]["full_valid_reward_accuracy"] == 1
    assert metrics[-1]["full_valid_reward_margin"] > metrics[3]["full_valid_reward_margin"] > 0


def test_the_result_file_has_a_column_for_each_reward(
    client: openai.OpenAI, job: FineTuningJob, metrics: list[dict]
) -> None:
    text = base64.b64decode(client.files.content(job.result_files[0]).read()).decode()
    rows = list(csv.DictReader(io.StringIO(text)))

    assert list(rows[0]) == [
        "step", "train_loss", "train_accuracy", "valid_loss", "valid_mean_token_accuracy", *REWARDS,
        "valid_reward_margin", "valid_reward_accuracy",
    ]  # fmt: skip
    told = [[float(each[name]) for name in REWARDS] for each in rows]
    assert told == [[each[name] for name in REWARDS] for each in metrics]


def test_model_and_checkpoint_answer(client: openai.OpenAI, job: FineTuningJob) -> None:
    (last, first) = client.fine_tuning.jobs.checkpoints.list(job.id).data

    assert last.fine_tuned_model_checkpoint == job.fine_tuned_model
    for name in (job.fine_tuned_model, first.fine_tuned_model_checkpoint):
        assert ask(client, model=name, messages=QUESTION)


def likelihood(client: openai.OpenAI, model: str, row: dict, side: str) -> float:
    """The logarithm of how likely a model finds a whole chat, as a client can ask for it."""
    chat = client.chat.completions.create(
        model=model,
        messages=row["input"]["messages"] + row[side],
        max_tokens=1,
        extra_body={"prompt_logprobs": 0, "add_generation_prompt": False},
    )
    return sum(next(iter(each.values()))["logprob"] for each in chat.prompt_logprobs[1:])


def test_the_margin_of_the_events_is_that_of_the_model_that_chats(
    client: openai.OpenAI, job: FineTuningJob, metrics: list[dict]
) -> None:
    margins = []
    for held_out in HELD_OUT:
        chosen, rejected = (
            likelihood(client, job.fine_tuned_model, held_out, side)
            - likelihood(client, BASE_MODEL, held_out, side)
            for side in ("preferred_output", "non_preferred_output")
        )
        margins.append(0.2 * (chosen - rejected))

    assert sum(margins) / len(margins) == pytest.approx(metrics[-1]["full_valid_reward_margin"], rel=0.05)


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        (FineTuningJob, ""),
        (FineTuningJobEvent, "/events"),
        (FineTuningJobCheckpoint, "/checkpoints"),
    ],
)
def test_each_answer_passes_the_strict_check_of_the_sdk_type(
    client: openai.OpenAI, job: FineTuningJob, kind: type, path: str
) -> None:
    body = client.get(f"/fine_tuning/jobs/{job.id}{path}", cast_to=object)

    for each in body["data"] if path else [body]:
        TypeAdapter(kind).validate_json(json.dumps(each), strict=True)


@pytest.mark.parametrize("way", ["full", "lora"])
def test_a_job_starts_from_a_fine_tuned_model_and_compares_with_it(
    client: openai.OpenAI, job: FineTuningJob, way: str
) -> None:
    start = (
        job.fine_tuned_model
        if way == "full"
        else job_on(client, extra_body={"training_method": "lora", "lora_rank": 4}).fine_tuned_model
    )

    following = job_on(client, start, extra_body={"training_method": way})

    first = metrics_of(client, following)[0]
    # It is equal to the model that it starts from, whatever that one has learned.
    assert first["train_reward_margin"] == pytest.approx(0, abs=1e-3)
    assert ask(client, model=following.fine_tuned_model, messages=QUESTION)


def test_folders_of_adapters_hold_the_adapter_alone(client: openai.OpenAI, server: LocalServer) -> None:
    job = job_on(client, extra_body={"training_method": "lora", "lora_rank": 4})
    folder = server.state / "jobs" / job.id

    for kept in [folder / "model", *(folder / "checkpoints").glob("checkpoint-*")]:
        assert {path.name for path in kept.iterdir()} == {"adapter_config.json", "adapter_model.safetensors"}
    assert list(folder.glob("*.jsonl")) == [folder / "events.jsonl"]
    assert list(folder.glob("*.reference.json")) == []


def test_chat_rows_fail_a_preference_job_with_the_row_and_what_to_do(client: openai.OpenAI) -> None:
    job = failed_job(client, [row(name) for name in NAMES[:10]], method=preferences())

    assert (job.status, job.error.code, job.error.param) == (
        "failed", "invalid_training_file", "training_file"
    )  # fmt: skip
    assert "Example 1: found a chat row, expected a preference row" in job.error.message
    assert 'method="supervised"' in job.error.message


def test_preference_rows_fail_a_supervised_job_with_the_row_and_what_to_do(client: openai.OpenAI) -> None:
    job = failed_job(client, PAIRS)

    assert "Example 1: found a preference row, expected a chat row" in job.error.message
    assert 'method="dpo"' in job.error.message


def test_one_file_is_checked_for_each_method(client: openai.OpenAI) -> None:
    file = upload(client, PAIRS).id
    jobs = [
        client.fine_tuning.jobs.create(model=BASE_MODEL, training_file=file, method=method)
        for method in ({"type": "supervised"}, preferences(n_epochs=1, batch_size=16))
    ]

    ended = [
        wait_until(lambda job=job: client.fine_tuning.jobs.retrieve(job.id), lambda job: job.finished_at)
        for job in jobs
    ]

    assert [job.status for job in ended] == ["failed", "succeeded"]


def test_an_image_in_a_preference_row_fails_the_job_with_its_place(client: openai.OpenAI) -> None:
    rows = [pair(name) for name in NAMES[:10]]
    picture = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    rows[3]["input"]["messages"][0]["content"] = [{"type": "text", "text": "Who is this?"}, picture]

    job = failed_job(client, rows, method=preferences())

    assert "Example 4, message 1" in job.error.message
    assert "image" in job.error.message


def test_too_few_pairs_fail_the_job_in_the_words_of_openai(client: openai.OpenAI) -> None:
    job = failed_job(client, PAIRS[:7], method=preferences())

    assert (job.error.code, job.error.message) == (
        "invalid_n_examples", "Training file has 7 example(s), but must have at least 10 examples"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("method", "param"),
    [
        (preferences(beta=0), "method.dpo.hyperparameters.beta"),
        (preferences(beta=2.5), "method.dpo.hyperparameters.beta"),
        (preferences(eval_samples=1), "method.dpo.hyperparameters.eval_samples"),
        ({"type": "supervised", "supervised": {"hyperparameters": {"beta": 1.0}}},
         "method.supervised.hyperparameters.beta"),
        ({"type": "dpo", "supervised": {"hyperparameters": {"n_epochs": 1}}}, "method.supervised"),
    ],
)  # fmt: skip
def test_a_wrong_number_is_refused_with_its_place(client: openai.OpenAI, method: dict, param: str) -> None:
    file = upload(client, PAIRS).id

    error = refusal(client.fine_tuning.jobs.create, model=BASE_MODEL, training_file=file, method=method)

    assert (error["status"], error["param"]) == (400, param)


def test_a_job_is_cancelled_while_it_trains(client: openai.OpenAI) -> None:
    file = upload(client, PAIRS).id
    job = client.fine_tuning.jobs.create(
        model=BASE_MODEL, training_file=file, method=preferences(n_epochs=50, batch_size=1)
    )
    wait_until(lambda: metrics_of(client, job), bool)

    client.fine_tuning.jobs.cancel(job.id)

    assert client.fine_tuning.jobs.retrieve(job.id).status == "cancelled"
    assert client.fine_tuning.jobs.checkpoints.list(job.id).data == []


@pytest.mark.parametrize("way", [{}, {"training_method": "lora", "lora_rank": 4}], ids=["full", "lora"])
@pytest.mark.parametrize("how", ["paused", "killed"])
def test_a_job_that_is_interrupted_ends_like_one_that_was_left_alone(
    tmp_path: Path, way: dict, how: str
) -> None:
    alone = preference_folder(tmp_path / "alone", **way)
    expected = losses(trained(alone))
    folder = preference_folder(tmp_path / "interrupted", **way)

    interrupted(folder, 12, lambda process: process.kill() if how == "killed" else process.stdin.close())
    again = trained(folder)

    assert len(expected) == 32
    assert losses(again) == expected
    weights = [next((each / "model").glob("*model.safetensors")).read_bytes() for each in (alone, folder)]
    assert weights[0] == weights[1]
    assert lines_of(folder)[-1]["kind"] == "finished"
