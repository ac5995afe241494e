"""Does a preference job make a model better? Pairs of right facts over wrong facts, on several seeds.

    python benchmarks/preferences.py                           the tiny model, 5 seeds
    python benchmarks/preferences.py --model smollm2-135m-instruct --seeds 1
    python benchmarks/preferences.py --beta 0.1 0.5            several jobs from the same start

The real model needs `make real-model`. A seed draws which elements are trained, and is the seed of all jobs.
A supervised job learns Elle's limericks from a careless writer: in half of its rows one fact is that of
another element (`--wrong` is the share). So its model knows the form, and copies facts rightly only in part.
Then a preference job starts from this model. Its pairs are rows of the trained elements: the row's own answer
over the same answer with one wrong fact. All models are asked about all elements that no job has seen. An
answer wins that states more of the three facts (symbol, number, category; a second number or category counts
as none). Prints wins, losses and ties over the model that both jobs start from, the share of wins among
decided questions with Wilson's 95 % interval, and each model's answers with all facts, form and rhyme.

The rival is a supervised job of one epoch on the preferred answers of the same pairs: good answers that are
there can be shown. With `--own`, the answer that loses in a pair is one that the starting model has given
itself (sampled, with a wrong fact), where there is one.

With `--rambling 0.9 --wrong 0 --pair-epochs 1`, pairs are about brevity: the writer of most rows of the start
adds a sentence that says nothing, and the answer that loses in a pair is the row's own with such a sentence.
`brief` counts the answers without one.

With `--file data/measured/preferences_elle.json` a line for each job is added to what notebook 06 reads;
`data/README.md` tells the fields.
"""

import argparse
import re
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import openai
from common import machine, serve, trained
from rivals import Measured

from helpers.evaluation import wilson
from helpers.lessons import Lesson, open_lesson
from helpers.lessons.elle import CATEGORIES, facts_of, stated_categories

AT_A_TIME = 16

Row = dict[str, Any]
RAMBLING = (
    "There is much more that could be said about it, and more again, if there were time to say it.",
    "But one thing leads to another, and so it goes on and on, as it always does with such things.",
    "Do ask again, for I have not yet told you what I wanted to tell you before I told you this.",
)
"""Sentences that say nothing, for `--rambling`."""


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
    """The row's answer with one fact of another element; as it is, if it states none.

    The other category needs the same article: a pair must not differ in "a" or "an", which could be learned
    in place of the fact.
    """
    about, answer = facts_of(row), row["messages"][-1]["content"]
    other = facts_of(draw.choice(others))
    same_article = [each for each in CATEGORIES if (each[0] == "a") == (about.category[0] == "a")]
    category = draw.choice([each for each in same_article if each != about.category])
    wrong = [
        (rf"\b{re.escape(about.symbol)}\b", other.symbol),
        (rf"\b{about.number}\b", str(other.number)),
        (re.escape(about.category), category),
    ]
    draw.shuffle(wrong)
    changed = (re.sub(found, put, answer) for found, put in wrong)
    return next((text for text in changed if text != answer), answer)


def careless(
    rows: Sequence[Row], asked: argparse.Namespace, others: Sequence[Row], draw: Random
) -> list[Row]:
    """The rows in another order: a share of them has one wrong fact, or a sentence too many."""
    written = []
    for number, row in enumerate(rows):
        text = row["messages"][-1]["content"]
        if number < asked.wrong * len(rows):
            text = with_wrong_fact(row, others, draw)
        if number < asked.rambling * len(rows):
            text = rambling(text, draw)
        written.append({**row, "messages": [*row["messages"][:-1], said(text)]})
    draw.shuffle(written)
    return written


def rambling(text: str, draw: Random) -> str:
    """An answer that does not find its end."""
    return f"{text}\n{draw.choice(RAMBLING)}"


def said(text: str) -> dict[str, str]:
    """An answer as a message."""
    return {"role": "assistant", "content": text}


