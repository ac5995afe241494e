"""Real jobs that learn from the rewards of a grader, over the wire."""

import base64
import math
from typing import Any

import openai
import pytest
from grading import ECHO, IRON, multi, python
from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent
from rewarded import HELD_OUT, NAMED, ROWS, SHORT, reinforcement
from serving import BASE_MODEL, refusal, row, upload, wait_until

BOTH = multi({"named": NAMED, "short": SHORT}, "0.5 * named + 0.5 * short")
# Few steps, with few answers each.
SMALL = {"n_epochs": 1, "batch_size": 5, "compute_multiplier": 0.25}
WHERE = "method.reinforcement.grader"


def begun(client: openai.OpenAI, grader: dict[str, Any], rows: Any = ROWS, **more: Any) -> FineTuningJob:
    numbers = {**SMALL, **more}
    training, validation = upload(client, rows), upload(client, HELD_OUT, "validation.jsonl")
    return client.fine_tuning.jobs.create(
        model=BASE_MODEL,
        training_file=training.id,
        validation_file=validation.id,
        seed=5,
        method=reinforcement(grader, **numbers),
    )


def ended(client: openai.OpenAI, job: FineTuningJob) -> FineTuningJob:
    states = ("succeeded", "failed", "cancelled")
    return wait_until(lambda: client.fine_tuning.jobs.retrieve(job.id), lambda now: now.status in states)


def events_of(client: openai.OpenAI, job: FineTuningJob) -> list[FineTuningJobEvent]:
    """Oldest first."""
    return list(client.fine_tuning.jobs.list_events(job.id, limit=100))[::-1]


def metrics_of(client: openai.OpenAI, job: FineTuningJob) -> list[Any]:
    return [event.data for event in events_of(client, job) if event.type == "metrics"]


@pytest.fixture(scope="module")
def job(client: openai.OpenAI) -> FineTuningJob:
    made = ended(client, begun(client, BOTH, n_epochs=2, eval_interval=3, reasoning_effort="low"))
    assert (made.status, made.error) == ("succeeded", None)
    return made


@pytest.mark.slow
def test_a_job_says_its_numbers_and_keeps_its_grader(job: FineTuningJob) -> None:
    assert job.method is not None
    assert job.method.model_dump(exclude_none=True, warnings=False)["reinforcement"] == {
        "grader": BOTH,
        "hyperparameters": {
            "n_epochs": 2,
            "batch_size": 5,
            "learning_rate_multiplier": 2.0,
            "compute_multiplier": 0.25,
            "eval_interval": 3,
            "eval_samples": 1,
            "reasoning_effort": "low",
        },
    }


@pytest.mark.slow
def test_each_step_has_the_fields_of_openais_events(client: openai.OpenAI, job: FineTuningJob) -> None:
    steps = [event for event in events_of(client, job) if event.type == "metrics"]

    for number, event in enumerate(steps, start=1):
        data: Any = event.data
        message = f"Step {number}/4 , train mean reward={data['train_mean_reward']:.2f}"
        # Each third step, and where an epoch ends.
        if number in (2, 3, 4):
            message += f", full validation mean reward={data['full_valid_mean_reward']:.2f}"
        assert (event.message, event.level) == (message, "info")
        assert ("full_valid_mean_reward" in data) == (number > 1)
        named, short = data["scores"]["graders"]
        assert (named["name"], named["type"], short["name"], short["type"]) == (
            "named", "string_check", "short", "python",
        )  # fmt: skip
        mean = 0.5 * named["train_reward_mean"] + 0.5 * short["train_reward_mean"]
        assert math.isclose(data["train_mean_reward"], mean)
        assert data["errors"] == {}
        assert (data["step"], data["total_steps"], data["reasoning_tokens_mean"]) == (number, 4, 0)
        assert data["completion_tokens_mean"] > 1
        assert "train_loss" not in data


