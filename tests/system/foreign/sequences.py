"""The calls of public fine-tuning notebooks, written again: `python sequences.py NAME`, openai 1.x to 3.x.

Each function makes the calls that its notebook makes, in their order, with data of our own (rows.py), to
the end: upload, job, events, result file, a chat with the tuned model, and the notebook's measure before
and after.
"""

import base64
import csv
import io
import json
import sys
import time
from collections.abc import Callable

import openai
import rows
from openai import OpenAI

Scores = tuple[float, float]
client = OpenAI()
jobs = client.fine_tuning.jobs


def upload(name: str, some: list[rows.Row]) -> str:
    """Upload rows, and return the id of the file."""
    return client.files.create(file=(name, rows.as_jsonl(some)), purpose="fine-tune").id


def finished(job_id: str) -> openai.types.fine_tuning.FineTuningJob:
    """Poll a job until it ends, and hold that it has succeeded."""
    deadline = time.monotonic() + 200
    while (job := jobs.retrieve(job_id)).status in ("validating_files", "queued", "running"):
        assert time.monotonic() < deadline, f"still {job.status}"
        time.sleep(0.3)
    assert job.status == "succeeded", job.error
    assert job.trained_tokens, "no token was trained"
    return job


def asker(model: str, **options: object) -> Callable[[list[dict[str, str]]], str]:
    """A function that asks a model in a chat."""

    def ask(messages: list[dict[str, str]]) -> str:
        whole = {"model": model, "messages": messages, "temperature": 0, "max_tokens": 70, **options}
        return client.chat.completions.create(**whole).choices[0].message.content

    return ask


def lesson() -> Scores:
    """microsoft/generative-ai-for-beginners, 18-fine-tuning: Elle answers in limericks."""
    train, test = rows.limericks()
    job = jobs.create(training_file=upload("training-data.jsonl", train), model="gpt-3.5-turbo")
    assert job.id in [each.id for each in jobs.list(limit=10)]
    jobs.list_events(fine_tuning_job_id=job.id, limit=10)
    job = finished(job.id)
    messages = [event.message for event in reversed(jobs.list_events(job.id).data)]
    assert messages[-1] == "The job has successfully completed", messages
    measured = [
        rows.mean(asker(name), test, rows.five_lines) for name in ("gpt-3.5-turbo", job.fine_tuned_model)
    ]
    return measured[0], measured[1]


def recipes() -> Scores:
    """openai/openai-cookbook, How_to_finetune_chat_models: the foods of a recipe."""
    train, test = rows.recipes()
    job = jobs.create(
        training_file=upload("tmp_recipe_finetune_training.jsonl", train),
        validation_file=upload("tmp_recipe_finetune_validation.jsonl", test),
        model="gpt-4o-mini-2024-07-18",
        suffix="recipe-ner",
    )
    job = finished(job.id)
    assert job.fine_tuned_model.startswith("ft:gpt-4o-mini-2024-07-18:"), job.fine_tuned_model
    assert ":recipe-ner:" in job.fine_tuned_model
    names = ("gpt-4o-mini-2024-07-18", job.fine_tuned_model)
    before, after = (rows.mean(asker(name, max_tokens=100), test, rows.f1) for name in names)
    return before, after


def contracts() -> Scores:
    """wandb/examples, Fine_tune_OpenAI_with_Weights_and_Biases: clauses, accuracy."""
    train, test = rows.clauses()
    job = jobs.create(
        training_file=upload("encoded_train_data.jsonl", train),
        model="gpt-3.5-turbo",
        hyperparameters={"n_epochs": 3},
        validation_file=upload("encoded_test_data.jsonl", test),
    )
    job = finished(job.id)
    assert job.hyperparameters.n_epochs == 3, job.hyperparameters
    names = ("gpt-3.5-turbo", job.fine_tuned_model)
    before, after = (rows.mean(asker(name, max_tokens=10), test, rows.same) for name in names)
    return before, after


def squad() -> Scores:
    """Denis2054/Transformers-for-NLP, Fine_tuning_GPT_4o_mini_SQuAd: the newest model of a list."""
    train, test = rows.questions()
    job = jobs.create(training_file=upload("QA.json", train), model="gpt-4o-mini-2024-07-18")
    finished(job.id)
    listed = jobs.list(limit=3)
    assert all(each.error is None or each.error.message for each in listed.data), (
        "a list that cannot be shown"
    )
    model = next(each.fine_tuned_model for each in listed.data if each.fine_tuned_model)

    def explained(answer: str, right: str) -> float:
        return float("Explanation:" in answer)

    before, after = (rows.mean(asker(name), test, explained) for name in ("gpt-4o-mini-2024-07-18", model))
    return before, after


