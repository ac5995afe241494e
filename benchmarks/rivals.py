"""Elle's rivals on several seeds, and how much data it takes: data/measured/rivals_elle.json.

    python benchmarks/rivals.py                                  the real model, seeds 1 2 3
    python benchmarks/rivals.py --model periodic-tiny-2026-11
    python benchmarks/rivals.py --curve --seeds 1                10, 25, 50, 100 and 144 training rows

The real model needs `make real-model`. Everybody answers one question about each of the 34 elements of the
test part, 16 at a time, at temperature 0. A seed draws the solved examples of a prompt, the order of the
rows in a job, and the rows of the curve. For each seed two jobs are trained with the settings of the
lesson: one on the rows as they are, with facts, and one on the same rows without facts. Both are asked with
facts and without, and so is each checkpoint that a job keeps. Its validation loss is that of the validation
part, in the same form. A job of the curve has as many epochs as the others, so fewer rows are fewer steps,
too.

It works in pieces: the base model's prompts of a seed, or one job and its questions. Each piece is added to
the file when it is done, with all that is in it; one that is there is not done again. `--pieces 1` stops
after one. `data/README.md` tells the fields.
"""

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import openai
from common import ROOT, machine, serve, trained

from finetune_dataset.models import LOCAL_MODEL, REAL_MODEL
from helpers.evaluation.usage import percentile
from helpers.lessons import Lesson, open_lesson, question
from helpers.lessons.elle import TABLE
from helpers.lessons.rivals import examples, lookup, with_examples

FILE = ROOT / "data" / "measured" / "rivals_elle.json"
CURVE = (10, 25, 50, 100, 144)
AT_A_TIME = 16
UNDRAWN = ("base", "retrieval")
"""Prompts without examples: they are the same for every seed."""

Row = Mapping[str, Any]
Line = dict[str, Any]
Ask = Callable[[Row], list[dict[str, str]]]


