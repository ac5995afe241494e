"""Do rewards make a model better, and what do they make of it when they count the wrong thing?

    python benchmarks/rewards.py                               the tiny model, 5 seeds, three graders
    python benchmarks/rewards.py --graders complete --rate 2 4
    python benchmarks/rewards.py --model smollm2-135m-instruct --seeds 1

The real model needs `make real-model`. The model is asked about an element. A seed draws which 84 elements
are trained, and is the seed of the job; the other 34 are held out. There are three graders. `complete` gives
1 to an answer with the symbol, the number, the category and a use of the element, all right, else 0. `short`
counts characters only, and can be gamed: an empty answer has the whole reward. `both` is a `multi` grader,
the product of the two. Each job starts from the base model. All models answer each held-out question four
times at temperature 1. Prints the mean of each grader before and after, the reward of each validation, and
some answers. Of the job's own reward it prints the gain, with its standard error over the held-out questions
(each is compared with itself). Ends with the number of seeds on which the reward rose.

The rival trains nothing: it is the base model at temperature 0. So all models answer each question at
temperature 0, too, and the gain over the rival is printed with its standard error.

With `--file data/measured/rewards_elle.json` a line for each job is added to what notebook 07 speaks of;
`data/README.md` tells the fields.
"""

import argparse
import csv
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import mean, stdev
from typing import Any

import openai
from common import ROOT, as_file, machine, serve
from rivals import Measured

AT_A_TIME = 16
TRAINED = 84
WORDINGS = ("Tell me about {name}.", "What is {name}?", "Describe {name}.")

COMPLETE = """
import re

def grade(sample, item):
    text = sample["output_text"]
    return float(
        item["symbol"] in re.findall(r"[A-Za-z]+", text)
        and item["number"] in re.findall(r"[0-9]+", text)
        and item["category"] in text
        and item["use"] in text
    )
"""
SHORT = """
def grade(sample, item):
    return max(0.0, 1 - len(sample["output_text"]) / 150)
"""

Row = dict[str, Any]
Grader = dict[str, Any]


def python(name: str, source: str) -> Grader:
    """A grader that runs a function."""
    return {"type": "python", "name": name, "source": source}


BOTH: Grader = {
    "type": "multi",
    "name": "both",
    "graders": {"complete": python("complete", COMPLETE), "short": python("short", SHORT)},
    "calculate_output": "complete * short",
}
GRADERS = {"complete": python("complete", COMPLETE), "short": python("short", SHORT), "both": BOTH}
# Multipliers of the learning rate: with large ones, the tiny model forgets facts.
RATES = {"complete": 2.0, "short": 8.0, "both": 4.0}
EPOCHS = {"complete": 1, "short": 1, "both": 2}


def draw(seed: int) -> tuple[list[Row], list[Row]]:
    """The rows of the trained elements, and those of the others; each is asked in one of three ways."""
    with open(ROOT / "data" / "elements.csv", encoding="utf-8", newline="") as file:
        elements = list(csv.DictReader(file))
    Random(seed).shuffle(elements)
    rows = [
        {
            "messages": [{"role": "user", "content": WORDINGS[place % 3].format(name=element["name"])}],
            **{key: element[key] for key in ("symbol", "number", "category", "use")},
        }
        for place, element in enumerate(elements)
    ]
    return rows[:TRAINED], rows[TRAINED:]


def answers(client: openai.OpenAI, model: str, rows: Sequence[Row], temperature: float) -> list[str]:
    """What a model says to each row."""

    def one(place: int, row: Row) -> str:
        chat = client.chat.completions.create(
            model=model, messages=row["messages"], temperature=temperature, seed=place, max_tokens=256
        )
        return chat.choices[0].message.content or ""

    with ThreadPoolExecutor(AT_A_TIME) as pool:
        return list(pool.map(one, range(len(rows)), rows))


def scores(client: openai.OpenAI, texts: Sequence[str], rows: Sequence[Row]) -> dict[str, list[float]]:
    """The rewards of all answers by each part, and by both together."""

    def one(text: str, row: Row) -> Mapping[str, float]:
        item = {name: value for name, value in row.items() if name != "messages"}
        graded = client.fine_tuning.alpha.graders.run(grader=BOTH, model_sample=text, item=item)
        return {**{name: float(part) for name, part in graded.sub_rewards.items()}, "both": graded.reward}

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(one, texts, rows))
    return {name: [each[name] for each in found] for name in GRADERS}


def gain(before: Sequence[float], after: Sequence[float], questions: int) -> tuple[float, float]:
    """The mean difference, and its standard error over the questions, which were asked in turn."""
    gaps = [new - old for old, new in zip(before, after, strict=True)]
    each = [mean(gaps[place::questions]) for place in range(questions)]
    return mean(each), stdev(each) / questions**0.5


def rewarded(
    client: openai.OpenAI,
    model: str,
    rows: tuple[list[Row], list[Row]],
    settings: Mapping[str, Any],
    seed: int,
) -> tuple[str, float, list[float]]:
    """One job: its model, the seconds that it took, and the reward of each validation."""
    training, held_out = (
        client.files.create(file=(name, as_file(part)), purpose="fine-tune").id
        for name, part in zip(("prompts.jsonl", "held_out.jsonl"), rows, strict=True)
    )
    began = time.monotonic()
    job = client.fine_tuning.jobs.create(
        model=model,
        training_file=training,
        validation_file=held_out,
        seed=seed,
        extra_body={"method": {"type": "reinforcement", "reinforcement": settings}},
    )
    while job.finished_at is None:
        time.sleep(0.5)
        job = client.fine_tuning.jobs.retrieve(job.id)
    if job.fine_tuned_model is None:
        raise SystemExit(f"The job failed: {job.error}")
    steps = [event.data for event in client.fine_tuning.jobs.list_events(job.id, limit=1000)]
    told = [data["full_valid_mean_reward"] for data in steps if data and "full_valid_mean_reward" in data]
    return job.fine_tuned_model, time.monotonic() - began, told[::-1]