def llama() -> Scores:
    """nebius/token-factory-cookbook, fine_tune_llama: fields of another service, losses from checkpoints."""
    train, test = rows.agents()
    job = jobs.create(
        model="meta-llama/Llama-3.1-8B-Instruct",
        suffix="demo-run",
        training_file=upload("training_data.jsonl", train),
        validation_file=upload("validation_data.jsonl", test),
        hyperparameters={
            "batch_size": 4,
            "learning_rate_multiplier": 2.0,
            "n_epochs": 12,
            "warmup_ratio": 0.03,
            "weight_decay": 0,
            "packing": True,
        },
    )
    job = finished(job.id)
    warned = [event.message for event in jobs.list_events(job.id) if event.level == "warn"]
    for field in ("warmup_ratio", "weight_decay", "packing"):
        assert any(field in message for message in warned), (field, warned)
    points = jobs.checkpoints.list(job.id).data
    assert all(point.metrics.train_loss and point.metrics.valid_loss for point in points), points
    assert [list(point.result_files) for point in points] == [[]] * len(points)
    hello = [
        {"role": "system", "content": "Help."},
        {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
    ]
    asker(job.fine_tuned_model)(hello)
    names = ("meta-llama/Llama-3.1-8B-Instruct", job.fine_tuned_model)
    before, after = (rows.mean(asker(name), test, rows.begins) for name in names)
    return before, after


def grammar() -> Scores:
    """nebius/token-factory-cookbook, distillation, 2_training: correct a sentence."""
    train, test = rows.corrections()
    job = jobs.create(
        training_file=upload("fine_tuning_train.jsonl", train),
        validation_file=upload("fine_tuning_validation.jsonl", test),
        model="Qwen/Qwen3-30B-A3B-Instruct-2507",
        hyperparameters={"n_epochs": 12, "batch_size": 4, "packing": True},
        seed=42,
    )
    job = finished(job.id)
    assert (job.seed, job.trained_tokens * 0.4 / 1_000_000 > 0) == (42, True)
    names = ("Qwen/Qwen3-30B-A3B-Instruct-2507", job.fine_tuned_model)
    before, after = (rows.mean(asker(name), test, rows.same) for name in names)
    return before, after


def sarcasm() -> Scores:
    """microsoft-foundry/fine-tuning, DistillingSarcasm and SFT_PubMed: Azure's fields, then responses."""
    train, test = rows.sarcasm()
    files = [
        client.files.wait_for_processing(upload(f"sarcasm-{part}.jsonl", some)).id
        for part, some in (("training", train), ("validation", test))
    ]
    job = jobs.create(
        model="ministral-3b",
        suffix="sarcasm-gpt-41",
        training_file=files[0],
        validation_file=files[1],
        extra_body={"trainingType": "globalstandard"},
        method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 8}}},
    )
    job = finished(job.id)
    assert any("trainingType" in event.message for event in jobs.list_events(job.id)), "nothing was said"

    def responder(model: str) -> Callable[[list[dict[str, str]]], str]:
        return lambda items: (
            client.responses.create(model=model, input=items, temperature=0, max_output_tokens=40).output_text
        )

    before, after = (
        rows.mean(responder(name), test, rows.begins) for name in ("ministral-3b", job.fine_tuned_model)
    )
    return before, after


def reviews() -> Scores:
    """sinanuozdemir/quick-start-guide-to-llms, 05: stars, log probabilities, the result file."""
    train, test = rows.stars()
    job = jobs.create(
        training_file=upload("train-3.5.jsonl", train),
        validation_file=upload("val-3.5.jsonl", test),
        model="gpt-3.5-turbo",
        hyperparameters={"n_epochs": 4},
    )
    job = finished(job.id)
    text = base64.b64decode(client.files.content(job.result_files[0]).read()).decode()
    table = list(csv.DictReader(io.StringIO(text)))
    assert all(float(line["train_loss"]) >= 0 and float(line["train_accuracy"]) >= 0 for line in table)
    choice = client.chat.completions.create(
        model=job.fine_tuned_model, messages=rows.asked(test[0]), logprobs=True, top_logprobs=5, max_tokens=1
    ).choices[0]
    assert len(choice.logprobs.content[0].top_logprobs) == 5
    names = ("gpt-3.5-turbo", job.fine_tuned_model)
    before, after = (rows.mean(asker(name, max_tokens=5), test, rows.same) for name in names)
    return before, after


def pricer() -> Scores:
    """ed-donner/llm_engineering, week 6, day 5: a price, in at most seven tokens."""
    train, test = rows.prices()
    jobs.create(
        training_file=upload("fine_tune_train.jsonl", train),
        validation_file=upload("fine_tune_validation.jsonl", test),
        model="gpt-4.1-nano-2025-04-14",
        seed=42,
        hyperparameters={"n_epochs": 1, "batch_size": 1},
        suffix="pricer",
    )
    job_id = jobs.list(limit=1).data[0].id
    model = finished(job_id).fine_tuned_model
    assert len(jobs.list_events(fine_tuning_job_id=job_id, limit=10).data) == 10
    before, after = (
        rows.mean(asker(name, max_tokens=7), test, rows.is_price)
        for name in ("gpt-4.1-nano-2025-04-14", model)
    )
    return before, after


def drone() -> Scores:
    """openai/openai-cookbook, Fine_tuning_for_function_calling: the right function of a drone."""
    train, test = rows.orders()
    job = jobs.create(training_file=upload("drone_training.jsonl", train), model="gpt-3.5-turbo")
    model = finished(job.id).fine_tuned_model

    def called(name: str, row: rows.Row) -> bool:
        messages = [{key: each[key] for key in ("role", "content")} for each in row["messages"][:-1]]
        answer = client.chat.completions.create(
            model=name, messages=messages, functions=rows.FUNCTIONS, temperature=0, max_tokens=60
        )
        call = answer.choices[0].message.function_call
        return call is not None and call.name == row["messages"][-1]["tool_calls"][0]["function"]["name"]

    before, after = (sum(called(name, row) for row in test) / len(test) for name in ("gpt-3.5-turbo", model))
    return before, after


SEQUENCES = {each.__name__: each for each in (
    lesson, recipes, contracts, squad, llama, grammar, sarcasm, reviews, pricer, drone,
)}  # fmt: skip

if __name__ == "__main__":
    name = sys.argv[1]
    before, after = SEQUENCES[name]()
    source = SEQUENCES[name].__doc__.partition(":")[0]
    print(json.dumps({"source": source, "sdk": openai.__version__, "base": before, "tuned": after}))
