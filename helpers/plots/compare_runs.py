"""Several jobs in one picture, and in words for readers who cannot see it."""

from collections.abc import Mapping
from typing import Literal

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from finetune_dataset.errors import FineTuneError
from helpers.jobs.describe import _comparable
from helpers.jobs.losses import (
    Quantity,
    epoch_ends,
    has_values,
    measured,
    number,
    quantity,
    steps_per_epoch,
    validation,
)
from helpers.plots.axes import calm, finish, joined, set_height, star, thinned
from helpers.plots.style import BLUE, GREEN, INK, ORANGE, PURPLE, SKY, VERMILLION, say_nothing, style

_RUN_STYLES = (
    (BLUE, "-", "D"),
    (VERMILLION, "--", "o"),
    (GREEN, "-.", "s"),
    (ORANGE, (0, (4, 1, 1, 1, 1, 1)), "^"),
    (PURPLE, (0, (1, 1)), "v"),
    (SKY, (0, (6, 2)), "P"),
    (INK, (0, (2, 3)), "X"),
)


def compare_runs(
    runs: Mapping[str, pd.DataFrame], *, x: Literal["step", "epoch"] = "step", ax: Axes | None = None
) -> Axes:
    """Show several jobs in one picture, such as the same file with other learning rates.

    Each job has its color, its line and its marker. The thin line is the training loss,
    smoothed as in `plot_loss`; the markers are the full validation loss (where a job has
    none, the validation loss of a part of the file). A star marks the lowest of all.
    Losses of different validation files, or of models with different tokens, do not compare.

    Args:
        runs: name → table of `metrics_frame`; two to seven jobs are readable.
        x: "step", or "epoch" for jobs whose epochs have different numbers of steps.
        ax: where to draw; a new figure without it.

    Returns:
        The Axes.

    Raises:
        FineTuneError: no job, more than seven, or a job whose epochs are not known.
    """
    if not 1 <= len(runs) <= len(_RUN_STYLES):
        raise FineTuneError(
            f"compare_runs draws 1 to {len(_RUN_STYLES)} jobs that one can tell apart; found {len(runs)}. "
            "Choose some of them."
        )
    scales = [_steps_per_epoch_of(name, run) if x == "epoch" else 1 for name, run in runs.items()]
    what = quantity(pd.concat(runs.values()))
    with style():
        ax = ax or plt.subplots(figsize=(7, 4.6))[1]
        ax.set_title(f"{what.name.split()[-1].capitalize()} of {len(runs)} job{'s' * (len(runs) > 1)}")
        if not any(has_values(run, what) for run in runs.values()):
            return say_nothing(ax, "No loss has been reported yet.")
        set_height(ax, list(runs.values()), what)
        for (name, run), scale, (color, line, marker) in zip(runs.items(), scales, _RUN_STYLES, strict=False):
            train = measured(run, what.train)
            shown = joined(thinned(calm(train)))
            ax.plot(shown.index / scale, shown, color=color, ls=line, lw=1.1, alpha=0.8)
            values, _ = validation(run, what)
            ax.plot(values.index / scale, values, color=color, ls=line, marker=marker, ms=7, mec="white",
                    lw=2, label=name)  # fmt: skip
        _mark_best_run(ax, runs, dict(zip(runs, scales, strict=True)), what)
        finish(ax, what, x)
        ax.get_legend().set_title(f"thin: training {what.name}, smoothed; with markers: validation")
    return ax


def _steps_per_epoch_of(name: str, run: pd.DataFrame) -> int:
    size = steps_per_epoch(run, epoch_ends(run, None))
    if size is None:
        raise FineTuneError(
            f"The number of steps in an epoch of {name!r} is not known: fewer than two epochs have ended "
            'with a full validation loss. Use x="step".'
        )
    return size


def _mark_best_run(
    ax: Axes, runs: Mapping[str, pd.DataFrame], scales: Mapping[str, int], what: Quantity
) -> None:
    best = _comparable(runs, what)
    if best:
        name = (min if what.lower_is_better else max)(best, key=lambda name: best[name][0])
        value, step = best[name]
        star(ax, step / scales[name], value, f"best: {name}, step {step}: {number(value)}")
