"""A dataset of the course on the real model: base, examples in the prompt, and fine-tuned, on several seeds.

    python benchmarks/lessons.py --dataset recipes --seeds 3
    python benchmarks/lessons.py --dataset sarcastic --seeds 1 --first 2
    python benchmarks/lessons.py --model periodic-tiny-2026-11 --examples

Needs the model: `make real-model`. Each seed draws its own examples for the prompts (3 and 10 rows of the
training part in which every answer is learned) and is one fine-tuning job, with the lesson's settings,
through the SDK. Asked are all held-out rows of the lesson's split, at temperature 0. Prints a line for each
way: the mean of each score and of "all" (every score is 1), with its 95 % interval (Wilson's; for a score
between 0 and 1 the bootstrap over rows), the tokens of a prompt, and the seconds of training.
"""

import argparse
import json
import random
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from typing import Any

import openai
from common import machine, serve, trained

from finetune_dataset.split import split_dataset
from helpers.evaluation import wilson
from helpers.lessons import LESSONS, Lesson, open_lesson

MODEL = "smollm2-135m-instruct"
RESAMPLES = 2000

Row = dict[str, Any]


@dataclass
class Way:
    """One way to ask, and what came of it.

    Attributes:
        name: Such as "few-shot 3, seed 1".
        model: The model that is asked.
        examples: Solved rows that stand in the prompt.
        seconds: Of training.
        answers: One text per held-out row.
        tokens: Of each prompt.
    """

    name: str
    model: str
    examples: Sequence[Row] = ()
    seconds: float = 0.0
    answers: list[str] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)


def prompt(row: Row, examples: Sequence[Row]) -> list[dict[str, str]]:
    """The row's messages without its last answer, the examples after the system message.

    `weight` is for training files; a chat request does not have it.
    """
    system, *rest = row["messages"][:-1]
    solved = [message for example in examples for message in example["messages"][1:]]
    return [{"role": message["role"], "content": message["content"]} for message in (system, *solved, *rest)]


def all_learned(row: Row) -> bool:
    """Whether no answer of a row has `weight` 0; others would show the model what it should not do."""
    return all(message.get("weight") != 0 for message in row["messages"])


def ask(client: openai.OpenAI, lesson: Lesson, way: Way, test: Sequence[Row]) -> None:
    """Ask about each held-out row, 16 at a time."""

    def one(row: Row) -> tuple[str, int]:
        chat = client.chat.completions.create(
            model=way.model,
            messages=prompt(row, way.examples),
            temperature=0,
            max_tokens=lesson.max_tokens,
        )
        return chat.choices[0].message.content or "", chat.usage.prompt_tokens

    with ThreadPoolExecutor(16) as pool:
        for text, tokens in pool.map(one, test):
            way.answers.append(text)
            way.tokens.append(tokens)


def train(
    client: openai.OpenAI, model: str, training: Sequence[Row], chosen: Mapping[str, int], seed: int
) -> Way:
    """One job."""
    job, seconds = trained(client, model, training, chosen, seed)
    return Way(f"fine-tuned, seed {seed}", job.fine_tuned_model, seconds=seconds)


def judged(lesson: Lesson, way: Way, test: Sequence[Row]) -> dict[str, list[float]]:
    """Each score of each answer, and whether all of an answer's scores are 1."""
    found = {
        score.name: [score.check(answer, row) for answer, row in zip(way.answers, test, strict=True)]
        for score in lesson.scores
    }
    return found | {"all": [float(min(each) == 1) for each in zip(*found.values(), strict=True)]}


def interval(values: Sequence[float]) -> tuple[float, float]:
    """The 95 % interval of a mean."""
    if set(values) <= {0.0, 1.0}:
        return wilson(int(sum(values)), len(values))
    drawn = random.Random(0)
    means = sorted(mean(drawn.choices(values, k=len(values))) for _ in range(RESAMPLES))
    return means[RESAMPLES // 40], means[-RESAMPLES // 40]


def line(lesson: Lesson, way: Way, test: Sequence[Row]) -> str:
    """One line of the table."""
    scores = []
    for values in judged(lesson, way, test).values():
        low, high = interval(values)
        scores.append(f"{mean(values):6.2f} ({low:.2f} to {high:.2f})")
    return f"{way.name:20}" + "".join(scores) + f"{mean(way.tokens):8.0f}{way.seconds:9.0f}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dataset", choices=LESSONS, default="recipes")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first", type=int, default=1, help="the first seed (default: 1)")
    parser.add_argument("--model", default=MODEL, help="the base model")
    parser.add_argument("--examples", type=int, nargs="*", default=(3, 10), help="in a prompt")
    parser.add_argument("--epochs", type=int, help="in place of the lesson's own")
    parser.add_argument("--answers", type=Path, help="write all answers to this file, as JSON")
    options = parser.parse_args()
    lesson = open_lesson(options.dataset)
    training, _, test = split_dataset(
        lesson.rows(), by=lesson.group, sizes=lesson.parts, seed=lesson.split_seed
    )
    chosen = lesson.settings(options.model)
    if options.epochs:
        chosen = chosen | {"n_epochs": options.epochs}
    print(machine("torch", "transformers", "trl"))
    print(f"{lesson.name}: {len(training)} training rows, {len(test)} held-out rows, {chosen}\n")
    names = [*(score.name for score in lesson.scores), "all"]
    print(f"{'':20}" + "".join(f"{name:>6} (95 %)      " for name in names) + "  prompt  seconds")
    kept = []
    with serve("--model", options.model) as server:
        client = openai.OpenAI(base_url=server.base_url, api_key=server.api_key, timeout=600)
        ways = [Way("base", options.model)] if options.first == 1 else []
        for seed in range(options.first, options.first + options.seeds):
            learned = list(filter(all_learned, training))
            ways += [
                Way(
                    f"few-shot {count}, seed {seed}",
                    options.model,
                    examples=random.Random(seed).sample(learned, count),
                )
                for count in options.examples
            ]
            ways.append(train(client, options.model, training, chosen, seed))
            for way in ways:
                ask(client, lesson, way, test)
                print(line(lesson, way, test), flush=True)
                kept.append({"way": way.name, "answers": way.answers})
            ways.clear()
    if options.answers:
        options.answers.write_text(json.dumps(kept, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
