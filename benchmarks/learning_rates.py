"""Which learning rate a base model needs, for all weights and for an adapter.

`python benchmarks/learning_rates.py full --model FOLDER` trains the model on invented appointments (a
sentence in, a line of four fields out; no lesson uses them) at several rates, with three seeds each, and
prints the loss on appointments with other names and topics. The seed draws the rows and their order. The best
rate is that with the lowest mean; "auto" takes twice the rate that is printed for the model's card
(`AUTO_MULTIPLIER`). A run of the real model takes about 40 seconds on two cores.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import mean

from common import child_environment, machine

from local_server.training.specification import AUTO_MULTIPLIER

ROWS, VALIDATION_ROWS, BATCH_SIZE = 40, 16, 4
RATES = {"full": [2.5e-5, 5e-5, 1e-4, 2e-4, 4e-4], "lora": [5e-4, 1e-3, 2e-3, 4e-3]}
PRECISIONS = {"full": "float32", "lora": "bfloat16"}
SEEDS = (1, 2, 3)

NAMES = ["Nora", "Omar", "Lucy", "Pavel", "Aiko", "Grace", "Diego", "Ines", "Tom", "Wei", "Ruth", "Hugo"]
TOPICS = ["the budget", "a new printer", "holiday plans", "the roof", "two invoices", "next year's fair",
          "the bus", "a lost key", "the menu", "our website", "the garden", "spare parts"]  # fmt: skip
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
SENTENCES = [
    "Meet {name} about {topic} on {day} at {hour} {half} in room {room}.",
    "{day}, {hour} {half}: {name} wants to discuss {topic}, room {room}.",
    "Room {room} is ours on {day} at {hour} {half}, {name} has questions about {topic}.",
]


def rows(seed: int) -> tuple[list[dict], list[dict]]:
    """Rows to train on, and rows with other names and topics to look at."""
    draw = random.Random(seed)
    names, topics = draw.sample(NAMES, len(NAMES)), draw.sample(TOPICS, len(TOPICS))

    def row(names: list[str], topics: list[str]) -> dict:
        hour, half = draw.randint(1, 11), draw.choice(["am", "pm"])
        told = {"name": draw.choice(names), "topic": draw.choice(topics), "day": draw.choice(DAYS),
                "hour": hour, "half": half, "room": draw.randint(1, 40)}  # fmt: skip
        time = f"{hour + 12 * (half == 'pm'):02}:00"
        line = f"{told['day'][:3]} {time} | {told['name']} | {told['topic']} | {told['room']}"
        question = draw.choice(SENTENCES).format(**told)
        return {
            "messages": [
                {"role": "system", "content": "Write the appointment as a line of the calendar."},
                {"role": "user", "content": question},
                {"role": "assistant", "content": line},
            ]
        }

    training = [row(names[:8], topics[:8]) for _ in range(ROWS)]
    return training, [row(names[8:], topics[8:]) for _ in range(VALIDATION_ROWS)]


def trained(model: Path, method: str, rate: float, seed: int, epochs: int) -> tuple[float, float]:
    """Train once; the loss on the unseen rows, and the share of their tokens that the model ranked first."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path, some in zip(("training", "validation"), rows(seed), strict=True):
            lines = "".join(json.dumps(row) + "\n" for row in some)
            (folder / f"{path}.jsonl").write_text(lines, encoding="utf-8")
        specification = {"n_epochs": epochs, "batch_size": BATCH_SIZE, "learning_rate_multiplier": 1.0,
                         "seed": seed, "model_folder": str(model), "learning_rate": rate,
                         "training_method": method, "precision": PRECISIONS[method]}  # fmt: skip
        (folder / "job.json").write_text(json.dumps(specification), encoding="utf-8")
        subprocess.run(
            [sys.executable, "-m", "local_server.training", name],
            env=child_environment(folder),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    last = [event["metrics"] for event in events if event["kind"] == "metrics"][-1]
    return last["full_valid_loss"], last["full_valid_mean_token_accuracy"]


def main() -> None:
    """Train at every rate with every seed, and print the losses."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("method", choices=list(RATES))
    parser.add_argument("--model", type=Path, required=True, help="folder of the base model")
    parser.add_argument("--rates", type=float, nargs="+", help="other rates than the usual ones")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS, help="(default: 1 2 3)")
    parser.add_argument("--epochs", type=int, default=1, help="(default: 1)")
    arguments = parser.parse_args()
    print(machine("torch", "transformers", "peft"))
    print(f"{arguments.method}, {PRECISIONS[arguments.method]}, {ROWS} rows, {arguments.epochs} epochs")
    means = {}
    for rate in arguments.rates or RATES[arguments.method]:
        found = [
            trained(arguments.model.absolute(), arguments.method, rate, seed, arguments.epochs)
            for seed in arguments.seeds
        ]
        means[rate] = mean(loss for loss, _ in found)
        losses = " ".join(f"{loss:7.4f}" for loss, _ in found)
        accuracy = mean(accuracy for _, accuracy in found)
        print(f"{rate:8.2g}   {losses}   mean {means[rate]:.4f}   tokens right {accuracy:.3f}", flush=True)
    best = min(means, key=lambda rate: means[rate])
    print(f"best {best:g}; at multiplier 1: {best / AUTO_MULTIPLIER:g}")


if __name__ == "__main__":
    main()
