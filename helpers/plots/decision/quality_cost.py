"""Quality against cost: one dot for each way to ask."""

from collections.abc import Iterator
from math import exp, log
from typing import Any

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullLocator, PercentFormatter

from helpers.plots.axes import shifted_by_points
from helpers.plots.style import BLUE, GRAY, GREEN, INK, ORANGE, PURPLE, explain_empty_plot, style

_KINDS = {
    "prompt": (ORANGE, "D"),
    "retrieve": (GREEN, "^"),
    "fine-tune": (BLUE, "o"),
    "smaller model": (PURPLE, "v"),
}
_OTHER = (GRAY, "s")

_NEAR = (0.08, 0.04)
"""Shares of the two axes: dots that are nearer to each other than both share one number, such as 7–9."""

_LEGEND_BELOW = 40
"""Points between the axis and the legend: the numbers and the name of the axis stand there."""


def plot_quality_cost(
    table: pd.DataFrame, *, unit: str = "USD", wanted: float | None = None, ax: Axes | None = None
) -> Axes:
    """Show what each way to ask is worth, and what it costs: the upper left corner is the best place.

    Args:
        table: One row per way: name, kind (prompt, retrieve, fine-tune or smaller model), cost (of 1,000
            requests, above 0), value, low and high (share of right answers with its interval over the
            questions), run_low and run_high (lowest and highest run; missing where there was one).
        unit: Of the cost.
        wanted: The quality that is needed, as a line.
        ax: Where to draw; a new figure without it.

    Returns:
        The Axes: the thin line of a dot is its interval over the questions, the thick one its runs; the
        numbers are those of the list beside them, the best first.
    """
    with style():
        ax = ax or plt.subplots(figsize=(8, 4.6))[1]
        ax.set_title("Quality against cost")
        table = table[table["cost"] > 0].sort_values(["value", "cost"], ascending=[False, True])
        if table.empty:
            return explain_empty_plot(ax, "No way has a known cost above 0.")
        for kind, rows in table.groupby("kind", sort=False):
            color, marker = _KINDS.get(str(kind), _OTHER)
            ax.vlines(rows["cost"], rows["low"], rows["high"], color=color, lw=1.3, alpha=0.7)
            runs = rows.dropna(subset=["run_low", "run_high"])
            ax.vlines(runs["cost"], runs["run_low"], runs["run_high"], color=color, lw=5, alpha=0.45)
            ax.plot(
                rows["cost"], rows["value"], marker, color=color, ms=9, mec="white", label=kind, clip_on=False
            )
        if wanted is not None:
            ax.axhline(wanted, color=GRAY, ls="--", lw=1, label="wanted", zorder=1.5)
        _finish(ax, table, unit)
        _list_names(ax, table)
    return ax


def _finish(ax: Axes, table: pd.DataFrame, unit: str) -> None:
    ax.set_xscale("log")
    low, high = table["cost"].min() / 1.5, table["cost"].max() * 1.5
    ax.set_xlim(low, high)
    ax.set_ylim(-0.05, 1.05)
    ax.yaxis.set_major_formatter(PercentFormatter(1.0))
    ticks = [digit * 10.0**power for power in range(-9, 9) for digit in (1, 2, 5)]
    ax.set_xticks([tick for tick in ticks if low <= tick <= high])
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlabel(f"{unit} for 1,000 requests (log scale)")
    ax.set_ylabel("right answers")
    ax.grid(axis="y")


def _list_names(ax: Axes, table: pd.DataFrame) -> None:
    """Number the dots, and write the names beside the picture: in it, they would cover each other."""
    for numbers, label, spot in _numbers(table):
        beside = {"xytext": (6, 5)} if len(numbers) == 1 else {"xytext": (0, 3), "ha": "center"}
        ax.annotate(label, spot, textcoords="offset points", size=9, color=INK, **beside)
    handles = []
    for number, row in enumerate(table.itertuples(), start=1):
        color, marker = _KINDS.get(str(row.kind), _OTHER)
        label = f"{number}  {row.value:.0%}  {row.name}"
        handles.append(Line2D([], [], color=color, marker=marker, ls="", ms=7, mec="white", label=label))
    below = shifted_by_points(ax, ax.transAxes, 0, -_LEGEND_BELOW)
    kinds = ax.legend(
        loc="upper left", bbox_to_anchor=(0, 0), bbox_transform=below, ncols=5, borderaxespad=0,
        handletextpad=0.3, columnspacing=1.2, fontsize=9.5,
    )  # fmt: skip
    ax.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(1.01, 1.02), borderaxespad=0, handletextpad=0.2,
        fontsize=9.5,
    )  # fmt: skip
    ax.add_artist(kinds)
    kinds.set_clip_on(False)  # Else no room is made for it outside the axes.


def _numbers(table: pd.DataFrame) -> Iterator[tuple[list[int], str, tuple[float, float]]]:
    """Number the dots; neighbors in the list that lie close together get one label, above their intervals."""
    wide = log(table["cost"].max() * 1.5) - log(table["cost"].min() / 1.5)
    groups: list[list[Any]] = []
    for row in table.reset_index(drop=True).itertuples():
        last = groups[-1][-1] if groups else None
        if (
            last is not None
            and abs(log(row.cost / last.cost)) < _NEAR[0] * wide
            and abs(row.value - last.value) < _NEAR[1]
        ):
            groups[-1].append(row)
        else:
            groups.append([row])
    for rows in groups:
        numbers = [row.Index + 1 for row in rows]
        if len(rows) == 1:
            yield numbers, str(numbers[0]), (rows[0].cost, rows[0].value)
            continue
        middle = exp(sum(log(row.cost) for row in rows) / len(rows))
        label = f"{numbers[0]}{'–' if len(rows) > 2 else ', '}{numbers[-1]}"
        yield numbers, label, (middle, max(row.high for row in rows))
