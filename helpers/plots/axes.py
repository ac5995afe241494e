"""What the pictures of one job and of several jobs share: their lines, their range, a star, a legend."""

import math
from collections.abc import Iterable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.legend import Legend
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator
from matplotlib.transforms import ScaledTranslation, Transform

from helpers.jobs.losses.report import LossReport
from helpers.jobs.losses.values import Quantity
from helpers.plots.style import GREEN

_MOST_POINTS = 800
"""Inside, a figure is about 620 pixels wide: a low and a high value for each 1.5 pixels is enough."""

_GAP = 5
"""Steps that lie further apart than this many usual distances have no line between them: nothing is known
there."""

_LEAST_SPAN, _MOST_SPAN = 10, 10_000
"""Highest by lowest value of a loss axis. With less, noise of a few percent would fill the picture; a value
below the most is drawn at the lower edge, as is a loss that a service has rounded to 0.00."""

_STEADY_SPAN = 100
"""The same of a picture that is drawn while a job runs: from the start there is room for the usual fall."""

_ROOM = 1.15
"""Above the highest and below the lowest value, as a factor."""

_ALL_TICKS = 300
"""Up to this span, 1, 2 and 5 of each power of ten stand at a loss axis; above, the powers alone."""

_TICKS = [1, 2, 5, 10]
"""Round numbers at the axes: 0, 20, 40 and not 0, 15, 30."""

_LEGEND_BELOW = 36
"""Points between the axis and the legend: the numbers and the name of the axis stand there."""


def line_points(values: pd.Series) -> pd.Series:
    """Choose the points of a line: few enough to be drawn fast, and none where steps are missing.

    Args:
        values: By step, ascending.

    Returns:
        The lowest and the highest value of each small part, so that no spike is lost, and a value that
        is not drawn (NaN) in each hole.
    """
    return _break_at_gaps(downsample(values))


def downsample(values: pd.Series) -> pd.Series:
    """Keep the lowest and the highest value of each small part.

    Args:
        values: By step, ascending.

    Returns:
        About _MOST_POINTS of them; all of them, where they are no more.
    """
    if len(values) <= _MOST_POINTS:
        return values
    size = math.ceil(2 * len(values) / _MOST_POINTS)
    whole = len(values) // size * size
    parts, starts = values.to_numpy()[:whole].reshape(-1, size), np.arange(0, whole, size)
    rest = np.arange(whole, len(values))
    return values.iloc[np.unique(np.concatenate([parts.argmin(1) + starts, parts.argmax(1) + starts, rest]))]


def _break_at_gaps(values: pd.Series) -> pd.Series:
    if len(values) < 3:
        return values
    distances = values.index.to_series().diff().to_numpy()
    ends = values.index[distances > _GAP * pd.Series(distances).median()]
    holes = pd.Series(math.nan, index=ends - 0.5, dtype="float64")
    return pd.concat([values, holes]).sort_index() if len(holes) else values


def set_loss_range(ax: Axes, reports: Iterable[LossReport], *, steady: bool = False) -> None:
    """Give losses a logarithmic axis that holds them all; leave rewards alone.

    A job often starts at 5 to 10 and ends below 0.1. From 0 on, one could see either its fall or its end.

    Args:
        ax: The Axes to draw on.
        reports: The jobs that it will show.
        steady: Move the ends in large steps only, so that the picture stands still while a job runs.
    """
    curves: list[pd.Series] = []
    for report in reports:
        if not report.quantity.lower_is_better:
            return
        curves += [report.training, report.part, report.full]
    values = np.concatenate([curve.to_numpy() for curve in curves]) if curves else np.array([])
    values = values[values > 0]
    if not len(values):
        ax.set_ylim(0, 1)
        return
    lowest, highest = float(values.min()), float(values.max())
    if steady:
        top = round_up(highest)
        span = _STEADY_SPAN * 10 ** max(0, math.ceil(math.log10(top / lowest / _STEADY_SPAN)))
        bottom = top / span
    else:
        top, bottom = highest * _ROOM, lowest / _ROOM
        if (missing := _LEAST_SPAN / (top / bottom)) > 1:
            top, bottom = top * math.sqrt(missing), bottom / math.sqrt(missing)
    ax.set_yscale("log")
    ax.set_ylim(max(bottom, top / _MOST_SPAN), top)


