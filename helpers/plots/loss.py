"""The loss curve of a job as a picture.

`read_losses` finds what is worth showing; this module draws it. Nothing is said by color
alone: each line has its own style or marker, and a name.
"""

import math

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from helpers.jobs.losses.report import LossReport, read_losses
from helpers.jobs.losses.values import number, percent
from helpers.plots.axes import (
    downsample,
    finish_axes,
    in_picture,
    line_points,
    mark_best,
    round_up,
    set_loss_range,
    shifted_by_points,
    value_label,
)
from helpers.plots.style import BLUE, GRAY, INK, ORANGE, VERMILLION, explain_empty_plot, style

HEIGHT = 4.6
"""Height of a new figure, in inches: the course's 4 inches, and room for the legend."""

_DOTS_UNTIL = 30
"""Up to this many values, each is a dot: a line alone cannot show a single value."""

_EPOCH_NUMBERS = 12
"""About so many numbers of epochs stand side by side without touching."""

_CORNER_FROM = 0.7
"""Share of the height from which on a curve would run behind a note in the upper corner."""

_NOTE_ROOM = 0.25
"""Share of its height by which a picture grows when a note stands at its lower edge."""

ABOVE_EPOCHS = 24
"""Points between the picture and its title: the numbers of the epochs stand there."""

_SIDE = 0.03
"""Empty share of the width at each side of a picture that stands still."""


def plot_loss(
    metrics: pd.DataFrame, *, checkpoints: pd.DataFrame | None = None, ax: Axes | None = None
) -> Axes:
    """Show whether a job learns, and whether it learns by heart.

    The training loss is drawn per step (faint) and smoothed (strong): the mean of the
    steps around it, one fifteenth of the job; the legend names the number. Thin lines
    are ends of epochs, dashed ones with a triangle are checkpoints. A star marks the
    best checkpoint by full validation loss; without checkpoints, the lowest full
    validation loss. The picture is shaded from there on when the job overfits, by the
    rule of `find_overfitting`; a note has the numbers.

    The loss axis is logarithmic, so that the whole fall is in the picture: a job often starts at
    5 to 10 and ends below 0.1. Equal distances are equal ratios: from 1.0 to 1.5 is as far as from
    0.10 to 0.15. The axis spans one power of ten at least, and four at most: lower values, such as
    the 0.00 that services round to, stand at the lower edge, and the legend says how low they are.

    A job without any loss, but with rewards, is drawn by its rewards: higher is better. A job that prefers
    one answer over another (dpo) is drawn by the margin between the rewards of both.

    Args:
        metrics: Table of `metrics_frame` or `read_result_file`: step and losses
            (cross-entropy per token, in nats). A table of `checkpoints_frame` works too.
        checkpoints: Table of `checkpoints_frame`. Drawn in place of metrics that have
            no value, as with services that report losses there only.
        ax: Where to draw; a new figure without it.

    Returns:
        The Axes.

    Raises:
        FineTuneError: The table has no column "step".
    """
    report = read_losses(metrics, checkpoints=checkpoints)
    with style():
        ax = ax or plt.subplots(figsize=(7, HEIGHT))[1]
        return draw_losses(report, ax)


def draw_losses(report: LossReport, ax: Axes, *, steady: bool = False) -> Axes:
    """Draw a report, as `plot_loss` does.

    Args:
        report: The losses, read by `read_losses`.
        ax: Empty Axes, made in the style of the course; drawn within it, too.
        steady: The job runs, and the picture is drawn again and again: its axes should stand still. The
            step axis then has room for all steps, where their number is known.

    Returns:
        The Axes.
    """
    what = report.quantity
    # With y, matplotlib does not measure everything above the axes to place the title.
    ax.set_title(f"{what.title} during fine-tuning", y=1, pad=ABOVE_EPOCHS)
    if report.empty:
        ax.set(xlabel="step", ylabel=value_label(what))
        return explain_empty_plot(ax, "No loss has been reported yet.")
    set_loss_range(ax, [report], steady=steady)
    if steady:
        _set_step_range(ax, report)
    _draw_training(ax, report)
    _draw_validation(ax, report)
    _mark_epochs(ax, report)
    _mark_checkpoints(ax, report)
    _mark_best_step(ax, report)
    _note_trouble(ax, report)
    finish_axes(ax, what, "step")
    return ax


def _set_step_range(ax: Axes, report: LossReport) -> None:
    curves = (report.training, report.part, report.full)
    seen = max((int(curve.index[-1]) for curve in curves if len(curve)), default=1)
    last = max(report.total_steps or round_up(seen), seen)
    ax.set_xlim(1 - _SIDE * last, last * (1 + _SIDE))


def _draw_training(ax: Axes, report: LossReport) -> None:
    values, name = report.training, report.quantity.name
    if values.empty:
        return
    unit = "step" if len(values) == values.index[-1] - values.index[0] + 1 else "value"
    label = f"training {name}, each {unit}"
    if ax.get_yscale() == "log" and values.min() < ax.get_ylim()[0]:
        label += f" (down to {number(values.min())})"
    dot, size = (".", 7) if len(values) <= _DOTS_UNTIL else ("", None)
    shown = in_picture(ax, line_points(values))
    ax.plot(shown.index, shown, color=BLUE, lw=0.8, alpha=0.4, label=label, marker=dot, ms=size)
    if report.window is None:
        return
    shown = in_picture(ax, line_points(report.smoothed))
    label = f"training {name}, mean of {report.window} {unit}s"
    ax.plot(shown.index, shown, color=BLUE, lw=2.2, label=label)


