"""Elle on the real base model: facts in the question, several seeds, against three examples with facts.

    python benchmarks/elle.py                         five seeds, 144 rows
    python benchmarks/elle.py --seeds 2 --rows 72
    python benchmarks/elle.py --training-method lora

Needs the model: `make real-model`. Each seed is one fine-tuning job, through the SDK, on the course's
split (72 elements in 144 rows; 34 elements held out). An answer is right when it has the form of a limerick,
rhymes, and states symbol, number and category. The rival is the base model with three solved examples in the
prompt, facts included. Prints a table: seed, seconds, memory, and right answers with Wilson's 95 % interval.
"""

import argparse
import json
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import openai
import pandas as pd
import psutil
from common import ROOT, machine, reached, serve

from finetune_dataset import read_jsonl, split_dataset
from helpers import has_facts, has_form, rhymes
from helpers.evaluation import wilson

MODEL = "smollm2-135m-instruct"
PARTS = {"training": 72, "validation": 12, "test": 34}
RIGHT = 30


def element_of(row: dict) -> str:
    """The last word of the question."""
    return row["messages"][1]["content"].strip("?").split()[-1]


class Facts:
    """Puts the facts of an element into a question about it."""

    def __init__(self) -> None:
        table = pd.read_csv(ROOT / "data" / "elements.csv", keep_default_na=False)
        self.of = {row["name"]: row for row in table.to_dict("records")}

    def asked(self, question: str, name: str) -> dict:
        """The user's message."""
        about = self.of[name]
        facts = f"Symbol: {about['symbol']}. Atomic number: {about['number']}. Category: {about['category']}."
        return {"role": "user", "content": f"{question}\n{facts}"}

    def row(self, row: dict) -> dict:
        """A training row with facts in its question."""
        system, user, answer = row["messages"]
        return {"messages": [system, self.asked(user["content"], element_of(row)), answer]}


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


def answers(
    client: openai.OpenAI, model: str, facts: Facts, names: Sequence[str], before: list[dict]
) -> list[dict]:
    """Ask about each element, 16 at a time."""

    def one(name: str) -> dict:
        messages = [*before, facts.asked(f"Tell me about {name}", name)]
        chat = client.chat.completions.create(model=model, messages=messages, temperature=0, max_tokens=90)
        about = facts.of[name]
        text = chat.choices[0].message.content
        return {"element": name, "text": text, "symbol": about["symbol"], "number": about["number"]}

    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(one, names))


def right(answer: dict, facts: Facts) -> bool:
    """Form, rhyme, and all three facts."""
    text, about = answer["text"], facts.of[answer["element"]]
    stated = has_facts(text, symbol=about["symbol"], number=about["number"])
    return has_form(text) and rhymes(text) and stated and about["category"] in text.lower()


def train(
    client: openai.OpenAI, rows: list[dict], seed: int, method: str | None
) -> tuple[str, float, list[str]]:
    """One job; returns the model, the seconds to its end, and what its events say of the way."""
    content = "".join(json.dumps(row) + "\n" for row in rows).encode()
    file = client.files.create(file=("elle.jsonl", content), purpose="fine-tune")
    chosen = {"n_epochs": 1, "batch_size": 4}
    began = time.monotonic()
    job = client.fine_tuning.jobs.create(
        model=MODEL,
        training_file=file.id,
        seed=seed,
        method={"type": "supervised", "supervised": {"hyperparameters": chosen}},
        extra_body={"training_method": method} if method else None,
    )
    while job.finished_at is None:
        time.sleep(0.5)
        job = client.fine_tuning.jobs.retrieve(job.id)
    seconds = time.monotonic() - began
    if job.fine_tuned_model is None:
        raise SystemExit(f"The job failed: {job.error}")
    events = [event.message for event in client.fine_tuning.jobs.list_events(job.id, limit=100)]
    return job.fine_tuned_model, seconds, [text for text in events if "float" in text or "LoRA" in text]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=144)
    parser.add_argument("--training-method", choices=("full", "lora"))
    options = parser.parse_args()
    facts = Facts()
    rows = read_jsonl(ROOT / "data" / "limericks.jsonl")
    training, _, test = split_dataset(rows, by=element_of, sizes=PARTS, seed=6)
    names = list(dict.fromkeys(map(element_of, test)))
    step = max(1, len(training) // options.rows)
    chosen = [facts.row(row) for row in islice(training, 0, None, step)][: options.rows]
    system = chosen[0]["messages"][0]
    examples = [message for row in chosen[:6:2] for message in row["messages"][1:]]
    print(machine("torch", "transformers", "trl"))
    with serve("--model", MODEL) as server:
        client = openai.OpenAI(base_url=server.base_url, api_key=server.api_key, timeout=600)
        rival = answers(client, MODEL, facts, names, [system, *examples])
        scored = [("few-shot 3", None, rival, 0.0, 0)]
        for seed in range(1, options.seeds + 1):
            memory = PeakMemory(server.pid)
            memory.start()
            model, seconds, way = train(client, chosen, seed, options.training_method)
            memory.ended.set()
            print(f"seed {seed}: {way[-1] if way else ''}", flush=True)
            scored.append(
                (f"seed {seed}", seed, answers(client, model, facts, names, [system]), seconds, memory.peak)
            )
    report(scored, facts, len(names))


def report(scored: list, facts: Facts, count: int) -> None:
    """Print right answers, seconds and memory of each, and whether its interval is apart from the rival's."""
    head = f"{'form':>6}{'rhyme':>6}{'facts':>6}{'all':>5} of {count}"
    print(f"\n{'':11}{head}   95 % interval   seconds  peak GB")
    rival_high = 1.0
    for name, seed, given, seconds, peak in scored:
        parts = [
            sum(has_form(answer["text"]) for answer in given),
            sum(rhymes(answer["text"]) for answer in given),
            sum(has_facts(each["text"], symbol=each["symbol"], number=each["number"]) for each in given),
        ]
        good = sum(right(answer, facts) for answer in given)
        low, high = wilson(good, count)
        line = f"{name:11}" + "".join(f"{part:6}" for part in parts)
        line += f"{good:5}        {low:.2f} to {high:.2f}  {seconds:9.0f}{peak / 2**30:9.2f}"
        if seed is None:
            rival_high = high
        else:
            apart = "apart" if low > rival_high else "NOT apart"
            line += f"  {reached(good, RIGHT, at_least=True)}, interval {apart}"
        print(line)
    for name, seed, given, _, _ in scored:
        wrong = [answer for answer in given if not right(answer, facts)]
        if seed is not None and wrong:
            print(f"{name}, not right: {wrong[0]['element']}: {wrong[0]['text']!r:.160}")


if __name__ == "__main__":
    main()
