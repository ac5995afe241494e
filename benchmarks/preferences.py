"""Does a preference job make a model better? Pairs of right facts over wrong facts, on several seeds.

    python benchmarks/preferences.py                           the tiny model, 5 seeds
    python benchmarks/preferences.py --model smollm2-135m-instruct --seeds 1
    python benchmarks/preferences.py --beta 0.1 0.5            several jobs from the same start

The real model needs `make real-model`. A seed draws which elements are trained, and is the seed of both
jobs. A supervised job learns Elle's limericks from a few rows: it leaves room. Then a preference job starts
from its model. Its pairs are rows of the trained elements: the row's own answer over the same answer with
one fact of another element. Both models are asked about all elements that neither job has seen, several
times at temperature 1, which is the API's default: there a rare wrong fact shows, and at 0 it does not. A
model wins an element whose answers state more of the three facts (symbol, number, category; a second number
or category counts as none). Prints wins, losses and ties of the preference model against the one that it
starts from, the share of wins among decided elements with Wilson's 95 % interval, and how many answers of
each model have form, rhyme and all facts. With `--own`, the answer that loses in a pair is one that the
starting model has given itself (sampled, with a wrong fact), where there is one.
"""

import argparse
import re
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from random import Random
from typing import Any

import openai
from common import machine, serve, trained

from helpers.evaluation import wilson
from helpers.lessons import Lesson, open_lesson
from helpers.lessons.elle import CATEGORIES, facts_of, stated_categories

AT_A_TIME = 16

Row = dict[str, Any]


def points(answer: str, row: Row) -> int:
    """How many of the three facts an answer states, without another one of their kind."""
    about = facts_of(row)
    numbers = {int(number) for number in re.findall(r"\b[0-9]+", answer)}
    return (
        (about.symbol in re.findall("[A-Za-z]+", answer))
        + (numbers == {about.number})
        + (stated_categories(answer) == {about.category})
    )


def with_wrong_fact(row: Row, others: Sequence[Row], draw: Random) -> str:
    """The row's answer with one fact of another element."""
    about, answer = facts_of(row), row["messages"][-1]["content"]
    other = facts_of(draw.choice(others))
    wrong = [
        (rf"\b{re.escape(about.symbol)}\b", other.symbol),
        (rf"\b{about.number}\b", str(other.number)),
        (re.escape(about.category), draw.choice([each for each in CATEGORIES if each != about.category])),
    ]
    draw.shuffle(wrong)
    changed = (re.sub(found, put, answer) for found, put in wrong)
    return next(text for text in changed if text != answer)


def pair(row: Row, rejected: str) -> Row:
    """A preference row: the row's own answer over another one."""
    *asked, answer = row["messages"]
    return {
        "input": {"messages": asked},
        "preferred_output": [answer],
        "non_preferred_output": [{"role": "assistant", "content": rejected}],
    }


def answers(
    client: openai.OpenAI, lesson: Lesson, model: str, rows: Sequence[Row], temperature: float
) -> list[str]:
    """What a model answers to the questions of some rows, drawn with the same numbers for every model."""

    def one(place: int, row: Row) -> str:
        chat = client.chat.completions.create(
            model=model, messages=row["messages"][:-1], temperature=temperature, seed=place,
            max_tokens=lesson.max_tokens,
        )  # fmt: skip
        return chat.choices[0].message.content or ""

    with ThreadPoolExecutor(AT_A_TIME) as pool:
        return list(pool.map(one, range(len(rows)), rows))


def preferred(
    client: openai.OpenAI, start: str, pairs: Sequence[Row], chosen: Mapping[str, Any], seed: int
) -> tuple[str, float, dict[str, Any]]:
    """One preference job: its model, the seconds that it took, and the figures of its last step."""
    job, seconds = trained(client, start, pairs, chosen, seed, method="dpo")
    events = client.fine_tuning.jobs.list_events(job.id, limit=20)
    last = next(event.data for event in events if event.type == "metrics")
    return str(job.fine_tuned_model), seconds, dict(last or {})


def marks(lesson: Lesson, given: Sequence[str], rows: Sequence[Row]) -> str:
    """How many answers have each score of the lesson."""
    counts = {
        score.name: sum(bool(score.check(text, row)) for text, row in zip(given, rows, strict=True))
        for score in lesson.scores
    }
    return " ".join(f"{name} {count}" for name, count in counts.items())


def lead(new: Sequence[str], old: Sequence[str], rows: Sequence[Row]) -> list[int]:
    """By how many facts the new answers about each element are ahead of the old ones."""
    gaps: dict[str, int] = {}
    for one, other, row in zip(new, old, rows, strict=True):
        name = facts_of(row).name
        gaps[name] = gaps.get(name, 0) + points(one, row) - points(other, row)
    return list(gaps.values())


