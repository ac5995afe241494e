"""How long does it take to draw a job's loss curve again, as the live view does?

    python benchmarks/redraw.py

Draws a job of 10,000 steps into a PNG of the course's size, beside the course's own job and a
figure with empty axes: text and layout take most of the time, not the points. Processor time.
"""

import argparse
import io
import random
import statistics
import time
from collections.abc import Callable

import pandas as pd
from common import ROOT, machine, reached
from matplotlib.figure import Figure

from helpers.jobs.losses.report import read_losses
from helpers.plots.loss import loss_png
from helpers.plots.style import style

STEPS, EPOCH = 10_000, 1_000
LIMIT_MS = 100


def long_job() -> pd.DataFrame:
    """A falling, jumping loss at every step, with validation every 20 steps and after each epoch."""
    chance, steps = random.Random(7), range(1, STEPS + 1)
    level = [0.3 + 5 * 0.999**step for step in steps]
    return pd.DataFrame(
        {
            "step": steps,
            "total_steps": STEPS,
            "train_loss": [loss * chance.lognormvariate(0, 0.4) for loss in level],
            "valid_loss": [1.1 * loss if step % 20 == 1 else None for step, loss in enumerate(level, 1)],
            "full_valid_loss": [
                1.1 * loss if step % EPOCH == 0 else None for step, loss in enumerate(level, 1)
            ],
        }
    )


def last_epochs(metrics: pd.DataFrame) -> pd.DataFrame:
    """The checkpoints that a service would keep."""
    kept = metrics.dropna(subset=["full_valid_loss"]).tail(3)
    return kept.assign(fine_tuned_model_checkpoint=[f"ckpt-step-{step}" for step in kept["step"]])


def milliseconds(draw: Callable[[], object], rounds: int) -> float:
    """Median processor time of one call."""
    found = []
    for _ in range(rounds):
        start = time.process_time()
        draw()
        found.append(time.process_time() - start)
    return 1000 * statistics.median(found)


def empty_png() -> None:
    """A PNG of axes with nothing in them."""
    with style():
        figure = Figure(figsize=(7, 4.6), layout="none")
        figure.add_subplot()
        figure.savefig(io.BytesIO(), format="png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    course, long = pd.read_csv(ROOT / "data" / "sample_run" / "04_metrics.csv"), long_job()
    print(machine("matplotlib", "pandas"))
    cases: dict[str, Callable[[], object]] = {
        "empty axes": empty_png,
        f"the course's job, {len(course)} steps": lambda: loss_png(read_losses(course, checkpoints=last_epochs(course))),
        f"{STEPS:,} steps": lambda: loss_png(read_losses(long, checkpoints=last_epochs(long))),
    }
    for name, draw in cases.items():
        taken = milliseconds(draw, rounds)
        print(f"{name:28} {taken:6.0f} ms")
    print(f"redraw at {STEPS:,} points: {reached(taken, LIMIT_MS, at_least=False)} ms")


if __name__ == "__main__":
    main()
