"""Does a model learn to call `look_up(name)` for an element that it has not seen in training?

    python benchmarks/tools.py                                    SmolLM2-135M (`make real-model`), seed 1
    python benchmarks/tools.py --seeds 1 2 3
    python benchmarks/tools.py --model periodic-tiny-2026-11 --epochs 8 --batch-size 1

Each seed draws its own elements for training, and 34 that are held out, and is one fine-tuning job through
the SDK. An answer is right when it is one call of the function, with the name that was asked for; capitals do
not count. Asked greedily: the base with and without `tool_choice: "required"`, the tuned model in the
wordings of its rows, and in two that no row has. Prints right answers with Wilson's 95 % interval, how many
called at all, and how many of the calls had arguments that are whole JSON and fit the schema.
"""

import argparse
import csv
import json
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import jsonschema
import openai
from common import ROOT, machine, serve, trained

from helpers.evaluation import wilson

HELD_OUT = 34
WORDINGS = (
    "What is the atomic number of {}?", "Tell me about {}.", "Which category does {} belong to?",
    "Is {} a metal?", "What is the symbol of {}?", "How heavy is {}?",
)  # fmt: skip
NEW_WORDINGS = ("Please give me some facts on {}.", "I have to write a paper on {}. What should I know?")
SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string", "description": "The element's English name"}},
    "required": ["name"],
    "additionalProperties": False,
}
LOOK_UP = {"name": "look_up", "description": "Finds the data of a chemical element.", "parameters": SCHEMA}
TOOLS = [{"type": "function", "function": LOOK_UP}]


def question(number: int, name: str, wordings: Sequence[str]) -> dict:
    """The user's message."""
    return {"role": "user", "content": wordings[number % len(wordings)].format(name)}


def row(number: int, name: str) -> dict:
    """A training row whose answer is a call."""
    function = {"name": "look_up", "arguments": json.dumps({"name": name})}
    called = {
        "role": "assistant",
        "tool_calls": [{"id": "call_1", "type": "function", "function": function}],
    }
    return {"messages": [question(number, name, WORDINGS), called], "tools": TOOLS}


def fits(arguments: str) -> bool:
    """Whether arguments are JSON for the function."""
    try:
        jsonschema.validate(json.loads(arguments), SCHEMA)
    except (ValueError, jsonschema.ValidationError):
        return False
    return True


def ask(
    client: openai.OpenAI,
    model: str,
    names: Sequence[str],
    wordings: Sequence[str] = WORDINGS,
    choice: str = "auto",
) -> str:
    """Ask about each element, 16 at a time, and say how it went."""

    def one(number: int) -> openai.types.chat.chat_completion.Choice:
        return client.chat.completions.create(
            model=model,
            messages=[question(number, names[number], wordings)],
            tools=TOOLS,
            tool_choice=choice,
            temperature=0,
            max_tokens=60,
        ).choices[0]

    with ThreadPoolExecutor(16) as pool:
        choices = list(pool.map(one, range(len(names))))
    calls = [[call.function.arguments for call in each.message.tool_calls or ()] for each in choices]
    right = sum(
        len(made) == 1 and fits(made[0]) and json.loads(made[0])["name"].lower() == name.lower()
        for made, name in zip(calls, names, strict=True)
    )
    every = [arguments for made in calls for arguments in made]
    low, high = wilson(right, len(names))
    wrong = next((made for made, name in zip(calls, names, strict=True) if f'"{name}"' not in str(made)), "-")
    return (
        f"right {right} of {len(names)} ({low:.2f} to {high:.2f}), called {sum(map(bool, calls))}, "
        f"fitting arguments {sum(map(fits, every))} of {len(every)}; one that was not: {wrong!s:.80}"
    )


def train(client: openai.OpenAI, options: argparse.Namespace, rows: list[dict], seed: int) -> str:
    """One job; returns the model."""
    chosen = {"n_epochs": options.epochs, "batch_size": options.batch_size}
    more = {"training_method": options.training_method} if options.training_method else {}
    job, seconds = trained(client, options.model, rows, chosen, seed, **more)
    texts = [event.message for event in client.fine_tuning.jobs.list_events(job.id, limit=100)]
    way = next((text for text in texts if "float" in text or "LoRA" in text), "")
    print(f"seed {seed}: {len(rows)} rows, {seconds:.0f} s. {way}", flush=True)
    return job.fine_tuned_model


def main() -> None:
    """Print a line for each model and way to ask."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="smollm2-135m-instruct")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--rows", type=int, default=84)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--batch-size", type=int, default=2)
    parser.add_argument("--training-method", choices=("full", "lora"))
    parser.add_argument("--tuned-only", action="store_true", help="do not ask the base")
    options = parser.parse_args()
    with open(ROOT / "data" / "elements.csv", encoding="utf-8", newline="") as table:
        elements = [line["name"] for line in csv.DictReader(table)]
    print(machine("torch", "transformers", "trl"))
    with serve("--model", options.model) as server:
        client = openai.OpenAI(base_url=server.base_url, api_key=server.api_key, timeout=600)
        for seed in options.seeds:
            names = random.Random(seed).sample(elements, len(elements))
            held_out, seen = names[:HELD_OUT], names[HELD_OUT:][: options.rows]
            for choice in () if options.tuned_only else ("auto", "required"):
                said = ask(client, options.model, held_out, choice=choice)
                print(f"seed {seed}, base, {choice}: {said}", flush=True)
            model = train(client, options, [row(*each) for each in enumerate(seen)], seed)
            print(f"seed {seed}, tuned:", ask(client, model, held_out), flush=True)
            print(
                f"seed {seed}, tuned, new wordings:", ask(client, model, held_out, NEW_WORDINGS), flush=True
            )


if __name__ == "__main__":
    main()