def round_up(value: float) -> float:
    """Give the next number that is 1, 2 or 5 times a power of ten.

    Args:
        value: Above 0.
    """
    power = 10.0 ** math.floor(math.log10(value))
    return next(power * digit for digit in _TICKS if power * digit >= value * (1 - 1e-9))


def in_picture(ax: Axes, values: pd.Series) -> pd.Series:
    """Move losses below a logarithmic axis to its lower edge, so that they are seen there.

    Args:
        ax: Axes with their range set.
        values: Losses or rewards.

    Returns:
        The values to draw.
    """
    return values.clip(lower=ax.get_ylim()[0]) if ax.get_yscale() == "log" else values


def mark_best(ax: Axes, x: float, y: float, words: str) -> None:
    """Mark one point by a star; the words stand in the legend, where they hide nothing.

    Args:
        ax: The Axes to draw on.
        x: Step or epoch.
        y: Loss or reward.
        words: What the star means.
    """
    ax.plot([x], [y], "*", color=GREEN, ms=17, mec="white", mew=1, zorder=4, clip_on=False, label=words)


def shifted_by_points(ax: Axes, transform: Transform, right: float, up: float) -> Transform:
    """Move what a transform places, by a distance that does not depend on the size of the figure.

    Args:
        ax: The Axes that it belongs to.
        transform: Such as `ax.transAxes`.
        right: Points to the right, 1/72 inch each.
        up: Points upwards.

    Returns:
        The transform of the new place.
    """
    return transform + ScaledTranslation(right / 72, up / 72, ax.figure.dpi_scale_trans)


def value_label(what: Quantity) -> str:
    """Name the y axis.

    Args:
        what: The quantity that it shows.

    Returns:
        The name, with the unit.
    """
    return "loss per token (nats)" if what.lower_is_better else f"{what.name} (higher is better)"


def _label_losses(ax: Axes) -> None:
    """Write plain numbers at a logarithmic axis, and say what it is."""
    bottom, top = ax.get_ylim()
    powers = range(math.floor(math.log10(bottom)), math.ceil(math.log10(top)) + 1)
    digits = (1, 2, 5) if top / bottom <= _ALL_TICKS else (1,)
    shown = [digit * 10.0**power for power in powers for digit in digits]
    inside = [value for value in shown if bottom * (1 - 1e-9) <= value <= top * (1 + 1e-9)]
    ax.yaxis.set_major_locator(FixedLocator(inside))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.set_ylabel(f"{ax.get_ylabel()}, log scale")


def finish_axes(ax: Axes, what: Quantity, x: str) -> Legend:
    """Name the axes and put the legend below them.

    Args:
        ax: The Axes with everything else drawn.
        what: The quantity of the y axis.
        x: Name of the x axis.

    Returns:
        The legend.
    """
    ax.set(xlabel=x, ylabel=value_label(what))
    ax.grid(True, axis="y")
    ax.xaxis.set_major_locator(MaxNLocator(8, integer=True, steps=_TICKS))
    if ax.get_yscale() == "log":
        _label_losses(ax)
    else:
        ax.yaxis.set_major_locator(MaxNLocator(6, steps=_TICKS))
    for line in ax.lines:  # They lie inside the axes; measuring them would only take time.
        line.set_in_layout(False)
    if ax.get_xlim()[1] - ax.get_xlim()[0] < 1:  # One step alone: its neighbors give the axis a size.
        middle = sum(ax.get_xlim()) / 2
        ax.set_xlim(middle - 1, middle + 1)
    # Below the picture: inside, it would hide a part of the curve, and which part changes while a job runs.
    below = shifted_by_points(ax, ax.transAxes, 0, -_LEGEND_BELOW)
    return ax.legend(
        loc="upper left",
        bbox_to_anchor=(0, 0),
        bbox_transform=below,
        ncols=2,
        borderaxespad=0,
        fontsize=9.5,
        alignment="left",
    )