def _draw_validation(ax: Axes, report: LossReport) -> None:
    name = report.quantity.name
    if len(report.part):
        every, shown = max(1, len(report.part) // 25), in_picture(ax, downsample(report.part))
        label = f"validation {name}, a part of the file"
        ax.plot(shown.index, shown, "--s", color=ORANGE, ms=4, lw=1.2, markevery=every, label=label)
    if len(report.full):
        label, values = f"full validation {name}", in_picture(ax, report.full)
        ax.plot(values.index, values, ":D", color=VERMILLION, ms=6, mec="white", lw=1.8, label=label)


def _mark_epochs(ax: Axes, report: LossReport) -> None:
    ends, size = report.epoch_ends, report.steps_per_epoch
    if not ends:
        return
    # x in steps, y as a share of the height.
    across = ax.get_xaxis_transform()
    ax.vlines(ends, 0, 1, color="#BBBBBB", lw=0.8, zorder=0, transform=across, label="end of an epoch")
    if size is None:
        return
    every = max(1, round(ends[-1] / size / _EPOCH_NUMBERS))
    shown = [(step, step // size) for step in ends if step // size % every == 0]
    # Texts and not a second axis, which takes twice the time to draw.
    for step, epoch in shown:
        _write_above(ax, step, str(epoch), right=0, ha="center")
    if shown:
        _write_above(ax, ax.get_xlim()[0], "epoch", right=-4, ha="right")


def _write_above(ax: Axes, step: float, words: str, *, right: int, ha: str) -> None:
    """Write beside the upper edge, so many points to the right of a step."""
    # Not an annotation, which takes twice the time to draw.
    place = shifted_by_points(ax, ax.get_xaxis_transform(), right, 6)
    ax.text(step, 1, words, transform=place, ha=ha, va="bottom", size=9, color=GRAY)


def _mark_checkpoints(ax: Axes, report: LossReport) -> None:
    for step in report.checkpoint_steps:
        label = "checkpoint" if step == report.checkpoint_steps[0] else None
        ax.plot([step, step], [0, 1], color=INK, lw=1, ls=(0, (4, 3)), marker="v", ms=7, markevery=[1],
                transform=ax.get_xaxis_transform(), clip_on=False, zorder=1, label=label)  # fmt: skip


def _mark_best_step(ax: Axes, report: LossReport) -> None:
    what, full, best = report.quantity, report.full, report.best_checkpoint
    lower_edge = ax.get_ylim()[0] if ax.get_yscale() == "log" else -math.inf
    lowest = what.best_step(full) if len(full) else None
    # A checkpoint with the lowest loss of pairs (dpo) need not be the one with the highest margin.
    drawn = best if best is not None and best.column in what.columns else None
    if best is not None and drawn is None and best.step in full.index:
        value = float(full[best.step])
        mark_best(ax, best.step, value, f"best checkpoint by its loss, step {best.step}: {number(value)}")
    elif drawn is not None:
        name = "best checkpoint" if lowest in (drawn.step, None) else "best kept checkpoint"
        mark_best(
            ax, drawn.step, max(drawn.value, lower_edge), f"{name}, step {drawn.step}: {number(drawn.value)}"
        )
    elif lowest is not None and len(full) > 1:
        value = float(full[lowest])
        mark_best(
            ax,
            lowest,
            max(value, lower_edge),
            f"{what.best_is} full validation, step {lowest}: {number(value)}",
        )


def _note_trouble(ax: Axes, report: LossReport) -> None:
    """Shade and explain what is wrong, if anything is."""
    note, overfitting, rise = "", report.overfitting, report.rise
    if overfitting:
        start, end = overfitting.step, overfitting.last_step
        ax.axvspan(
            start, end, fc=VERMILLION, alpha=0.1, hatch="///", ec=VERMILLION, lw=0, label="overfitting"
        )
        note = (
            f"Overfitting since step {start}: full validation loss\n{number(overfitting.lowest)} → "
            f"{number(overfitting.last)} ({percent(overfitting.rise)}), training loss does not rise"
        )
    if rise and rise.is_no_number:
        ax.axvline(rise.step, color=VERMILLION, lw=2, label="training loss is no number")
        note = f"Diverged: training loss is no number\nfrom step {rise.step} on"
    elif rise and (rise.diverges or not note):
        trouble = "Training diverges" if rise.diverges else "Training loss rises again"
        note = (
            f"{trouble}: its mean rises from {number(rise.lowest)}\n"
            f"(around step {rise.step}) to {number(rise.last)}"
        )
    if note:
        right = not _is_high_at_the_end(ax, report)
        bottom, top = ax.get_ylim()
        if not right and bottom > 0:
            ax.set_ylim(bottom / (top / bottom) ** _NOTE_ROOM, top)
        ax.text(
            0.985 if right else 0.015, 0.955 if right else 0.045, note, transform=ax.transAxes,
            ha="right" if right else "left", va="top" if right else "bottom", color=INK, size=9.5, zorder=5,
            bbox={"fc": "white", "ec": VERMILLION, "lw": 0.8, "alpha": 0.9, "pad": 3},
        )  # fmt: skip


def _is_high_at_the_end(ax: Axes, report: LossReport) -> bool:
    """Tell whether a curve comes into the upper right corner; then the lower left one is free."""
    bottom, top = ax.get_ylim()
    first, last = ax.get_xlim()
    corner = bottom * (top / bottom) ** _CORNER_FROM if bottom > 0 else top
    return any((curve.loc[(first + last) / 3 :] > corner).any() for curve in (report.smoothed, report.full))
