"""What the course's job costs over the bare training: tokens per second, with one and with two threads.

`python benchmarks/train_loop.py` trains the job of the course (144 rows, 3 epochs, batch 2) with the
server's own training program, with events and checkpoints, with and without a validation file, and in a
bare PyTorch loop with the same model, batches and steps. The bare loop scores the vocabulary at trained
positions only, as the program does: to score every position would take it 13 % longer (measured Nov 2026).
These are in float32. Then the job as the program chooses it, with matrix products in bfloat16 where the
processor is faster at them, and its peer: the bare loop in PyTorch's autocast.
Each runs in a process of its own, in turns, so that a busy moment does not hit one alone. The final training
loss shows that all did the same work. Times count from the end of the first step to the end of the last,
with the checkpoint and validation there; the limit is for processor time, and the clock stands beside it. At
last a warm server trains the job, from `jobs.create` to `succeeded`; the peer is the whole bare loop, without
its imports, in float32.
Takes about eight minutes on two cores; `--repeat 1 --threads 1 --epochs 1` takes 50 seconds.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from common import (
    BATCH_SIZE,
    EPOCHS,
    SEED,
    TRAINING,
    VALIDATION,
    Line,
    child_environment,
    machine,
    options,
    report,
    serve,
    trained_loss,
)
from first_step import Course

from finetune_dataset.models import PERIODIC_TINY

LEARNING_RATE = 4e-4
LIMIT, JOB_SECONDS = 0.95, 20
BARE, JOB, VALIDATED = "bare PyTorch loop", "job", "job with validation"
AUTOCAST, CHOSEN = "bare loop, autocast", "job as chosen"
# Each with its peer, and whether it has a limit.
PEERS = {JOB: (BARE, True), VALIDATED: (BARE, False), CHOSEN: (AUTOCAST, True)}


@dataclass
class Run:
    """Tokens trained on after the first step, the time for them, and the loss at the last step.

    Attributes:
        whole: Seconds with loading, rows and the first step; of the bare loop only.
    """

    tokens: int
    seconds: float
    cpu_seconds: float
    loss: float
    whole: float = 0.0

    @property
    def speed(self) -> float:
        """Tokens per second."""
        return self.tokens / self.seconds

    @property
    def cpu_speed(self) -> float:
        """Tokens per second of CPU time."""
        return self.tokens / self.cpu_seconds


def batches(collate: object, rows: list[dict], epochs: int) -> list[dict]:
    """The batches of all epochs, in the order in which the training program takes them."""
    from accelerate.data_loader import SeedableRandomSampler
    from torch.utils.data import DataLoader

    sampler = SeedableRandomSampler(rows, data_seed=SEED)
    loader = DataLoader(rows, BATCH_SIZE, sampler=sampler, collate_fn=collate)
    taken = []
    for epoch in range(epochs):
        sampler.set_epoch(epoch)
        taken += loader
    return taken


def bare_loop(epochs: int, *, autocast: bool) -> Run:
    """Forward, scores of trained positions, backward, clipping, AdamW and a falling rate; no trainer."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    from local_server.training.rows.tokenize import read_rows, tokenize_row

    started = time.perf_counter()
    tokenizer = AutoTokenizer.from_pretrained(PERIODIC_TINY)
    model = AutoModelForCausalLM.from_pretrained(PERIODIC_TINY, dtype=torch.float32).train()
    rows = [tokenize_row(row, tokenizer, 1024) for _, row in read_rows(TRAINING)]
    data = batches(DataCollatorForLanguageModeling(tokenizer.pad_token_id), rows, epochs)
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=0.0, fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / len(data))
    for step, batch in enumerate(data):
        with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
            loss = trained_loss(model, batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        if step == 0:
            began, cpu = time.perf_counter(), time.process_time()
    ended, spent = time.perf_counter(), time.process_time() - cpu
    tokens = sum(int(batch["attention_mask"].sum()) for batch in data[1:])
    return Run(tokens, ended - began, spent, loss.item(), ended - started)


def job(epochs: int, *, with_validation: bool = False, chosen: bool = False) -> Run:
    """The training program itself, on a job folder like those of the server."""
    import threading

    from local_server.training.__main__ import train
    from local_server.training.job_log import Line as Entry, Log
    from local_server.training.specification import Specification

    class TimedLog(Log):
        """A log that also notes the CPU time of each line."""

        def __init__(self, path: Path) -> None:
            super().__init__(path)
            self.cpu: list[float] = []

        def append(self, line: Entry) -> None:
            super().append(line)
            self.cpu.append(time.process_time())

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(TRAINING, folder / "training.jsonl")
        if with_validation:
            shutil.copy(VALIDATION, folder / "validation.jsonl")
        specification: Specification = {
            "n_epochs": epochs,
            "batch_size": BATCH_SIZE,
            "learning_rate_multiplier": 1.0,
            "learning_rate": LEARNING_RATE,
            "seed": SEED,
            "model_folder": str(PERIODIC_TINY),
        }
        if not chosen:
            specification["precision"] = "float32"
        log = TimedLog(folder / "events.jsonl")
        tokens = train(folder, specification, log, threading.Event())
        assert tokens is not None
    steps = log.metrics()
    # The bill counts the tokens of the first step too.
    tokens = round(tokens * (1 - 1 / len(steps)))
    first = next(place for place, line in enumerate(log.lines) if line["kind"] == "metrics")
    seconds = log.lines[-1]["time"] - log.lines[first]["time"]
    return Run(tokens, seconds, log.cpu[-1] - log.cpu[first], steps[-1]["train_loss"])


LOOPS = {
    BARE: lambda epochs: bare_loop(epochs, autocast=False),
    JOB: job,
    VALIDATED: lambda epochs: job(epochs, with_validation=True),
    AUTOCAST: lambda epochs: bare_loop(epochs, autocast=True),
    CHOSEN: lambda epochs: job(epochs, chosen=True),
}
Runs = dict[tuple[str, int], list[Run]]


def measure(loop: str, threads: int, epochs: int) -> Run:
    """Run one loop in a process with that many threads."""
    with tempfile.TemporaryDirectory() as state:
        result = subprocess.run(
            [sys.executable, __file__, "--loop", loop, "--epochs", str(epochs)],
            env=child_environment(Path(state), threads),
            capture_output=True,
            text=True,
        )
    if result.returncode:
        sys.exit(f"{loop}: {result.stderr}")
    return Run(**json.loads(result.stdout.splitlines()[-1]))


def lines(runs: Runs, threads: int, whole_jobs: list[float]) -> list[Line]:
    """The figures that have a limit: with the server's own number of threads."""
    found = []
    for loop, (peer, limited) in PEERS.items():
        limit = LIMIT if limited else None
        for time_of in ("cpu_speed", "speed"):
            ours, bare = ([getattr(run, time_of) for run in runs[name, threads]] for name in (loop, peer))
            ratio = median(mine / other for mine, other in zip(ours, bare, strict=True))
            unit = "tokens per processor s" if time_of == "cpu_speed" else "tokens/s"
            # The clock is beside it: on a shared machine it says little.
            reach = limit if time_of == "cpu_speed" else None
            found.append(Line(f"training step, {loop}", unit, median(ours), peer, median(bare), ratio, reach))
    if whole_jobs:
        ours, bare = median(whole_jobs), median(run.whole for run in runs[BARE, threads])
        found.append(
            Line("jobs.create to succeeded", "s", ours, BARE, bare, ours / bare, JOB_SECONDS, False, "ours")
        )
    return found


def main() -> None:
    """Measure every combination `--repeat` times and print the medians."""
    parser = options(__doc__)
    parser.add_argument("--repeat", type=int, default=3, help="runs of each combination (default: 3)")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="thread counts (default: 1 2)")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help="fewer measure no whole job (default: 3)")
    parser.add_argument("--loop", choices=LOOPS, help="run one loop here and print its figures")
    arguments = parser.parse_args()
    epochs = arguments.epochs
    if arguments.loop:
        print(json.dumps(asdict(LOOPS[arguments.loop](epochs))))
        return
    print(machine("torch", "transformers", "trl"))
    print(f"batch {BATCH_SIZE}, {epochs} epochs, medians of {arguments.repeat} runs\n")
    cases = [(loop, threads) for threads in arguments.threads for loop in LOOPS]
    runs: Runs = {case: [] for case in cases}
    for number in range(1, arguments.repeat + 1):
        for loop, threads in cases:
            runs[loop, threads].append(measure(loop, threads, epochs))
            speed = runs[loop, threads][-1].speed
            print(f"run {number}: {loop}, {threads} threads: {speed:.0f} tokens/s", file=sys.stderr)
    print(f"{'':<22}{'threads':>8}{'tokens/s':>10}{'per CPU s':>11}{'last loss':>11}")
    for loop, threads in cases:
        speed, cpu_speed = (
            median(getattr(run, of) for run in runs[loop, threads]) for of in ("speed", "cpu_speed")
        )
        loss = runs[loop, threads][0].loss
        print(f"{loop:<22}{threads:>8}{speed:>10.0f}{cpu_speed:>11.0f}{loss:>11.4f}")
    whole_jobs: list[float] = []
    if epochs == EPOCHS:
        with serve() as server:
            course = Course(server)
            whole_jobs = [course.whole_job() for _ in range(arguments.repeat)]
    report(lines(runs, min(arguments.threads), whole_jobs), arguments.lines)


if __name__ == "__main__":
    main()
