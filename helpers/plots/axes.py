"""What the pictures of one job and of several jobs share: their lines, their range, a star, a legend."""

import math
from collections.abc import Iterable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.legend import Legend
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import ScaledTranslation, Transform

from helpers.jobs.losses.report import LossReport
from helpers.jobs.losses.values import Quantity
from helpers.plots.style import GREEN

_MOST_POINTS = 800
"""Inside, a figure is about 620 pixels wide: a low and a high value for each 1.5 pixels is enough."""

_GAP = 5
"""Steps that lie further apart than this many usual distances have no line between them: nothing is known
there."""

_FALL, _FULL_FALL = 0.2, 0.1
"""Share of the steps in which training loss and full validation loss may still be above the picture."""

_MUCH_HIGHER = 2
"""A picture is cut only when the highest value is so many times above what comes later."""

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


def set_loss_range(ax: Axes, reports: Iterable[LossReport]) -> None:
    """End the loss axis a little above what comes after the first fall; leave rewards alone.

    Args:
        ax: The Axes to draw on.
        reports: The jobs that it will show.
    """
    highest = needed = 0.0
    for report in reports:
        if not report.quantity.lower_is_better:
            return
        curves = [curve for curve in (report.training, report.part, report.full) if len(curve)]
        if not curves:
            continue
        first, last = min(curve.index[0] for curve in curves), max(curve.index[-1] for curve in curves)
        highest = max(highest, *(float(curve.max()) for curve in curves))
        # A spike of one step may leave the picture; the mean of several steps may not.
        for curve, share in ((report.smoothed, _FALL), (report.part, _FALL), (report.full, _FULL_FALL)):
            later = curve.loc[first + share * (last - first) :]
            needed = max(needed, float(later.max()) if len(later) else 0.0)
    top = 1.3 * needed if highest > _MUCH_HIGHER * 1.3 * needed > 0 else highest
    ax.set_ylim(0, 1.08 * top or 1)


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
