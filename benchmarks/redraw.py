"""How long does it take to draw a job's loss curve again, as the live view does?

    python benchmarks/redraw.py

Brings the panel of a job of 10,000 steps up to date: reads its tables, writes the sentence, draws the
PNG of the course's size. Beside it, the course's own job. The peer is a figure with empty axes, made,
drawn and saved as a PNG: text and layout take most of the time, not the points. Ratios of processor
time, medians of rounds in which all cases take turns. Then it counts how often the tables are read.
"""

import cProfile
import io
import pstats
import random
import time
from collections.abc import Callable, Mapping
from statistics import median

import pandas as pd
from common import ROOT, Line, machine, options, report
from matplotlib.figure import Figure

from helpers.jobs.event_messages import METRICS
from helpers.jobs.facts import job_facts
from helpers.jobs.losses.overfitting import find_rise
from helpers.jobs.losses.report import read_losses
from helpers.jobs.progress import describe_progress
from helpers.jobs.snapshot import JobSnapshot
from helpers.monitor.panel import Panel
from helpers.plots.style import style

STEPS, EPOCH = 10_000, 1_000
MOST_TIMES, READINGS = 2.5, 1
EMPTY = "empty axes"
JOB = {"id": "ftjob-1", "status": "running", "model": "periodic-tiny-2026-11", "created_at": 0}


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


def redraw(metrics: pd.DataFrame) -> Callable[[], None]:
    """Bring a panel up to date with two states of a job in turn, as new numbers come."""
    metrics = metrics.reindex(columns=["step", "total_steps", *METRICS])
    checkpoints, panel = last_epochs(metrics), Panel(compact=False)
    tables = [metrics.iloc[:-1], metrics]

    def update() -> None:
        tables.reverse()
        progress = describe_progress(JOB, [], metrics=tables[0])
        panel.update(JobSnapshot(job_facts(JOB), progress, tables[0], checkpoints), at_once=True)

    return update


def empty_png() -> None:
    """A PNG of axes with nothing in them."""
    with style():
        figure = Figure(figsize=(7, 4.6), layout="none")
        figure.add_subplot()
        figure.savefig(io.BytesIO(), format="png")


def milliseconds(cases: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Processor time of each call of each case, in turns."""
    found: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds + 1):
        for name, draw in cases.items():
            start = time.process_time()
            draw()
            found[name].append(1000 * (time.process_time() - start))
    # The first round loads fonts.
    return {name: times[1:] for name, times in found.items()}


def times_called(function: Callable[..., object], run: Callable[[], object]) -> int:
    """How often something calls a function, at any depth."""
    profile = cProfile.Profile()
    profile.runcall(run)
    code = function.__code__
    place = (code.co_filename, code.co_firstlineno, code.co_name)
    return pstats.Stats(profile).stats.get(place, (0, 0))[1]


def main() -> None:
    """Measure and print."""
    parser = options(__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="times that each is drawn (default: 15)")
    arguments = parser.parse_args()
    course = pd.read_csv(ROOT / "data" / "sample_runs" / "elle-tiny" / "04_metrics.csv")
    longest = f"{STEPS:,} steps"
    cases: dict[str, Callable[[], object]] = {
        EMPTY: empty_png,
        f"the course's job, {len(course)} steps": redraw(course),
        longest: redraw(long_job()),
    }
    print(machine("matplotlib", "pandas"))
    taken = milliseconds(cases, arguments.rounds)
    empty = taken.pop(EMPTY)
    lines = [
        Line(
            f"redraw, {name}", "processor ms", median(times), EMPTY, median(empty),
            median(mine / other for mine, other in zip(times, empty, strict=True)),
            MOST_TIMES if name == longest else None, at_least=False,
        )
        for name, times in taken.items()
    ]  # fmt: skip
    for function in (read_losses, find_rise):
        times = times_called(function, cases[longest])
        work = f"{function.__name__} in one redraw"
        lines.append(Line(work, "times", times, reach=READINGS, at_least=False, limits="ours"))
    report(lines, arguments.lines)


if __name__ == "__main__":
    main()