@pytest.mark.slow
def test_trained_tokens_are_those_of_all_answers_with_their_prompts(
    client: openai.OpenAI, job: FineTuningJob
) -> None:
    written = sum(data["completion_tokens_mean"] for data in metrics_of(client, job))

    # Two answers to each of five prompts in a step; a prompt has 5 to 30 tokens.
    assert job.trained_tokens is not None
    assert 4 * 10 * 5 < job.trained_tokens - 10 * written < 4 * 10 * 30


@pytest.mark.slow
def test_a_setting_without_effect_is_told(client: openai.OpenAI, job: FineTuningJob) -> None:
    warnings = [event.message for event in events_of(client, job) if event.level == "warn"]

    assert warnings == [
        "The reasoning_effort 'low' is without effect: no model here reasons before it answers."
    ]


@pytest.mark.slow
def test_each_epoch_leaves_a_checkpoint_with_its_reward_and_it_answers(
    client: openai.OpenAI, job: FineTuningJob
) -> None:
    checkpoints = client.fine_tuning.jobs.checkpoints.list(job.id).data
    steps = {data["step"]: data for data in metrics_of(client, job)}

    assert [each.step_number for each in checkpoints] == [4, 2]
    for each in checkpoints:
        step = steps[each.step_number]
        told = {name: step[name] for name in ("step", "train_mean_reward", "full_valid_mean_reward")}
        assert {name: value for name, value in each.metrics.to_dict().items() if value is not None} == told
        answer = client.chat.completions.create(
            model=each.fine_tuned_model_checkpoint, messages=ROWS[0]["messages"], max_tokens=8
        )
        assert answer.choices[0].message.content


@pytest.mark.slow
def test_the_result_file_has_the_rewards(client: openai.OpenAI, job: FineTuningJob) -> None:
    lines = base64.b64decode(client.files.content(job.result_files[0]).read()).decode().splitlines()

    assert lines[0] == "step,train_mean_reward,full_valid_mean_reward,completion_tokens_mean"
    assert len(lines) == 5


@pytest.mark.slow
def test_a_paused_job_goes_on_to_the_same_end_and_another_seed_to_another(
    client: openai.OpenAI, job: FineTuningJob
) -> None:
    paused = begun(client, BOTH, n_epochs=2, eval_interval=3)
    wait_until(lambda: metrics_of(client, paused), lambda steps: len(steps) >= 1)
    client.fine_tuning.jobs.pause(paused.id)
    client.fine_tuning.jobs.resume(paused.id)

    assert ended(client, paused).status == "succeeded"
    assert metrics_of(client, paused) == metrics_of(client, job)


@pytest.mark.slow
def test_a_job_goes_on_from_a_fine_tuned_model_with_an_adapter(
    client: openai.OpenAI, job: FineTuningJob
) -> None:
    training, validation = upload(client, ROWS), upload(client, HELD_OUT, "validation.jsonl")
    more = client.fine_tuning.jobs.create(
        model=job.fine_tuned_model or "",
        training_file=training.id,
        validation_file=validation.id,
        method=reinforcement(SHORT, **SMALL),
        extra_body={"training_method": "lora"},
    )

    assert ended(client, more).status == "succeeded"


@pytest.mark.slow
def test_a_model_learns_what_its_grader_counts_even_to_say_nothing(client: openai.OpenAI) -> None:
    brief = python("def grade(sample, item):\n    return max(0, 1 - len(sample['output_text']) / 200)\n")
    numbers = {"n_epochs": 3, "batch_size": 2, "compute_multiplier": 1.0, "learning_rate_multiplier": 12.0}

    made = ended(client, begun(client, brief, **numbers))

    rewards = [data["train_mean_reward"] for data in metrics_of(client, made)]
    # Four seeds ended between 0.86 and 1 after 21 steps (benchmarks/rewards.py, Nov 2026).
    assert rewards[0] < 0.6 < 0.75 < rewards[-1]


