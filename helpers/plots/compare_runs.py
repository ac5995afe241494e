"""Several jobs in one picture."""

from collections.abc import Mapping
from typing import Literal

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from finetune_dataset.errors import FineTuneError
from helpers.jobs.losses.report import LossReport, best_values, read_runs
from helpers.jobs.losses.values import number
from helpers.plots.axes import finish_axes, in_picture, line_points, mark_best, set_loss_range
from helpers.plots.style import BLUE, GREEN, INK, ORANGE, PURPLE, SKY, VERMILLION, explain_empty_plot, style

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
        runs: Name → table of `metrics_frame`; two to seven jobs are readable.
        x: "step", or "epoch" for jobs whose epochs have different numbers of steps.
        ax: Where to draw; a new figure without it.

    Returns:
        The Axes.

    Raises:
        FineTuneError: No job, more than seven, or a job whose epochs are not known.
    """
    if not 1 <= len(runs) <= len(_RUN_STYLES):
        raise FineTuneError(
            f"compare_runs draws 1 to {len(_RUN_STYLES)} jobs that one can tell apart; found {len(runs)}. "
            "Choose some of them."
        )
    reports = read_runs(runs)
    scales = {name: _steps_per_epoch(name, report) if x == "epoch" else 1 for name, report in reports.items()}
    what = next(iter(reports.values())).quantity
    with style():
        ax = ax or plt.subplots(figsize=(7, 4.6))[1]
        ax.set_title(f"{what.title} of {len(runs)} job{'s' * (len(runs) > 1)}")
        if all(report.empty for report in reports.values()):
            return explain_empty_plot(ax, "No loss has been reported yet.")
        set_loss_range(ax, reports.values())
        for (name, report), (color, line, marker) in zip(reports.items(), _RUN_STYLES, strict=False):
            shown = in_picture(ax, line_points(report.smoothed))
            values, scale = in_picture(ax, report.validation), scales[name]
            ax.plot(shown.index / scale, shown, color=color, ls=line, lw=1.1, alpha=0.8)
            ax.plot(values.index / scale, values, color=color, ls=line, marker=marker, ms=7, mec="white",
                    lw=2, label=name + _diverged(report))  # fmt: skip
        _mark_best_run(ax, reports, scales)
        legend = finish_axes(ax, what, x)
        legend.set_title(f"thin: training {what.name}, smoothed; with markers: validation")
    return ax


def _diverged(report: LossReport) -> str:
    """Say in the legend what no line can show."""
    rise = report.rise
    return f" (diverged: no number from step {rise.step} on)" if rise and rise.is_no_number else ""


def _steps_per_epoch(name: str, report: LossReport) -> int:
    if report.steps_per_epoch is None:
        raise FineTuneError(
            f"The number of steps in an epoch of {name!r} is not known: fewer than two epochs have ended "
            'with a full validation loss. Use x="step".'
        )
    return report.steps_per_epoch


def _mark_best_run(ax: Axes, reports: Mapping[str, LossReport], scales: Mapping[str, int]) -> None:
    best = best_values(reports)
    if best:
        name = next(iter(best))
        value, step = best[name]
        height = max(value, ax.get_ylim()[0]) if ax.get_yscale() == "log" else value
        mark_best(ax, step / scales[name], height, f"best: {name}, step {step}: {number(value)}")
