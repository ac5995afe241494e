"""How fast 64 short chat answers are: from the local server, bare transformers and `transformers serve`.

`python benchmarks/chat.py` asks the base model 64 questions of the course at the same time, at most 48
tokens each, temperature 0. It prints answers per second and ratios, medians of `--repeat` rounds after one
round that does not count. Every server and the bare loop run with the same number of threads; they take
turns, so that a busy moment does not hit one alone. `transformers serve` needs
`pip install "transformers[serving]"` and can take a minute until it answers; without it, its lines say so.
Takes about five minutes on two cores.

`python benchmarks/chat.py --company` measures how long one learner waits for five tokens: alone, beside 64
answers without an end, beside prompts as large as a request may be, and beside prompts that fill the context.
Takes about two minutes.
"""

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import httpx2

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from finetune_dataset.models import PERIODIC_TINY  # noqa: E402
from local_server.base_models import read_base_model  # noqa: E402
from local_server.settings import Settings  # noqa: E402

REQUESTS, MAX_TOKENS = 64, 48
# A server that reads the model for the first time may need this long.
START_SECONDS = 300


def chats() -> list[list[dict]]:
    """The prompts of the first rows of the course's own training data."""
    with open(ROOT / "data" / "limericks.jsonl", encoding="utf-8") as lines:
        return [json.loads(line)["messages"][:-1] for line, _ in zip(lines, range(REQUESTS), strict=False)]


@dataclass
class Round:
    """One round of 64 answers: how long it took, and what the answers were."""

    seconds: float
    texts: list[str]


