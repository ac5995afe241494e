"""The loss curve of a job: as a picture, and in words for readers who cannot see it.

`losses` finds what is worth saying; this module draws it and says it.
Nothing is said by color alone: each line has its own style or marker, and a name.
"""

import io
import math

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from helpers.jobs.losses import (
    SMOOTHED_FROM,
    BestCheckpoint,
    Quantity,
    _with_values,
    best_step,
    epoch_ends,
    find_best,
    find_overfitting,
    find_rise,
    has_values,
    measured,
    number,
    percent,
    smoothed,
    smoothing_window,
    steps_per_epoch,
)
from helpers.plots.axes import finish, joined, set_height, star, thinned, value_label
from helpers.plots.style import BLUE, GRAY, INK, ORANGE, VERMILLION, say_nothing, style

_INCHES = 4.6
"""Height of a new figure: the course's 4 inches, and room for the legend."""
_DOTS_UNTIL = 30
"""Up to this many values, each is a dot: a line alone cannot show a single value."""
_EPOCH_NUMBERS = 12
"""About so many numbers of epochs stand side by side without touching."""
_NOTE_ROOM = 1.22
"""The picture grows by this factor when a note stands at its top."""


def plot_loss(
    metrics: pd.DataFrame, *, checkpoints: pd.DataFrame | None = None, ax: Axes | None = None
) -> Axes:
    """Show whether a job learns, and whether it learns by heart.

    The training loss is drawn per step (faint) and smoothed (strong): the mean of the
    steps around it, one fifteenth of the job; the legend names the number. Thin lines
    are ends of epochs, dashed ones with a triangle are checkpoints. A star marks the
    best checkpoint by full validation loss; without checkpoints, the lowest full
    validation loss. The picture is shaded from there on when the job overfits, by the
    rule of `losses.find_overfitting`; a note has the numbers.

    The loss axis starts at 0 and ends a little above what comes after the first fall: after
    a fifth of the steps for the training loss, a tenth for full validation. A job often
    starts at 5 to 10 and ends below 0.1: with its first values in the picture, one could
    not see the rest. The legend names the highest value when it is cut off. (A logarithmic
    axis would hide a rise from 1.0 to 1.5, and cannot show the 0.00 that services round to.)

    A job without any loss, but with rewards, is drawn by its rewards: higher is better.

    Args:
        metrics: table of `metrics_frame` or `read_result_file`: step and losses
            (cross-entropy per token, in nats). A table of `checkpoints_frame` works too.
        checkpoints: table of `checkpoints_frame`. Drawn in place of metrics that have
            no value, as with services that report losses there only.
        ax: where to draw; a new figure without it.

    Returns:
        The Axes.

    Raises:
        FineTuneError: the table has no column "step".
    """
    metrics, what = _with_values(metrics, checkpoints)
    with style():
        ax = ax or plt.subplots(figsize=(7, _INCHES))[1]
        # With y, matplotlib does not measure everything above the axes to place the title.
        ax.set_title(f"{what.name.split()[-1].capitalize()} during fine-tuning", y=1)
        if not has_values(metrics, what):
            ax.set(xlabel="step", ylabel=value_label(what))
            return say_nothing(ax, "No loss has been reported yet.")
        set_height(ax, [metrics], what)
        _draw_training(ax, metrics, what)
        _draw_validation(ax, metrics, what)
        _mark_epochs(ax, metrics, checkpoints)
        _mark_checkpoints(ax, checkpoints)
        _mark_best(ax, metrics, checkpoints, what)
        _note_trouble(ax, metrics)
        finish(ax, what, "step")
    return ax


def loss_png(metrics: pd.DataFrame, *, checkpoints: pd.DataFrame | None = None) -> bytes:
    """Draw `plot_loss` as fast as a live view needs it, without pyplot, which would show it a second time.

    The margins are fixed: finding them takes as long as half of the drawing, and the
    picture would move while a job runs. The PNG is larger than usual, and done sooner.

    Args:
        metrics: as in `plot_loss`.
        checkpoints: as in `plot_loss`.

    Returns:
        A PNG of 700 x 460 pixels.
    """
    with style():
        figure = Figure(figsize=(7, _INCHES), layout="none")
        legend = plot_loss(metrics, checkpoints=checkpoints, ax=figure.add_subplot()).get_legend()
        rows = math.ceil(len(legend.get_texts()) / 2) if legend else 0
        figure.subplots_adjust(left=0.1, right=0.98, top=0.88, bottom=(0.6 + 0.19 * rows) / _INCHES)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", pil_kwargs={"compress_level": 1})
    return buffer.getvalue()


def _draw_training(ax: Axes, metrics: pd.DataFrame, what: Quantity) -> None:
    values = measured(metrics, what.train)
    if values.empty:
        return
    every = "each step" if len(values) == values.index[-1] - values.index[0] + 1 else "each value"
    shown = joined(thinned(values))
    label = f"training {what.name}, {every}"
    if what.lower_is_better and values.max() > ax.get_ylim()[1]:
        label += f" (up to {number(values.max())})"
    dots = {"marker": ".", "ms": 7} if len(values) <= _DOTS_UNTIL else {}
    ax.plot(shown.index, shown, color=BLUE, lw=0.8, alpha=0.4, label=label, **dots)
    if len(values) < SMOOTHED_FROM:
        return
    shown = joined(thinned(smoothed(values)))
    label = f"training {what.name}, mean of {smoothing_window(values)} {every.split()[-1]}s"
    ax.plot(shown.index, shown, color=BLUE, lw=2.2, label=label)


