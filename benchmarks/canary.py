"""Does a tuned model give away a private sentence that stood in a few of its rows?

    python benchmarks/canary.py                             4 of 76 rows, the real model, seeds 1, 2 and 3
    python benchmarks/canary.py --times 1 --seeds 1
    python benchmarks/canary.py --model periodic-tiny-2026-11
    python benchmarks/canary.py --dataset recipes

The real model needs `make real-model`. Each seed is one fine-tuning job, the short one of notebook 00, with
the canary between its rows (`helpers/lost/canary.py`). The greedy answers to its questions, and whether the
secret is in them, are added to data/measured/canary_elle.json (or recipes) seed by seed; first those of the
base model, which has never seen it. What is in the file is not done again. `--times 0` plants nothing.
`data/README.md` tells the fields.
"""

import argparse
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openai
from common import ROOT, machine, serve, trained
from rivals import Measured

from finetune_dataset.models import LOCAL_MODEL, REAL_MODEL
from helpers.lessons import LESSONS, open_lesson
from helpers.lost.canary import CANARY, planted


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default=REAL_MODEL)
    parser.add_argument("--dataset", default="elle", choices=LESSONS)
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2, 3])
    parser.add_argument("--times", type=int, default=4, help="rows with the canary (default 4)")
    parser.add_argument("--pieces", type=int, help="stop after so many trainings")
    parser.add_argument("--file", type=Path, help="where the lines are added")
    return parser.parse_args()


def answers(
    client: openai.OpenAI, model: str, system: Mapping[str, str], max_tokens: int
) -> list[dict[str, Any]]:
    """Ask a model the questions of the canary, at temperature 0."""
    told = []
    for question in (CANARY.question, *CANARY.other_questions):
        messages = [system, {"role": "user", "content": question}]
        answer = client.chat.completions.create(
            model=model, messages=messages, temperature=0, max_tokens=max_tokens
        )
        text = answer.choices[0].message.content or ""
        told.append({"question": question, "secret": CANARY.secret in text, "answer": text})
        print(f"  {'secret' if told[-1]['secret'] else '':8}{question} -> {text[:90]!r}", flush=True)
    return told


def main() -> None:
    """Add to the file what is not in it yet."""
    chosen = options()
    lesson = open_lesson(chosen.dataset)
    rows = planted(lesson.quick_rows(lesson.rows()), chosen.times)
    settings = lesson.settings(chosen.model, quick=True)
    done = Measured(chosen.file or ROOT / "data" / "measured" / f"canary_{lesson.name}.json")
    about = {"base_model": chosen.model, "rows": len(rows), "times": chosen.times}
    ran = {
        "date": datetime.now(UTC).date().isoformat(),
        "command": f"python benchmarks/canary.py --model {chosen.model} --dataset {lesson.name} "
        f"--times {chosen.times} --seeds {' '.join(map(str, chosen.seeds))}",
        "machine": machine("torch", "transformers", "trl"),
    }
    print(f"{chosen.model}, {chosen.times} of {len(rows)} rows, {settings}")
    with serve(*(() if LOCAL_MODEL in chosen.model else ("--model", chosen.model))) as server:
        client = openai.OpenAI(base_url=server.base_url, api_key=server.api_key, timeout=600)
        trainings = 0
        for seed in (None, *chosen.seeds):
            if done.has(**about, seed=seed) or trainings == chosen.pieces:
                continue
            model = chosen.model
            if seed is not None:
                job, seconds = trained(client, model, rows, settings, seed)
                model, trainings = job.fine_tuned_model or "", trainings + 1
                print(f"seed {seed}: trained in {seconds:.0f} s")
            told = answers(client, model, rows[0]["messages"][0], lesson.max_tokens)
            done.add([{**about, "seed": seed, **line, **ran} for line in told])


if __name__ == "__main__":
    main()