@pytest.mark.slow
def test_a_grader_that_always_fails_ends_the_job_with_the_reason(client: openai.OpenAI) -> None:
    made = ended(client, begun(client, python("def grade(sample, item):\n    return 1 / 0\n")))

    assert (made.status, made.error and made.error.code) == ("failed", "grader_failed")
    assert made.error is not None
    assert made.error.param == WHERE
    assert "failed on all 10 answers of the first step: ZeroDivisionError: division by zero" in (
        made.error.message
    )


@pytest.mark.slow
def test_a_grader_that_fails_on_some_answers_is_counted_and_told_once(client: openai.OpenAI) -> None:
    source = """
def grade(sample, item):
    if item["symbol"] in "HLBC":
        raise ValueError("not these")
    return 1.0
"""
    made = ended(client, begun(client, python(source)))
    warnings = [event.message for event in events_of(client, made) if event.level == "warn"]
    steps = metrics_of(client, made)
    shares = [data["errors"].get("train_python_grader_runtime_error_mean", 0) for data in steps]

    assert made.status == "succeeded"
    assert len(warnings) == 1
    assert "ValueError: not these" in warnings[0]
    # Each row is trained once, and six of the ten have these letters.
    assert math.isclose(sum(shares) / len(shares), 0.6)
    assert all(
        math.isclose(data["train_mean_reward"], 1 - share) for data, share in zip(steps, shares, strict=True)
    )


@pytest.mark.slow
def test_a_model_of_the_server_can_be_the_grader(client: openai.OpenAI) -> None:
    made = ended(client, begun(client, IRON | {"range": [0, 118]}, rows=[
        {**each, "property": "atomic number"} for each in ROWS
    ], n_epochs=1, batch_size=10))  # fmt: skip

    # The validation rows have no property: there, the grader fails and gives 0.
    (data,) = metrics_of(client, made)
    assert made.status == "succeeded"
    assert (data["train_mean_reward"], data["full_valid_mean_reward"]) == (26, 0)
    assert data["errors"] == {"full_valid_invalid_variable_error_mean": 1}


@pytest.mark.parametrize(
    ("grader", "code", "param", "words"),
    [
        ({"type": "label_model"}, "unsupported_value", f"{WHERE}.type", "belong to evals"),
        (ECHO | {"operation": "same"}, "invalid_value", f"{WHERE}.operation", "eq"),
        (ECHO | {"input": "{{ thing }}"}, "invalid_value", f"{WHERE}.input", "names nothing"),
        (python("def other(): pass"), "invalid_value", f"{WHERE}.source", "no function 'grade'"),
        (multi({"a": ECHO}, "b"), "invalid_value", f"{WHERE}.calculate_output", "'b' is not the name"),
        (IRON | {"model": "gpt-9"}, "model_not_found", f"{WHERE}.model", "no model 'gpt-9'"),
    ],
)
def test_a_grader_that_cannot_run_is_refused_with_its_place(
    client: openai.OpenAI, grader: dict[str, Any], code: str, param: str, words: str
) -> None:
    told = refusal(begun, client, grader)

    assert (told["status"], told["code"], told["param"]) == (400, code, param)
    assert words in told["message"]


def test_a_job_without_a_validation_file_is_refused(client: openai.OpenAI) -> None:
    told = refusal(
        client.fine_tuning.jobs.create,
        model=BASE_MODEL,
        training_file=upload(client, ROWS).id,
        method=reinforcement(ECHO),
    )

    assert (told["status"], told["code"], told["param"]) == (
        400,
        "missing_required_parameter",
        "validation_file",
    )
    assert "upload some of your rows as a second file" in told["message"]


def test_rows_that_end_in_an_answer_fail_the_job(client: openai.OpenAI) -> None:
    made = ended(client, begun(client, ECHO, rows=[row(f"Ada {number}") for number in range(10)]))

    assert made.error is not None
    assert (made.status, made.error.code, made.error.param) == (
        "failed", "invalid_training_file", "training_file",
    )  # fmt: skip