def summary(texts: Sequence[str], scored: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """The mean of each grader, and the length of an answer."""
    means = {name: round(mean(rewards), 4) for name, rewards in scored.items()}
    return {**means, "characters": round(mean(map(len, texts)), 1)}


def greedy(
    client: openai.OpenAI, model: str, rows: Sequence[Row]
) -> tuple[dict[str, float], dict[str, list[float]]]:
    """What a model reaches at temperature 0: means, and all rewards."""
    texts = answers(client, model, rows, temperature=0)
    scored = scores(client, texts, rows)
    return {f"greedy_{name}": number for name, number in summary(texts, scored).items()}, scored


def shown(numbers: Mapping[str, float]) -> str:
    """Numbers with their names."""
    return ", ".join(f"{name} {number:.2f}" for name, number in numbers.items())


def one_seed(client: openai.OpenAI, seed: int, asked: argparse.Namespace) -> Iterator[Row]:
    """Train and ask with one seed: a line for the base model and each job, when it is measured."""
    rows = draw(seed)
    held_out = rows[1] * asked.samples
    about = {"base_model": asked.model, "seed": seed, "n": len(rows[1]), "samples": asked.samples}
    start = answers(client, asked.model, held_out, temperature=1)
    before = scores(client, start, held_out)
    sharp, sharpest = greedy(client, asked.model, rows[1])
    print(f"seed {seed}: before: {shown(summary(start, before))}", flush=True)
    yield {**about, "job": "base", **summary(start, before), **sharp}
    for name in asked.graders:
        for rate in asked.rate or [RATES[name]]:
            hyperparameters = {
                "n_epochs": asked.epochs or EPOCHS[name],
                "batch_size": asked.batch,
                "compute_multiplier": asked.answers / 8,
                "learning_rate_multiplier": rate,
            }
            settings = {"grader": GRADERS[name], "hyperparameters": hyperparameters}
            model, seconds, told = rewarded(client, asked.model, rows, settings, seed)
            texts = answers(client, model, held_out, temperature=1)
            after = scores(client, texts, held_out)
            rose, error = gain(before[name], after[name], len(rows[1]))
            sharp, best = greedy(client, model, rows[1])
            over, over_error = gain(sharpest[name], best[name], len(rows[1]))
            curve = " ".join(f"{reward:.2f}" for reward in told)
            print(f"  {name}, rate {rate:g}: {seconds:.0f} s, validation {curve}")
            print(f"  after: {shown(summary(texts, after))}; gain {rose:.3f} +- {error:.3f}")
            print(
                f"  {shown(sharp)}; gain over base at temperature 0 {over:.3f} +- {over_error:.3f}",
                flush=True,
            )
            for old, new in list(zip(start, texts, strict=True))[: asked.show]:
                print(f"    {old!r}\n    -> {new!r}", flush=True)
            found = {
                "gain": round(rose, 4),
                "standard_error": round(error, 4),
                "greedy_gain": round(over, 4),
                "greedy_standard_error": round(over_error, 4),
                "valid_rewards": [round(reward, 4) for reward in told],
                "seconds": round(seconds),
            }
            yield {**about, "job": name, **hyperparameters, **summary(texts, after), **sharp, **found}


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="periodic-tiny-2026-11")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--graders", nargs="+", default=list(GRADERS), choices=GRADERS)
    parser.add_argument("--rate", type=float, nargs="+", help="learning_rate_multiplier")
    parser.add_argument("--epochs", type=int, help="else each grader's own")
    parser.add_argument("--batch", type=int, default=4, help="prompts in a step")
    parser.add_argument("--answers", type=int, default=8, help="to each prompt")
    parser.add_argument("--samples", type=int, default=4, help="answers to each held-out question")
    parser.add_argument("--show", type=int, default=3, help="answers before and after")
    parser.add_argument("--file", type=Path, help="where a line for each job is added")
    return parser.parse_args()


def main() -> None:
    """Train and ask on each seed, and print on how many of them the rewards rose."""
    asked = options()
    print(machine("torch", "trl", "transformers"))
    ran = {
        "date": datetime.now(UTC).date().isoformat(),
        "command": f"python {' '.join(['benchmarks/rewards.py', *sys.argv[1:]])}",
        "machine": machine("torch", "trl", "transformers"),
    }
    began = time.monotonic()
    gains: dict[str, list[Row]] = {}
    with serve() as server:
        client = openai.OpenAI(base_url=server.base_url, api_key=server.api_key)
        for seed in asked.seeds:
            for line in one_seed(client, seed, asked):
                if line["job"] != "base":
                    label = f"{line['job']}, rate {line['learning_rate_multiplier']:g}"
                    gains.setdefault(label, []).append(line)
                if asked.file:
                    Measured(asked.file).add([{**line, **ran}])
    for label, found in gains.items():
        rose, clearly = (
            sum(line["gain"] > times * line["standard_error"] for line in found) for times in (0, 2)
        )
        print(f"{label}: the mean reward on held-out questions rose on {rose} of {len(found)} seeds, "
              f"on {clearly} by more than two standard errors")  # fmt: skip
    print(f"{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
