"""How fast training is with one and two threads, and what TRL's trainer costs.

`python benchmarks/train_threads.py` measures the base model of the course. It prints optimizer steps
per second for TRL's SFT trainer and for a bare PyTorch loop on the same rows, each in a process of
its own, in turns, so that a busy moment does not hit one alone. Takes about two minutes on two cores.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from local_server.settings import DEFAULT_MODEL, Settings  # noqa: E402

ROWS, STEPS, WARM_UP = 72, 36, 4


def rows() -> list[dict]:
    """The first rows of the course's own training data."""
    with open(ROOT / "data" / "limericks.jsonl", encoding="utf-8") as lines:
        return [json.loads(line) for line, _ in zip(lines, range(ROWS), strict=False)]


def tokenized(model_folder: str) -> tuple[object, object, list[dict]]:
    """The model in float32, its tokenizer, and the rows as the training program sees them."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from local_server.rows import tokenize_row

    tokenizer = AutoTokenizer.from_pretrained(model_folder)
    model = AutoModelForCausalLM.from_pretrained(model_folder, dtype=torch.float32)
    return model, tokenizer, [tokenize_row(row, tokenizer, 512) for row in rows()]


def trl_loop(model_folder: str, batch_size: int) -> float:
    """Steps per second of the training program itself, read from the times of its events."""
    import threading

    from local_server.job_log import Log
    from local_server.train import train

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "training.jsonl").write_text(
            "".join(json.dumps(row) + "\n" for row in rows()), encoding="utf-8"
        )
        epochs = math.ceil(STEPS * batch_size / ROWS)
        job = {"n_epochs": epochs, "batch_size": batch_size, "learning_rate": 3e-4, "seed": 1}
        log = Log(folder / "events.jsonl")
        train(folder, job | {"model_folder": model_folder}, log, threading.Event())
        times = [line["time"] for line in log.lines if line["kind"] == "metrics"][WARM_UP:STEPS]
    return (len(times) - 1) / (times[-1] - times[0])


def bare_loop(model_folder: str, batch_size: int) -> float:
    """Steps per second of forward, backward and AdamW without any trainer."""
    import torch
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    model, tokenizer, data = tokenized(model_folder)
    collate = DataCollatorForLanguageModeling(tokenizer.pad_token_id or 0)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4)
    model.train()
    times = []
    for step in range(STEPS):
        start = step * batch_size % ROWS
        batch = collate(data[start : start + batch_size])
        model(**batch, use_cache=False).loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        times.append(time.perf_counter())
    return (STEPS - 1 - WARM_UP) / (times[-1] - times[WARM_UP])


def measure(loop: str, model: Path, threads: int, batch_size: int) -> float:
    """Run one loop in a process with that many threads; returns steps per second."""
    with tempfile.TemporaryDirectory() as state:
        environment = Settings(Path(state), model, "", threads=threads).child_environment()
        command = [
            sys.executable,
            __file__,
            "--model",
            str(model),
            "--loop",
            loop,
            "--batch",
            str(batch_size),
        ]
        result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return float(result.stdout.splitlines()[-1])


def main() -> None:
    """Measure every combination `--repeat` times and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=DEFAULT_MODEL, help="folder of the base model")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each combination (default: 3)")
    parser.add_argument("--batch", type=int, default=2, help="rows in one step (default: 2)")
    parser.add_argument("--loop", choices=["trl", "bare"], help="run one loop here and print its speed")
    arguments = parser.parse_args()
    if arguments.loop:
        loop = {"trl": trl_loop, "bare": bare_loop}[arguments.loop]
        print(loop(str(arguments.model.absolute()), arguments.batch))
        return
    cases = [(loop, threads) for threads in (1, 2) for loop in ("trl", "bare")]
    speeds: dict[tuple[str, int], list[float]] = {case: [] for case in cases}
    for _ in range(arguments.repeat):
        for loop, threads in cases:
            speeds[loop, threads].append(measure(loop, arguments.model.absolute(), threads, arguments.batch))
    print(f"batch {arguments.batch}, median of {arguments.repeat} runs of {STEPS} steps\n")
    print("threads   TRL steps/s   bare steps/s   time of TRL over bare")
    for threads in (1, 2):
        trl, bare = median(speeds["trl", threads]), median(speeds["bare", threads])
        print(f"{threads:>7}   {trl:>11.1f}   {bare:>12.1f}   {bare / trl - 1:>+21.0%}")


if __name__ == "__main__":
    main()