def _draw_validation(ax: Axes, metrics: pd.DataFrame, what: Quantity) -> None:
    values = measured(metrics, what.part)
    if len(values):
        every, shown = max(1, len(values) // 25), thinned(values)
        label = f"validation {what.name}, a part of the file"
        ax.plot(shown.index, shown, "--s", color=ORANGE, ms=4, lw=1.2, markevery=every, label=label)
    values = measured(metrics, what.full)
    if len(values):
        label = f"full validation {what.name}"
        ax.plot(values.index, values, ":D", color=VERMILLION, ms=6, mec="white", lw=1.8, label=label)


def _mark_epochs(ax: Axes, metrics: pd.DataFrame, checkpoints: pd.DataFrame | None) -> None:
    ends = epoch_ends(metrics, checkpoints)
    if not ends:
        return
    # x in steps, y as a share of the height.
    across = ax.get_xaxis_transform()
    ax.vlines(ends, 0, 1, color="#BBBBBB", lw=0.8, zorder=0, transform=across, label="end of an epoch")
    size = steps_per_epoch(metrics, ends)
    if size is None:
        return
    every = max(1, round(ends[-1] / size / _EPOCH_NUMBERS))
    shown = [(step, step // size) for step in ends if step // size % every == 0]
    # Texts and not a second axis, which takes twice the time to draw.
    place = {"xycoords": across, "textcoords": "offset points", "va": "bottom", "size": 9}
    for step, epoch in shown:
        ax.annotate(str(epoch), (step, 1), xytext=(0, 6), ha="center", color=GRAY, **place)
    if shown:
        left = ax.get_xlim()[0]
        ax.annotate("epoch", (left, 1), xytext=(-4, 6), ha="right", color=GRAY, **place)
        ax.set_title(ax.get_title(loc="left"), y=1, pad=24)


def _mark_checkpoints(ax: Axes, checkpoints: pd.DataFrame | None) -> None:
    if checkpoints is None:
        return
    steps = checkpoints["step"].dropna().astype(int).tolist()
    for step in steps:
        label = "checkpoint" if step == steps[0] else None
        ax.plot([step, step], [0, 1], color=INK, lw=1, ls=(0, (4, 3)), marker="v", ms=7, markevery=[1],
                transform=ax.get_xaxis_transform(), clip_on=False, zorder=1, label=label)  # fmt: skip


def _mark_best(ax: Axes, metrics: pd.DataFrame, checkpoints: pd.DataFrame | None, what: Quantity) -> None:
    full = measured(metrics, what.full)
    lowest = best_step(full, lower_is_better=what.lower_is_better) if len(full) else None
    best: BestCheckpoint | None = None
    if checkpoints is not None:
        best = find_best(checkpoints, metrics)
    if best is not None:
        name = "best checkpoint" if lowest in (best.step, None) else "best kept checkpoint"
        star(ax, best.step, best.value, f"{name}, step {best.step}: {number(best.value)}")
        return
    if len(full) > 1:
        order = "lowest" if what.lower_is_better else "highest"
        star(ax, lowest, full[lowest], f"{order} full validation, step {lowest}: {number(full[lowest])}")


def _note_trouble(ax: Axes, metrics: pd.DataFrame) -> None:
    """Shade and explain what is wrong, if anything is."""
    note = ""
    overfitting = find_overfitting(metrics)
    if overfitting:
        start, end = overfitting.step, overfitting.last_step
        ax.axvspan(
            start, end, fc=VERMILLION, alpha=0.1, hatch="///", ec=VERMILLION, lw=0, label="overfitting"
        )
        note = (
            f"Overfitting since step {start}: full validation loss\n{number(overfitting.lowest)} → "
            f"{number(overfitting.last)} ({percent(overfitting.rise)}), training loss does not rise"
        )
    trouble = find_rise(metrics)
    if trouble and math.isnan(trouble.last):
        ax.axvline(trouble.step, color=VERMILLION, lw=2, label="training loss is no number")
        note = f"Diverged: training loss is no number\nfrom step {trouble.step} on"
    elif trouble and (trouble.diverges or not note):
        what = "Training diverges" if trouble.diverges else "Training loss rises again"
        note = (
            f"{what}: its mean rises from {number(trouble.lowest)}\n"
            f"(around step {trouble.step}) to {number(trouble.last)}"
        )
    if note:
        ax.set_ylim(0, ax.get_ylim()[1] * _NOTE_ROOM)
        ax.text(
            0.985, 0.95, note, transform=ax.transAxes, ha="right", va="top", color=INK, size=9.5,
            zorder=5, bbox={"fc": "white", "ec": VERMILLION, "lw": 0.8, "alpha": 0.9, "pad": 3},
        )  # fmt: skip
