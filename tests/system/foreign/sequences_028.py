"""The calls of public notebooks of 2023, written again: `python sequences_028.py NAME` with openai 0.28."""

import json
import os
import sys
import time
from collections.abc import Callable

import openai
import rows

openai.api_base, openai.api_key = os.environ["OPENAI_BASE_URL"], os.environ["OPENAI_API_KEY"]
Scores = tuple[float, float]


def upload(some: list[rows.Row]) -> str:
    """Upload rows through a file on the disk, and return the id of the file."""
    with open("training_examples.jsonl", "wb") as file:
        file.write(rows.as_jsonl(some))
    with open("training_examples.jsonl", "rb") as file:
        return openai.File.create(file=file, purpose="fine-tune").id


def asker(model: str) -> Callable[[list[dict[str, str]]], str]:
    """A function that asks a model in a chat."""
    return lambda messages: (
        openai.ChatCompletion.create(model=model, messages=messages, temperature=0, max_tokens=70)
        .choices[0]
        .message["content"]
    )


def trainer() -> Scores:
    """mshumer/gpt-llm-trainer, v2: a large model writes the system message, a small one is tuned."""
    train, test = rows.sarcasm()
    asker("gpt-4")([{"role": "user", "content": "Write a system message."}])
    job_id = openai.FineTuningJob.create(training_file=upload(train), model="gpt-3.5-turbo").id
    openai.FineTuningJob.list_events(id=job_id, limit=10)
    while (job := openai.FineTuningJob.retrieve(job_id)).status in ("validating_files", "queued", "running"):
        time.sleep(0.3)
    assert job.status == "succeeded", job
    before, after = (
        rows.mean(asker(name), test, rows.begins) for name in ("gpt-3.5-turbo", job.fine_tuned_model)
    )
    return before, after


def agent() -> Scores:
    """pinecone-io/examples, gpt-3.5-agent-training: turns of an agent; the job is over when it says when."""
    train, test = rows.agents()
    result = openai.FineTuningJob.create(training_file=upload(train), model="gpt-3.5-turbo")
    job_id = result["id"]
    openai.FineTuningJob.list_events(id=job_id)
    while (result := openai.FineTuningJob.retrieve(job_id))["finished_at"] is None:
        time.sleep(0.3)
    model = result["fine_tuned_model"]
    assert model.startswith("ft:gpt-3.5-turbo:"), result
    before, after = (rows.mean(asker(name), test, rows.begins) for name in ("gpt-3.5-turbo", model))
    return before, after


SEQUENCES = {each.__name__: each for each in (trainer, agent)}

if __name__ == "__main__":
    name = sys.argv[1]
    before, after = SEQUENCES[name]()
    source = SEQUENCES[name].__doc__.partition(":")[0]
    print(json.dumps({"source": source, "sdk": openai.VERSION, "base": before, "tuned": after}))
