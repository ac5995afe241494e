"""Elle on several seeds: form, rhyme and facts of 34 elements that no job has seen, asked as trained or not.

    python benchmarks/elle.py                              the quick job of notebook 00, real model, 5 seeds
    python benchmarks/elle.py --main --seeds 1 2 3         the job of notebook 03
    python benchmarks/elle.py --model periodic-tiny-2026-11
    python benchmarks/elle.py --few-shot --ways --seeds 1  rivals, and other ways to ask
    python benchmarks/elle.py --rows 12 --epochs 5         fewer rows, or other settings

The real model needs `make real-model`. Each seed is one fine-tuning job, through the SDK, with the rows, the
split and the settings of the lesson (`helpers/lessons/elle.py`). An answer is right when it has the form of a
limerick, rhymes, and states symbol, number and category, and no others. "Copied" answers are like a trained
one in 90 % of their characters, apart from name, symbol, number and category: form and rhyme are known by
heart. "New" answers have form and rhyme and are not copied. The rival is the base model with three solved
examples in the prompt. Prints a table with Wilson's 95 % interval; `--answers` keeps every answer.
"""

import argparse
import json
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import openai
import psutil
from common import machine, reached, serve, trained

from finetune_dataset.models import LOCAL_MODEL, REAL_MODEL
from helpers.evaluation import wilson
from helpers.lessons import Lesson, open_lesson

RIGHT = 30
COPIED = 0.9

Message = dict[str, str]


class PeakMemory(threading.Thread):
    """The largest memory of a server's training process."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._server, self.ended, self.peak = psutil.Process(pid), threading.Event(), 0

    def run(self) -> None:
        """Look five times a second."""
        while not self.ended.wait(0.2):
            try:
                for child in self._server.children(recursive=True):
                    if child.name() == "training" or "local_server.training" in child.cmdline():
                        self.peak = max(self.peak, child.memory_info().rss)
            except psutil.Error:
                continue


def asked(row: dict) -> list[Message]:
    """The messages of a row, without its answer."""
    return row["messages"][:-1]


def answers(client: openai.OpenAI, model: str, chats: Sequence[list[Message]], room: int) -> list[str]:
    """The answers to some chats, asked 16 at a time."""

    def one(messages: list[Message]) -> str:
        chat = client.chat.completions.create(model=model, messages=messages, temperature=0, max_tokens=room)
        return chat.choices[0].message.content

    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(one, chats))


def line(lesson: Lesson, name: str, given: list[str], test: list[dict], training: list[dict]) -> dict:
    """What is right of some answers: a count per score, and of all of them together."""
    scored = {
        score.name: [bool(score.check(text, row)) for text, row in zip(given, test, strict=True)]
        for score in lesson.scores
    }
    copied = [lesson.likeness(text, row, training) >= COPIED for text, row in zip(given, test, strict=True)]
    right = [all(marks) for marks in zip(*scored.values(), strict=True)]
    example = next(place for place, row in enumerate(test) if lesson.group(row) == lesson.example)
    new = [
        form and rhyme and not old
        for form, rhyme, old in zip(scored["form"], scored["rhyme"], copied, strict=True)
    ]
    return {
        "name": name,
        **{each: sum(marks) for each, marks in scored.items()},
        "all": sum(right),
        "example": right[example],
        "copied": sum(copied),
        "new": sum(new),
        "of": len(given),
        "answers": [
            {"group": lesson.group(row), "right": good, "text": text}
            for row, good, text in zip(test, right, given, strict=True)
        ],
    }


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default=REAL_MODEL)
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2, 3, 4, 5])
    parser.add_argument("--main", action="store_true", help="the main job, not the quick one")
    parser.add_argument("--rows", type=int, help="only the first training rows, so many")
    parser.add_argument("--epochs", type=int, help="in place of the lesson's")
    parser.add_argument("--batch-size", type=int, help="in place of the lesson's")
    parser.add_argument("--rate", type=float, help="learning rate multiplier")
    parser.add_argument("--few-shot", action="store_true", help="the base model with three examples, too")
    parser.add_argument("--ways", action="store_true", help="ask in the lesson's other ways, too")
    parser.add_argument(
        "--answers", type=Path, metavar="FILE", help="add every line with its answers, as JSON"
    )
    return parser.parse_args()


def main() -> None:
    """Print the table."""
    chosen = options()
    lesson = open_lesson("elle")
    rows = lesson.rows()
    training, _, both = lesson.split(rows)
    if not chosen.main:
        training = [dict(row) for row in lesson.quick_rows(rows)]
    training = training[: chosen.rows]
    test = list({lesson.group(row): row for row in reversed(both)}.values())[::-1]
    settings: dict = lesson.settings(chosen.model, quick=not chosen.main)
    settings |= {"n_epochs": chosen.epochs} if chosen.epochs else {}
    settings |= {"batch_size": chosen.batch_size} if chosen.batch_size else {}
    settings |= {"learning_rate_multiplier": chosen.rate} if chosen.rate else {}
    print(machine("torch", "transformers", "trl"))
    print(f"{chosen.model}, {len(training)} rows, {settings}")
    print(f"{'':22}  form rhyme facts  all  95 % interval  example copied  new  seconds  peak GB")

    def show(result: dict, *, seconds: float = 0, peak: int = 0, limit: str = "") -> None:
        low, high = wilson(result["all"], result["of"])
        counts = "".join(f"{result[key]:6}" for key in ("form", "rhyme", "facts"))
        more = f"{'yes' if result['example'] else 'no':>7}{result['copied']:7}{result['new']:5}"
        print(
            f"{result['name']:22}{counts}{result['all']:5}  {low:.2f} to {high:.2f}{more}{seconds:9.0f}"
            f"{peak / 2**30:9.2f}  {limit}",
            flush=True,
        )
        if chosen.answers:
            with chosen.answers.open("a", encoding="utf-8") as file:
                about = {
                    "model": chosen.model,
                    "rows": len(training),
                    **settings,
                    "seconds": round(seconds, 1),
                }
                file.write(json.dumps(about | result, ensure_ascii=False) + "\n")

    with serve(*(() if LOCAL_MODEL in chosen.model else ("--model", chosen.model))) as server:
        client = openai.OpenAI(base_url=server.base_url, api_key=server.api_key, timeout=600)

        def ask(model: str, name: str, chats: Sequence[list[Message]]) -> dict:
            return line(lesson, name, answers(client, model, chats, lesson.max_tokens), test, training)

        if chosen.few_shot:
            show(ask(chosen.model, "base", [asked(row) for row in test]))
            shots = [message for row in training[:3] for message in row["messages"][1:]]
            chats = [[row["messages"][0], *shots, row["messages"][1]] for row in test]
            show(ask(chosen.model, "few-shot 3", chats))
        for seed in chosen.seeds:
            memory = PeakMemory(server.pid)
            memory.start()
            job, seconds = trained(client, chosen.model, training, settings, seed)
            memory.ended.set()
            model = job.fine_tuned_model
            result = ask(model, f"seed {seed}", [asked(row) for row in test])
            show(
                result, seconds=seconds, peak=memory.peak, limit=reached(result["all"], RIGHT, at_least=True)
            )
            for way in lesson.ways if chosen.ways else ():
                show(ask(model, f"seed {seed}, {way.name}", [way.messages(row) for row in test]))


if __name__ == "__main__":
    main()
