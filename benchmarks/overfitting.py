"""Notebook 04b on several draws: do few rows memorize, do large steps forget?

    python benchmarks/overfitting.py                             the real model, draws 1 2 3
    python benchmarks/overfitting.py --model periodic-tiny-2026-11
    python benchmarks/overfitting.py --seeds 1 --jobs few_rows   one job

The real model needs `make real-model`. Rows and settings are those of the notebook. A seed draws the order of
the things, so which rows are trained and which are held out, and it is the job's own seed. The model of each
job is asked about the 40 held-out rows, and about the 12 rows of `few_rows`, which all jobs have trained; 16
at a time, at temperature 0. Each job is one piece: its line is added to data/measured/overfitting_elle.json
when it is done, and a job that is there is not done again. `data/README.md` tells the fields.
"""

import argparse
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import openai
from common import ROOT, machine, serve, trained
from rivals import AT_A_TIME, Measured

from finetune_dataset import write_jsonl
from finetune_dataset.models import LOCAL_MODEL, REAL_MODEL
from helpers.jobs import metrics_frame
from helpers.lessons import Lesson, open_lesson, question

FILE = ROOT / "data" / "measured" / "overfitting_elle.json"
JOBS = ("reference", "few_rows", "large_steps")
HELD_OUT, FEW = 40, 12

Row = Mapping[str, Any]
Settings = dict[str, Any]


class Draw:
    """The rows of one seed, as the cells of the notebook take them.

    Args:
        lesson: Whose rows they are.
        seed: Draws the order of the things.
        rows: How many the reference gets.
    """

    def __init__(self, lesson: Lesson, seed: int, rows: int) -> None:
        train, validation, _ = lesson.split(lesson.rows())
        things = list(dict.fromkeys(map(lesson.group, train)))
        Random(seed).shuffle(things)
        train.sort(key=lambda row: things.index(lesson.group(row)))
        self.held_out = (validation + train[::-1])[:HELD_OUT]
        apart = set(map(lesson.group, self.held_out))
        left = [row for row in train if lesson.group(row) not in apart]
        Random(seed).shuffle(left)
        pool = left[:rows]
        self.few, self.pool = pool[:FEW], pool[: len(pool) // FEW * FEW]


def sizes(model: str) -> tuple[int, int]:
    """How many rows the reference has, and the rate of `large_steps`, as in the notebook."""
    return (96, 8) if LOCAL_MODEL in model else (60, 48)


def settings(
    lesson: Lesson, model: str, draw: Draw, rate: float
) -> dict[str, tuple[Sequence[Row], Settings]]:
    """The jobs of the notebook: name → rows and hyperparameters."""
    usual: Settings = dict(lesson.settings(model, quick=True))
    many = usual | {"n_epochs": usual["n_epochs"] * len(draw.pool) // len(draw.few)}
    large = usual | {"learning_rate_multiplier": rate}
    return dict(zip(JOBS, ((draw.pool, usual), (draw.few, many), (draw.pool, large)), strict=True))


def marks(lesson: Lesson, texts: Sequence[str], rows: Sequence[Row]) -> dict[str, str]:
    """Each answer's marks, by each score and by all of them at once."""
    each = {
        score.name: [int(score.check(text, row)) for text, row in zip(texts, rows, strict=True)]
        for score in lesson.scores
    }
    each["all"] = [min(one) for one in zip(*each.values(), strict=True)]
    return {name: "".join(map(str, one)) for name, one in each.items()}


def measured(
    client: openai.OpenAI, base: str, draw: Draw, rows: Sequence[Row], chosen: Settings, seed: int, file: Path
) -> dict[str, Any]:
    """Train one job, and say what its losses were and what its model answers.

    Args:
        client: Speaks with the server.
        base: The base model.
        draw: Whose held-out and few rows are asked.
        rows: The training rows.
        chosen: The hyperparameters.
        seed: Of the job.
        file: Where the validation rows may be written.
    """
    lesson = open_lesson("elle")
    write_jsonl(file, draw.held_out)
    validation = client.files.create(file=file, purpose="fine-tune").id
    job, seconds = trained(client, base, rows, chosen, seed, validation_file=validation)
    metrics = metrics_frame(client.fine_tuning.jobs.list_events(job.id, limit=100))

    def answer(row: Row) -> str:
        chat = client.chat.completions.create(
            model=job.fine_tuned_model or "",
            messages=question(row),
            temperature=0,
            max_tokens=lesson.max_tokens,
        )
        return chat.choices[0].message.content or ""

    with ThreadPoolExecutor(AT_A_TIME) as pool:
        unseen, seen = (list(pool.map(answer, asked)) for asked in (draw.held_out, draw.few))
    learned = [row["messages"][-1]["content"] for row in draw.few]
    return {
        "training_seconds": round(seconds, 1),
        "steps": int(metrics["step"].max()),
        "train_loss": round(float(metrics["train_loss"].tail(3).mean()), 4),
        "valid_losses": [round(float(loss), 4) for loss in metrics["full_valid_loss"].dropna()],
        "n": len(unseen),
        "n_things": len(set(map(lesson.group, draw.held_out))),
        "marks": marks(lesson, unseen, draw.held_out),
        "seen_marks": marks(lesson, seen, draw.few),
        "recited": sum(text == own for text, own in zip(seen, learned, strict=True)),
    }


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default=REAL_MODEL)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--jobs", nargs="+", default=JOBS, choices=JOBS)
    parser.add_argument("--rate", type=float, help="of large_steps, in place of the notebook's")
    parser.add_argument("--file", type=Path, default=FILE, help="where the lines are added")
    return parser.parse_args()


def main() -> None:
    """Add to the file what is not in it yet."""
    asked = options()
    lesson, model = open_lesson("elle"), asked.model
    rows, rate = sizes(model)
    done = Measured(asked.file)
    with serve(*(() if LOCAL_MODEL in model else ("--model", model))) as server:
        client = openai.OpenAI(base_url=server.base_url, api_key=server.api_key, timeout=600)
        for seed in asked.seeds:
            draw = Draw(lesson, seed, rows)
            for name, (training, chosen) in settings(lesson, model, draw, asked.rate or rate).items():
                about = {"base_model": model, "job": name, "seed": seed, "rows": len(training), **chosen}
                if name not in asked.jobs or done.has(**about):
                    continue
                about["things"] = len(set(map(lesson.group, training)))
                line = measured(client, model, draw, training, chosen, seed, server.state / "held_out.jsonl")
                ran = {
                    "date": datetime.now(UTC).date().isoformat(),
                    "command": f"python benchmarks/overfitting.py --model {model} --seeds {seed}",
                    "machine": machine("torch", "transformers", "trl"),
                }
                done.add([about | line | ran])
                counts = {score: one.count("1") for score, one in line["marks"].items()}
                losses = f"trained {line['train_loss']:.3f}, held out {line['valid_losses']}"
                print(f"{name:12} seed {seed}  {losses}  right of {line['n']}: {counts}", flush=True)
    print("Everything that was asked for is in the file.")


if __name__ == "__main__":
    main()
