"""What the course's job costs over the bare training: tokens per second, with one and with two threads.

`python benchmarks/train_loop.py` trains the job of the course (144 rows, 3 epochs, batch 2) with the
server's own training program, with events and checkpoints, with and without a validation file, and in a
bare PyTorch loop with the same model, batches and steps. Each runs in a process of its own, in turns, so
that a busy moment does not hit one alone. The final training loss shows that all did the same work.
The wall time counts from the end of the first step to the end of the last, with the checkpoint and
validation there. The CPU time says the same on a busy machine. Takes about five minutes on two cores.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from common import BATCH_SIZE, EPOCHS, SEED, TRAINING, VALIDATION, child_environment, machine, reached

from finetune_dataset.models import PERIODIC_TINY

LEARNING_RATE = 4e-4
LIMIT = 0.9


@dataclass
class Run:
    """Tokens trained on after the first step, the time for them, and the loss at the last step."""

    tokens: int
    seconds: float
    cpu_seconds: float
    loss: float

    @property
    def speed(self) -> float:
        """Tokens per second."""
        return self.tokens / self.seconds

    @property
    def cpu_speed(self) -> float:
        """Tokens per second of CPU time."""
        return self.tokens / self.cpu_seconds


def batches(collate: object, rows: list[dict]) -> list[dict]:
    """The batches of all epochs, in the order in which the training program takes them."""
    from accelerate.data_loader import SeedableRandomSampler
    from torch.utils.data import DataLoader

    sampler = SeedableRandomSampler(rows, data_seed=SEED)
    loader = DataLoader(rows, BATCH_SIZE, sampler=sampler, collate_fn=collate)
    taken = []
    for epoch in range(EPOCHS):
        sampler.set_epoch(epoch)
        taken += loader
    return taken


def bare_loop() -> Run:
    """Forward, backward, clipping, AdamW and a falling rate, without any trainer."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    from local_server.training.rows.tokenize import read_rows, tokenize_row

    tokenizer = AutoTokenizer.from_pretrained(PERIODIC_TINY)
    model = AutoModelForCausalLM.from_pretrained(PERIODIC_TINY, dtype=torch.float32).train()
    rows = [tokenize_row(row, tokenizer, 1024) for _, row in read_rows(TRAINING)]
    data = batches(DataCollatorForLanguageModeling(tokenizer.pad_token_id), rows)
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=0.0, fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / len(data))
    for step, batch in enumerate(data):
        loss = model(**batch, use_cache=False).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        if step == 0:
            began, cpu = time.perf_counter(), time.process_time()
    tokens = sum(int(batch["attention_mask"].sum()) for batch in data[1:])
    return Run(tokens, time.perf_counter() - began, time.process_time() - cpu, loss.item())


def job(with_validation: bool) -> Run:
    """The training program itself, on a job folder like those of the server."""
    import threading

    from local_server.training.__main__ import train
    from local_server.training.job_log import Line, Log
    from local_server.training.specification import BASE_LEARNING_RATE, Specification

    class TimedLog(Log):
        """A log that also notes the CPU time of each line."""

        def __init__(self, path: Path) -> None:
            super().__init__(path)
            self.cpu: list[float] = []

        def append(self, line: Line) -> None:
            super().append(line)
            self.cpu.append(time.process_time())

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(TRAINING, folder / "training.jsonl")
        if with_validation:
            shutil.copy(VALIDATION, folder / "validation.jsonl")
        specification: Specification = {
            "n_epochs": EPOCHS,
            "batch_size": BATCH_SIZE,
            "learning_rate_multiplier": LEARNING_RATE / BASE_LEARNING_RATE,
            "learning_rate": LEARNING_RATE,
            "seed": SEED,
            "model_folder": str(PERIODIC_TINY),
        }
        log = TimedLog(folder / "events.jsonl")
        tokens = train(folder, specification, log, threading.Event())
        assert tokens is not None
    steps = log.metrics()
    # The bill counts the tokens of the first step too.
    tokens = round(tokens * (1 - 1 / len(steps)))
    seconds = log.lines[-1]["time"] - log.lines[0]["time"]
    return Run(tokens, seconds, log.cpu[-1] - log.cpu[0], steps[-1]["train_loss"])


LOOPS = {
    "bare PyTorch loop": bare_loop,
    "job": lambda: job(with_validation=False),
    "job with validation": lambda: job(with_validation=True),
}


def measure(loop: str, threads: int) -> Run:
    """Run one loop in a process with that many threads."""
    with tempfile.TemporaryDirectory() as state:
        result = subprocess.run(
            [sys.executable, __file__, "--loop", loop],
            env=child_environment(Path(state), threads),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            check=True,
        )
    return Run(**json.loads(result.stdout.splitlines()[-1]))


def main() -> None:
    """Measure every combination `--repeat` times and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3, help="runs of each combination (default: 3)")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="thread counts (default: 1 2)")
    parser.add_argument("--loop", choices=LOOPS, help="run one loop here and print its figures")
    arguments = parser.parse_args()
    if arguments.loop:
        print(json.dumps(asdict(LOOPS[arguments.loop]())))
        return
    print(machine("torch", "transformers", "trl"))
    print(f"batch {BATCH_SIZE}, {EPOCHS} epochs, medians of {arguments.repeat} runs\n")
    cases = [(loop, threads) for threads in arguments.threads for loop in LOOPS]
    runs: dict[tuple[str, int], list[Run]] = {case: [] for case in cases}
    for number in range(1, arguments.repeat + 1):
        for loop, threads in cases:
            runs[loop, threads].append(measure(loop, threads))
            speed = runs[loop, threads][-1].speed
            print(f"run {number}: {loop}, {threads} threads: {speed:.0f} tokens/s", file=sys.stderr)
    print(f"{'':<22}{'threads':>8}{'tokens/s':>10}{'per CPU s':>11}{'last loss':>11}")
    speeds = {case: median(run.speed for run in runs[case]) for case in cases}
    for case in cases:
        loop, threads = case
        cpu_speed = median(run.cpu_speed for run in runs[case])
        loss = runs[case][0].loss
        print(f"{loop:<22}{threads:>8}{speeds[case]:>10.0f}{cpu_speed:>11.0f}{loss:>11.4f}")
    print("\nat the best thread count of each, over the bare loop:")
    best = {loop: max(speeds[loop, threads] for threads in arguments.threads) for loop in LOOPS}
    for loop in list(LOOPS)[1:]:
        ratio = best[loop] / best["bare PyTorch loop"]
        print(f"{loop:<22}{ratio:>8.2f}   {reached(ratio, LIMIT, at_least=True)}")


if __name__ == "__main__":
    main()