class Measured:
    """The lines of a file, in the order in which they were measured.

    Args:
        path: Where they are, or will be.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines: list[Line] = (
            json.loads(path.read_text(encoding="utf-8"))["lines"] if path.exists() else []
        )

    def has(self, **fields: object) -> bool:
        """Whether a line with these fields is there."""
        return any(fields.items() <= line.items() for line in self._lines)

    def add(self, lines: Sequence[Line]) -> None:
        """Write the file again, with more lines; it appears whole or not at all."""
        self._lines += lines
        text = ",\n".join(json.dumps(line, ensure_ascii=False) for line in self._lines)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        part = self._path.with_suffix(".part")
        part.write_text(f'{{"lines": [\n{text}\n]}}\n', encoding="utf-8")
        os.replace(part, self._path)


class Bench:
    """A running server that is asked about the test part.

    Args:
        base: The base model.
        client: Speaks with the server.
        command: How the benchmark was called.
    """

    def __init__(self, base: str, client: openai.OpenAI, command: str) -> None:
        self.base, self.client = base, client
        self.lesson: Lesson = open_lesson("elle")
        self.train, self.validation, both = self.lesson.split(self.lesson.rows())
        self.test = list({self.lesson.group(row): row for row in reversed(both)}.values())[::-1]
        self.settings = self.lesson.settings(base)
        self.found = lookup(TABLE)
        self._ran = {"date": datetime.now(UTC).date().isoformat(), "command": command}

    def ask(self, model: str, way: str, messages: Ask, **more: object) -> Line | None:
        """Ask about all elements, and say what is right, what it took, and how it was measured.

        Returns:
            A line; None where the prompts do not fit into what the model can read.
        """

        def one(row: Row) -> dict[str, Any]:
            began = time.perf_counter()
            chat = self.client.chat.completions.create(
                model=model, messages=messages(row), temperature=0, max_tokens=self.lesson.max_tokens
            )
            seconds, usage = time.perf_counter() - began, chat.usage
            return {
                "text": chat.choices[0].message.content or "",
                "prompt_tokens": usage.prompt_tokens,
                "completion_tokens": usage.completion_tokens,
                "cached_tokens": usage.prompt_tokens_details.cached_tokens,
                "seconds": seconds,
            }

        try:
            one(self.train[0])  # The model is loaded, and what all prompts begin with is read.
            began = time.perf_counter()
            with ThreadPoolExecutor(AT_A_TIME) as pool:
                answers = list(pool.map(one, self.test))
            took = time.perf_counter() - began
        except openai.BadRequestError as refused:
            if refused.code != "context_length_exceeded":
                raise
            print(f"{way:32} does not fit: {refused.message}", flush=True)
            return None
        marks = {
            score.name: [
                score.check(answer["text"], row) for answer, row in zip(answers, self.test, strict=True)
            ]
            for score in self.lesson.scores
        }
        seconds = [answer["seconds"] for answer in answers]
        line = {
            "base_model": self.base,
            "way": way,
            **more,
            "n": len(answers),
            "scores": {name: round(sum(each) / len(each), 4) for name, each in marks.items()},
            "all": round(sum(map(all, zip(*marks.values(), strict=True))) / len(answers), 4),
            "marks": {name: "".join(str(int(mark)) for mark in each) for name, each in marks.items()},
            **{
                name: round(sum(answer[name] for answer in answers) / len(answers), 1)
                for name in ("prompt_tokens", "completion_tokens", "cached_tokens")
            },
            "latency_median": round(median(seconds), 2),
            "latency_p95": round(percentile(seconds, 0.95), 2),
            "seconds": round(took, 1),
            **self._ran,
            "machine": machine("torch", "transformers", "trl"),
        }
        told = "  ".join(f"{name} {sum(each):2.0f}" for name, each in marks.items())
        print(f"{way:32} seed {more['seed']}  {told}  {line['prompt_tokens']:5.0f} tokens", flush=True)
        return line

    def prompts(self, seed: int) -> list[Line]:
        """The base model with the prompts of a seed; those without examples are asked for seed 1 only."""
        many = examples(self.train, self.lesson.group, 10, seed)
        ways: dict[str, Ask] = {
            rival.name: rival.messages
            for rival in self.lesson.rivals(self.train, seed)
            if not rival.fine_tuned
        }
        ways["few_shot_10_retrieval"] = lambda row: with_examples(self.found(row), many)
        nothing = {"trained_rows": 0, "trained_on": None, "training_seconds": 0, "step": None}
        lines = [
            self.ask(self.base, way, messages, seed=None if way in UNDRAWN else seed, **nothing)
            for way, messages in ways.items()
            if way not in UNDRAWN or seed == 1
        ]
        return [line for line in lines if line]

    def job(self, seed: int, rows: Sequence[Row], trained_on: str) -> list[Line]:
        """One job, and its models asked as they were trained and as they were not.

        Args:
            seed: Of the job.
            rows: The training rows.
            trained_on: "facts" or "no_facts".
        """
        validation = [row if trained_on == "facts" else TABLE.bare(row) for row in self.validation]
        content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in validation).encode()
        file = self.client.files.create(file=("validation.jsonl", content), purpose="fine-tune")
        job, seconds = trained(self.client, self.base, rows, self.settings, seed, validation_file=file.id)
        tuned = "fine_tuned" if trained_on == "facts" else "fine_tuned_no_facts"
        ways: dict[str, Ask] = {
            tuned: lambda row: question(row if trained_on == "facts" else TABLE.bare(row)),
            f"{tuned}_asked_{'without' if trained_on == 'facts' else 'with'}_facts": lambda row: question(
                TABLE.bare(row) if trained_on == "facts" else self.found(row)
            ),
        }
        *earlier, last = sorted(
            self.client.fine_tuning.jobs.checkpoints.list(job.id), key=lambda one: one.step_number
        )
        about = {
            "seed": seed,
            "trained_rows": len(rows),
            "trained_on": trained_on,
            "training_seconds": round(seconds, 1),
            "steps": last.step_number,
        }
        final, loss = job.fine_tuned_model or "", last.metrics.full_valid_loss
        lines = [
            self.ask(final, way, messages, **about, step=None, valid_loss=loss)
            for way, messages in ways.items()
        ]
        for one in earlier:
            kept = {"step": one.step_number, "valid_loss": one.metrics.full_valid_loss}
            lines.append(self.ask(one.fine_tuned_model_checkpoint, tuned, ways[tuned], **about, **kept))
        return [line for line in lines if line]


def pieces(bench: Bench, done: Measured, seeds: Sequence[int], *, curve: bool) -> Iterator[list[Line]]:
    """Do what is not done yet, one piece after the other."""
    base, train = bench.base, bench.train
    for seed in seeds:
        if not curve and not done.has(base_model=base, way="few_shot", seed=seed):
            yield bench.prompts(seed)
        for rows in CURVE if curve else (len(train),):
            if not done.has(base_model=base, trained_on="facts", trained_rows=rows, seed=seed):
                # The whole file keeps its order: this is the course's own job.
                some = train if rows == len(train) else Random(seed).sample(train, rows)
                yield bench.job(seed, some, "facts")
        if not curve and not done.has(base_model=base, trained_on="no_facts", seed=seed):
            yield bench.job(seed, [TABLE.bare(row) for row in train], "no_facts")


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default=REAL_MODEL)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--curve", action="store_true", help="fewer training rows, in place of the rivals")
    parser.add_argument("--pieces", type=int, help="stop after so many")
    parser.add_argument("--file", type=Path, default=FILE, help="where the lines are added")
    return parser.parse_args()


def main() -> None:
    """Add to the file what is not in it yet."""
    chosen = options()
    command = f"python benchmarks/rivals.py --model {chosen.model} --seeds {' '.join(map(str, chosen.seeds))}"
    done = Measured(chosen.file)
    with serve(*(() if LOCAL_MODEL in chosen.model else ("--model", chosen.model))) as server:
        client = openai.OpenAI(base_url=server.base_url, api_key=server.api_key, timeout=600)
        bench = Bench(chosen.model, client, command + (" --curve" if chosen.curve else ""))
        print(f"{chosen.model}, {len(bench.train)} rows, {bench.settings}", flush=True)
        work = pieces(bench, done, chosen.seeds, curve=chosen.curve)
        for count, lines in enumerate(work, start=1):
            done.add(lines)
            if count == chosen.pieces:
                return
    print("Everything that was asked for is in the file.")


if __name__ == "__main__":
    main()
