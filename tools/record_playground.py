"""Ask what the playground of notebook 05c offers, so that replay can answer all of it."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from openai import OpenAI

from finetune_dataset import read_jsonl
from helpers import lessons

STEP = "05c_playground"
"""The document of these answers in a recording."""
AT_A_TIME = 16


def ask_all(client: OpenAI, folder: Path) -> int:
    """Ask each question in each way; a recording client writes the answers down.

    Args:
        client: Of the server that has trained the model of the run.
        folder: The run folder, after its notebooks.

    Returns:
        How many questions were asked.
    """
    facts, job = (
        json.loads((folder / name).read_text(encoding="utf-8")) for name in ("01_dataset.json", "04_job.json")
    )
    lesson = lessons.open_lesson(facts["dataset"])
    train, test = (read_jsonl(folder / f"{part}.jsonl") for part in ("train", "test"))
    questions = lessons.playground_questions(lesson, train, test)
    ways = lessons.playground_ways(lesson, train, base=job["model"], fine_tuned=job["fine_tuned_model"])
    asked: list[tuple[str, Any]] = [
        (model, [*before, {"role": "user", "content": lessons.question(row)[-1]["content"]}])
        for row in questions.values()
        for model, before in ways.values()
    ]

    def ask(request: tuple[str, Any]) -> None:
        # As the cell `ask` of the notebook does: replay finds an answer by its whole request.
        model, messages = request
        client.chat.completions.create(
            model=model, messages=messages, temperature=0, seed=1, max_tokens=lesson.max_tokens
        )

    with ThreadPoolExecutor(AT_A_TIME) as pool:
        list(pool.map(ask, asked))
    return len(asked)