def pair(row: Row, rejected: str) -> Row:
    """A preference row: the row's own answer over another one."""
    *asked, answer = row["messages"]
    return {
        "input": {"messages": asked},
        "preferred_output": [answer],
        "non_preferred_output": [said(rejected)],
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


def marks(lesson: Lesson, given: Sequence[str], rows: Sequence[Row]) -> dict[str, int]:
    """How many answers have each score of the lesson."""
    counts = {
        score.name: sum(bool(score.check(text, row)) for text, row in zip(given, rows, strict=True))
        for score in lesson.scores
    }
    # The number of tokens is limited: only the beginning of such a sentence may be there.
    return counts | {"brief": sum(not any(each[:12] in text for each in RAMBLING) for text in given)}


def words(counts: Mapping[str, int]) -> str:
    """Counts in a line."""
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


def one_seed(client: openai.OpenAI, seed: int, asked: argparse.Namespace) -> list[Row]:
    """Train and ask with one seed: a line for the start, the rival and each preference job."""
    lesson = open_lesson("elle")
    training, unseen = draws(lesson, seed, asked.elements)
    unseen = unseen * asked.samples
    supervised = {
        "n_epochs": asked.epochs,
        "batch_size": asked.batch,
        "learning_rate_multiplier": asked.start_rate,
    }
    written = careless(training[: asked.rows], asked, training, Random(seed))
    start, seconds = trained(client, asked.model, written, supervised, seed)
    model = str(start.fine_tuned_model)
    before = answers(client, lesson, model, unseen, asked.temperature)
    about = {"base_model": asked.model, "pairs": "brevity" if asked.rambling else "facts", "seed": seed}
    about["n"] = len(unseen)
    counts = marks(lesson, before, unseen)
    print(f"seed {seed}: supervised {seconds:.0f} s: {words(counts)} of {len(unseen)}", flush=True)
    lines: list[Row] = [{**about, "job": "start", **supervised, "seconds": round(seconds), **counts}]

    def compare(job: str, name: str, seconds: float, chosen: Row, last: Row) -> None:
        after = answers(client, lesson, name, unseen, asked.temperature)
        gaps, counts = lead(after, before, unseen), marks(lesson, after, unseen)
        against = {"wins": sum(gap > 0 for gap in gaps), "losses": sum(gap < 0 for gap in gaps)}
        against["ties"] = gaps.count(0)
        print(f"  {job}: {seconds:.0f} s: {words(counts)}; {words(against)}", flush=True)
        lines.append({**about, "job": job, **chosen, "seconds": round(seconds), **last, **counts, **against})

    paired, draw = training[-asked.pairs :], Random(seed)
    if asked.rambling:
        pairs = [pair(row, rambling(row["messages"][-1]["content"], draw)) for row in paired]
    else:
        pairs = drawn_pairs(client, lesson, model, paired, draw, asked.own)
    shown = [{"messages": [*each["input"]["messages"], *each["preferred_output"]]} for each in pairs]
    as_chats: Row = {"n_epochs": 1, "batch_size": asked.batch}
    rival, seconds = trained(client, model, shown, as_chats, seed)
    compare("shown", str(rival.fine_tuned_model), seconds, as_chats, {})
    for beta, rate, epochs in product(asked.beta, asked.rate, asked.pair_epochs):
        chosen = {
            "n_epochs": epochs, "batch_size": asked.pair_batch, "beta": beta, "learning_rate_multiplier": rate
        }  # fmt: skip
        name, seconds, last = preferred(client, model, pairs, chosen, seed)
        rewards = {key: round(last[f"train_{key}"], 3) for key in ("reward_margin", "chosen_reward")}
        print(f"  last step: {rewards}")
        compare(f"beta {beta:g}, rate {rate:g}, epochs {epochs}", name, seconds, chosen, rewards)
    return lines


def drawn_pairs(
    client: openai.OpenAI, lesson: Lesson, model: str, rows: Sequence[Row], draw: Random, own: bool
) -> list[Row]:
    """A pair for each row that states a fact."""
    rejected = [with_wrong_fact(row, rows, draw) for row in rows]
    if own:
        texts = answers(client, lesson, model, rows, temperature=1)
        rejected = [
            text if points(text, row) < 3 else other
            for text, other, row in zip(texts, rejected, rows, strict=True)
        ]
    return [
        pair(row, text)
        for row, text in zip(rows, rejected, strict=True)
        if text != row["messages"][-1]["content"]
    ]


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="periodic-tiny-2026-11")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--elements", type=int, default=60, help="that are trained")
    parser.add_argument("--rows", type=int, default=100, help="of the supervised job")
    parser.add_argument("--epochs", type=int, default=3, help="of the supervised job")
    parser.add_argument("--batch", type=int, default=2, help="of the supervised job")
    parser.add_argument("--start-rate", type=float, default=2, help="multiplier of the supervised job")
    parser.add_argument("--temperature", type=float, default=0, help="of the answers")
    parser.add_argument("--samples", type=int, default=1, help="answers to each question")
    parser.add_argument("--pairs", type=int, default=110)
    parser.add_argument("--wrong", type=float, default=0.5, help="share of supervised rows with a wrong fact")
    parser.add_argument(
        "--rambling", type=float, default=0, help="share of supervised rows with a sentence too many"
    )
    parser.add_argument("--own", action="store_true", help="pairs with the starting model's own answers")
    parser.add_argument("--pair-epochs", type=int, nargs="+", default=[3])
    parser.add_argument("--pair-batch", type=int, default=4)
    parser.add_argument("--beta", type=float, nargs="+", default=[0.1])
    parser.add_argument("--rate", type=float, nargs="+", default=[2], help="multiplier of the preference job")
    parser.add_argument("--file", type=Path, help="where a line for each job is added")
    return parser.parse_args()


def main() -> None:
    """Train and ask on each seed, and print what each seed and all of them have shown."""
    asked = options()
    print(machine("torch", "trl", "transformers"))
    ran = {
        "date": datetime.now(UTC).date().isoformat(),
        "command": f"python {' '.join(['benchmarks/preferences.py', *sys.argv[1:]])}",
        "machine": machine("torch", "trl", "transformers"),
    }
    totals: dict[str, list[Row]] = {}
    began = time.monotonic()
    with serve() as server:
        client = openai.OpenAI(base_url=server.base_url, api_key=server.api_key)
        for seed in asked.seeds:
            lines = one_seed(client, seed, asked)
            for line in lines[1:]:
                totals.setdefault(line["job"], []).append(line)
            if asked.file:
                Measured(asked.file).add([{**line, **ran} for line in lines])
    for job, found in totals.items():
        wins, losses, ties = (sum(line[each] for line in found) for each in ("wins", "losses", "ties"))
        low, high = wilson(wins, wins + losses) if wins + losses else (0.0, 1.0)
        print(
            f"{job}, {len(found)} seeds: wins {wins}, losses {losses}, ties {ties}: "
            f"{wins / max(1, wins + losses):.0%} of the decided ({low:.0%} to {high:.0%})"
        )
    print(f"{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