def draws(lesson: Lesson, seed: int, trained_on: int) -> tuple[list[Row], list[Row]]:
    """All rows of the trained elements, and one row for each of the others."""
    rows = lesson.rows()
    names = list(dict.fromkeys(map(lesson.group, rows)))
    Random(seed).shuffle(names)
    known = set(names[:trained_on])
    training = [row for row in rows if lesson.group(row) in known]
    Random(seed).shuffle(training)
    unseen = {lesson.group(row): row for row in rows if lesson.group(row) not in known}
    return training, list(unseen.values())


def one_seed(client: openai.OpenAI, seed: int, asked: argparse.Namespace) -> dict[str, list[int]]:
    """Train and ask with one seed: for each preference job wins, losses and ties."""
    lesson = open_lesson("elle")
    training, unseen = draws(lesson, seed, asked.elements)
    unseen = unseen * asked.samples
    supervised = {
        "n_epochs": asked.epochs,
        "batch_size": asked.batch,
        "learning_rate_multiplier": asked.start_rate,
    }
    start, seconds = trained(client, asked.model, training[: asked.rows], supervised, seed)
    model = str(start.fine_tuned_model)
    before = answers(client, lesson, model, unseen, asked.temperature)
    print(
        f"seed {seed}: supervised {seconds:.0f} s: {marks(lesson, before, unseen)} of {len(unseen)}",
        flush=True,
    )
    draw = Random(seed)
    asked_about = training[: asked.pairs]
    rejected = [with_wrong_fact(row, training, draw) for row in asked_about]
    if asked.own:
        own = answers(client, lesson, model, asked_about, temperature=1)
        rejected = [
            text if points(text, row) < 3 else other
            for text, other, row in zip(own, rejected, asked_about, strict=True)
        ]
    pairs = [pair(row, text) for row, text in zip(asked_about, rejected, strict=True)]
    found = {}
    for beta, rate, epochs in product(asked.beta, asked.rate, asked.pair_epochs):
        chosen = {
            "n_epochs": epochs, "batch_size": asked.pair_batch, "beta": beta, "learning_rate_multiplier": rate
        }  # fmt: skip
        name, seconds, last = preferred(client, model, pairs, chosen, seed)
        after = answers(client, lesson, name, unseen, asked.temperature)
        gaps = lead(after, before, unseen)
        result = [sum(gap > 0 for gap in gaps), sum(gap < 0 for gap in gaps), gaps.count(0)]
        label = f"beta {beta:g} rate {rate:g} epochs {epochs}"
        found[label] = result
        print(
            f"  {label}: {seconds:.0f} s, margin {last['train_reward_margin']:.2f}, chosen "
            f"{last['train_chosen_reward']:.2f}: {marks(lesson, after, unseen)}; "
            f"wins {result[0]}, losses {result[1]}, ties {result[2]}",
            flush=True,
        )
    return found


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="periodic-tiny-2026-11")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--elements", type=int, default=60, help="that are trained")
    parser.add_argument("--rows", type=int, default=100, help="of the supervised job")
    parser.add_argument("--epochs", type=int, default=2, help="of the supervised job")
    parser.add_argument("--batch", type=int, default=2, help="of the supervised job")
    parser.add_argument("--start-rate", type=float, default=2, help="multiplier of the supervised job")
    parser.add_argument("--temperature", type=float, default=1, help="of the answers")
    parser.add_argument("--samples", type=int, default=3, help="answers to each question")
    parser.add_argument("--pairs", type=int, default=80)
    parser.add_argument("--own", action="store_true", help="pairs with the starting model's own answers")
    parser.add_argument("--pair-epochs", type=int, nargs="+", default=[3])
    parser.add_argument("--pair-batch", type=int, default=4)
    parser.add_argument("--beta", type=float, nargs="+", default=[0.1])
    parser.add_argument("--rate", type=float, nargs="+", default=[2], help="multiplier of the preference job")
    return parser.parse_args()


def main() -> None:
    """Train and ask on each seed, and print what each seed and all of them have shown."""
    asked = options()
    print(machine("torch", "trl", "transformers"))
    totals: dict[str, list[list[int]]] = {}
    began = time.monotonic()
    with serve() as server:
        client = openai.OpenAI(base_url=server.base_url, api_key=server.api_key)
        for seed in asked.seeds:
            for label, result in one_seed(client, seed, asked).items():
                totals.setdefault(label, []).append(result)
    for label, results in totals.items():
        wins, losses, ties = map(sum, zip(*results, strict=True))
        low, high = wilson(wins, wins + losses) if wins + losses else (0.0, 1.0)
        print(
            f"{label}, {len(results)} seeds: wins {wins}, losses {losses}, ties {ties}: "
            f"{wins / max(1, wins + losses):.0%} of the decided ({low:.0%} to {high:.0%})"
        )
    print(f"{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
