"""Plots of a fine-tuning run, all in one style.

Each function takes the data first and everything else by keyword, draws on one
Axes and returns it. None calls `plt.show()`: that is for the cell to do.

Colors have a meaning and never stand alone: each also has its own marker or line.
"""

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from finetune_dataset.report import Statistics
from helpers.plots.style import (
    BLUE,
    GRAY,
    GREEN,
    INK,
    ORANGE,
    PURPLE,
    SKY,
    VERMILLION,
    explain_empty_plot,
    style,
)
from helpers.statistics import median_value, role_shares

# Near the colors of `show_conversations`.
_COLORS = {
    "system": ORANGE,
    "developer": ORANGE,
    "user": SKY,
    "assistant": GREEN,
    "tool": PURPLE,
    "function": PURPLE,
}
# Bars with their number above, as long as the numbers have room.
_LABELED_BARS = 12


def plot_token_histogram(statistics: Statistics, *, ax: Axes | None = None) -> Axes:
    """Show how long the rows of a dataset are.

    A row far longer than the rest costs more, and may be cut at the model's limit.

    Args:
        statistics: The `report.statistics` of `validate_dataset`, called with a model.
        ax: Where to draw; a new figure without it.

    Returns:
        The Axes, with median and longest row marked.
    """
    rows = pd.Series(statistics.tokens_per_row, dtype="int64").sort_index()
    with style():
        ax = ax or plt.subplots(figsize=(7, 3.2))[1]
        if rows.empty:
            return explain_empty_plot(ax, "No tokens were counted: give validate_dataset a model.")
        shortest, longest = rows.index[0], rows.index[-1]
        width = max(1, -(-(longest - shortest + 1) // 24))
        edges = [edge - 0.5 for edge in range(shortest, longest + width + 1, width)]
        ax.hist(rows.index, bins=edges, weights=rows, color=BLUE, alpha=0.8, ec="white", lw=0.8)
        for value, name, line in ((median_value(rows), "median", "--"), (longest, "longest", ":")):
            ax.axvline(value, color=VERMILLION, ls=line, lw=1.6, label=f"{name}: {value:,} tokens")
        ax.set(xlabel="tokens", ylabel="rows")
        ax.set_title(f"Tokens per row, {rows.sum():,} rows", pad=28)
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_locator(MaxNLocator(integer=True))
        ax.grid(axis="y")
        # Above the bars: inside, it would hide some of them.
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0.3)
    return ax


def plot_turns(statistics: Statistics, *, ax: Axes | None = None) -> Axes:
    """Show how many messages the rows of a dataset have.

    A few rows with another number than the rest are often rows that a program cut or joined.

    Args:
        statistics: The `report.statistics` of `validate_dataset`.
        ax: Where to draw; a new figure without it.

    Returns:
        The Axes: one bar per number of messages.
    """
    rows = pd.Series(statistics.turns_per_row, dtype="int64").sort_index()
    with style():
        ax = ax or plt.subplots(figsize=(7, 2.4))[1]
        if rows.empty:
            return explain_empty_plot(ax, "There are no rows without errors.")
        bars = ax.bar(rows.index, rows, width=0.8, color=BLUE, alpha=0.8)
        if len(rows) <= _LABELED_BARS:
            ax.bar_label(bars, [f"{count:,}" for count in rows], color=INK, padding=2)
        ax.margins(y=0.15)
        # One bar alone would fill the width; three places let it look like a bar.
        ax.set_xlim(min(rows.index[0] - 1, rows.index[-1] - 3), rows.index[-1] + 3)
        ax.set(xlabel="messages in a row", ylabel="rows")
        ax.set_title(f"Messages per row, {rows.sum():,} rows")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        ax.grid(axis="y")
    return ax


def plot_roles(statistics: Statistics, *, ax: Axes | None = None) -> Axes:
    """Show who writes how much of a dataset.

    Only the assistant's part is trained; all parts are billed.

    Args:
        statistics: The `report.statistics` of `validate_dataset`; without a model, messages are counted.
        ax: Where to draw; a new figure without it.

    Returns:
        The Axes: one bar per role, in reading order, with its number and share.
    """
    unit, shares = role_shares(statistics)
    with style():
        ax = ax or plt.subplots(figsize=(7, 0.9 + 0.45 * max(2, len(shares))))[1]
        if shares.empty:
            return explain_empty_plot(ax, "There are no rows without errors.")
        bars = ax.barh(shares.index, shares, color=[_COLORS.get(role, GRAY) for role in shares.index])
        labels = [f"{count:,} ({count / shares.sum():.0%})" for count in shares]
        ax.bar_label(bars, labels, color=INK, padding=4)
        ax.invert_yaxis()
        ax.margins(x=0.2)
        ax.set(xlabel=unit)
        ax.set_title(f"{unit.capitalize()} by role")
        ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        ax.grid(axis="x")
        ax.tick_params(axis="y", length=0)
    return ax