def bare_loop(model_folder: str) -> None:
    """For each line on stdin, generate all answers in one padded batch and print the round as JSON."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(model_folder, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(model_folder, padding_side="left")
    for _ in sys.stdin:
        start = time.perf_counter()
        batch = tokenizer.apply_chat_template(
            chats(), add_generation_prompt=True, padding=True, return_tensors="pt", return_dict=True
        )
        with torch.inference_mode():
            output = model.generate(
                batch["input_ids"],
                attention_mask=batch["attention_mask"],
                max_new_tokens=MAX_TOKENS,
                do_sample=False,
            )
        answers = output[:, batch["input_ids"].shape[1] :]
        texts = tokenizer.batch_decode(answers, skip_special_tokens=True)
        print(json.dumps({"seconds": time.perf_counter() - start, "texts": texts}), flush=True)


async def ask_all(base_url: str, api_key: str, model: str) -> Round:
    """Send all requests at once; each has a connection of its own."""
    limits = httpx2.Limits(max_connections=REQUESTS, max_keepalive_connections=REQUESTS)
    headers = {"Authorization": f"Bearer {api_key}"}
    async with httpx2.AsyncClient(
        base_url=base_url, headers=headers, limits=limits, timeout=START_SECONDS, trust_env=False
    ) as client:

        async def ask(messages: list[dict]) -> str:
            body = {"model": model, "messages": messages, "max_tokens": MAX_TOKENS, "temperature": 0}
            answer = await client.post("/chat/completions", json=body)
            answer.raise_for_status()
            return answer.json()["choices"][0]["message"]["content"]

        start = time.perf_counter()
        texts = await asyncio.gather(*[ask(messages) for messages in chats()])
        return Round(time.perf_counter() - start, texts)


@contextmanager
def running(command: list[str], environment: dict[str, str], **options: object) -> Iterator[subprocess.Popen]:
    """A child process that ends with the block."""
    process = subprocess.Popen(command, env=environment, cwd=ROOT, text=True, **options)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def bare(model: Path, environment: dict[str, str]) -> Iterator[Callable[[], Round]]:
    """transformers' `generate` in a process of its own."""
    command = [sys.executable, __file__, "--bare", "--model", str(model)]
    with running(
        command, environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:

        def one_round() -> Round:
            process.stdin.write("go\n")
            process.stdin.flush()
            return Round(**json.loads(process.stdout.readline()))

        yield one_round


@contextmanager
def server(model: Path, state: Path) -> Iterator[tuple[dict, str]]:
    """The course's server with its own settings: its address, and the id of its base model."""
    command = [
        sys.executable,
        "-m",
        "local_server",
        "--port",
        "0",
        "--state",
        str(state),
        "--model",
        str(model),
    ]
    with running(command, dict(os.environ), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        address = json.loads(process.stdout.readline())
        yield address, read_base_model(model).id


@contextmanager
def local_server(model: Path, state: Path) -> Iterator[Callable[[], Round]]:
    """The course's server, asked."""
    with server(model, state) as (address, model_id):
        yield lambda: asyncio.run(ask_all(address["base_url"], address["api_key"], model_id))


@contextmanager
def transformers_serve(
    model: Path, environment: dict[str, str], *options: str
) -> Iterator[Callable[[], Round]]:
    """`transformers serve` on the same folder, in float32 as the others."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    program = str(Path(sys.executable).with_name("transformers"))
    command = [program, "serve", str(model), "--host", "127.0.0.1", "--port", port, "--device", "cpu"]
    command += ["--dtype", "float32", *options]
    with running(command, environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + START_SECONDS
        while True:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(
                    "`transformers serve` does not run here; is transformers[serving] installed?"
                )
            try:
                socket.create_connection(("127.0.0.1", int(port)), 1).close()
                break
            except OSError:
                time.sleep(1)
        yield lambda: asyncio.run(ask_all(f"http://127.0.0.1:{port}/v1", "none", str(model)))


def measure(model: Path, repeat: int) -> tuple[dict[str, list[Round]], dict[str, str]]:
    """All rounds by name, and why a name has none."""
    rounds: dict[str, list[Round]] = {}
    problems: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        state = Path(folder)
        environment = Settings(state, (), "").child_environment()
        serve = "transformers serve"
        starts = {
            "local server": lambda: local_server(model, state),
            "bare generate": lambda: bare(model, environment),
            serve: lambda: transformers_serve(model, environment),
            f"{serve}, batching": lambda: transformers_serve(model, environment, "--continuous-batching"),
        }
        askers = {}
        for name, start in starts.items():
            try:
                askers[name] = stack.enter_context(start())
                askers[name]()
                rounds[name] = []
            except (RuntimeError, OSError, httpx2.HTTPError) as error:
                problems[name] = f"{type(error).__name__}: {error}"
        for _ in range(repeat):
            for name in rounds:
                rounds[name].append(askers[name]())
    return rounds, problems


# Rewarding what was said before makes the model repeat itself until the context is full.
ENDLESS = {"temperature": 0, "frequency_penalty": -2, "presence_penalty": -2, "stream": True}
COMPANY = {
    "alone": (0, {}),
    "64 answers without an end": (64, ENDLESS | {"content": "la la la la la la"}),
    "2 x 4 MB prompts, again and again": (2, {"content": "la " * 1_300_000}),
    "4 x 1,000-token prompts, again and again": (4, {"content": "la " * 499, "max_tokens": 1}),
}


async def keep_asking(client: httpx2.AsyncClient, model: str, options: dict) -> None:
    """Send the same request again and again; refusals count as answers."""
    body = {"model": model, **options, "messages": [{"role": "user", "content": options["content"]}]}
    del body["content"]
    while True:
        async with client.stream("POST", "/chat/completions", json=body) as answer:
            async for _ in answer.aiter_raw():
                pass


async def waits(address: dict, model: str, count: int, options: dict, repeat: int) -> list[float]:
    """How long each of the questions took, one after the other, beside `count` others."""
    limits = httpx2.Limits(max_connections=None)
    async with httpx2.AsyncClient(
        base_url=address["base_url"],
        headers={"Authorization": f"Bearer {address['api_key']}"},
        limits=limits,
        timeout=START_SECONDS,
        trust_env=False,
    ) as client:
        others = [asyncio.create_task(keep_asking(client, model, options)) for _ in range(count)]
        await asyncio.sleep(5 if count else 0)
        body = {"model": model, "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 5}
        seconds = []
        for _ in range(repeat):
            start = time.perf_counter()
            (await client.post("/chat/completions", json=body)).raise_for_status()
            seconds.append(time.perf_counter() - start)
        for other in others:
            other.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        return seconds


def in_company(model: Path, repeat: int) -> None:
    """Print what a five-token answer takes beside others."""
    print(f"{'five tokens, ' + str(repeat) + ' times':<42}{'median s':>9}{'longest':>9}")
    for name, (count, options) in COMPANY.items():
        with tempfile.TemporaryDirectory() as folder, server(model, Path(folder)) as (address, model_id):
            asyncio.run(waits(address, model_id, 0, {}, 2))
            seconds = asyncio.run(waits(address, model_id, count, options, repeat))
        print(f"{name:<42}{median(seconds):>9.3f}{max(seconds):>9.3f}", flush=True)


def main() -> None:
    """Measure in turns and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=PERIODIC_TINY, help="folder of the base model")
    parser.add_argument("--repeat", type=int, default=5, help="rounds of each that count (default: 5)")
    parser.add_argument("--bare", action="store_true", help="generate here, one round for each line on stdin")
    parser.add_argument("--company", action="store_true", help="measure a short question beside others")
    arguments = parser.parse_args()
    model = arguments.model.absolute()
    if arguments.company:
        in_company(model, arguments.repeat)
        return
    if arguments.bare:
        bare_loop(str(model))
        return
    rounds, problems = measure(model, arguments.repeat)
    seconds = {name: median(one.seconds for one in rounds[name]) for name in rounds}
    ours, expected = seconds["local server"], rounds["bare generate"][0].texts
    print(f"{REQUESTS} answers of at most {MAX_TOKENS} tokens at once, median of {arguments.repeat} rounds\n")
    print(
        "                             seconds   answers/s   its time over ours   answers as bare generate's"
    )
    for name, time_needed in seconds.items():
        same = sum(map(str.__eq__, rounds[name][-1].texts, expected))
        print(
            f"{name:<27}{time_needed:>9.2f}{REQUESTS / time_needed:>12.1f}"
            f"{time_needed / ours:>20.2f}x{same:>23} of {REQUESTS}"
        )
    for name, problem in problems.items():
        print(f"{name:<27} not measured: {problem}")


if __name__ == "__main__":
    main()
