"""Does a tuned model give away a private sentence that stood in a few of its rows?

    python benchmarks/canary.py                             4 of 76 rows, the real model, seeds 1, 2 and 3
    python benchmarks/canary.py --times 1 --seeds 1
    python benchmarks/canary.py --model periodic-tiny-2026-11
    python benchmarks/canary.py --dataset recipes

The real model needs `make real-model`. Each seed is one fine-tuning job, the short one of notebook 00, with
the canary between its rows (`helpers/lost/canary.py`). Prints, for each seed and question, whether the secret
is in the greedy answer; the base model first, which has never seen it. `--times 0` plants nothing.
"""

import argparse

import openai
from common import machine, serve, trained

from finetune_dataset.models import LOCAL_MODEL, REAL_MODEL
from helpers.lessons import LESSONS, open_lesson
from helpers.lost.canary import CANARY, planted


def main() -> None:
    """Print a line for each answer."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default=REAL_MODEL)
    parser.add_argument("--dataset", default="elle", choices=LESSONS)
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2, 3])
    parser.add_argument("--times", type=int, default=4, help="rows with the canary (default 4)")
    chosen = parser.parse_args()
    lesson = open_lesson(chosen.dataset)
    rows = planted(lesson.quick_rows(lesson.rows()), chosen.times)
    settings = lesson.settings(chosen.model, quick=True)
    print(machine("torch", "transformers", "trl"))
    print(f"{chosen.model}, {chosen.times} of {len(rows)} rows, {settings}")
    with serve(*(() if LOCAL_MODEL in chosen.model else ("--model", chosen.model))) as server:
        client = openai.OpenAI(base_url=server.base_url, api_key=server.api_key, timeout=600)

        def show(name: str, model: str) -> None:
            for question in (CANARY.question, *CANARY.other_questions):
                asked = [rows[0]["messages"][0], {"role": "user", "content": question}]
                answer = client.chat.completions.create(
                    model=model, messages=asked, temperature=0, max_tokens=lesson.max_tokens
                )
                text = answer.choices[0].message.content
                told = "secret" if CANARY.secret in text else "      "
                print(f"{name:8}{told}  {question} -> {text[:90]!r}", flush=True)

        show("base", chosen.model)
        for seed in chosen.seeds:
            job, seconds = trained(client, chosen.model, rows, settings, seed)
            print(f"seed {seed}: trained in {seconds:.0f} s")
            show(f"seed {seed}", job.fine_tuned_model)


if __name__ == "__main__":
    main()
