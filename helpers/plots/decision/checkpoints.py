"""The score of each checkpoint beside its validation loss: do both choose the same one?"""

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter

from helpers.plots.style import BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILLION, explain_empty_plot, style

_JOBS = ((BLUE, "D"), (VERMILLION, "o"), (GREEN, "s"), (ORANGE, "^"), (PURPLE, "v"), (SKY, "P"))
_APART = 1 / 60
"""Share of the axis between jobs at the same step: their lines should not cover each other."""


def plot_checkpoints(table: pd.DataFrame) -> tuple[Axes, Axes]:
    """Show the right answers of each checkpoint, and below them its validation loss.

    Args:
        table: One row per checkpoint: job, step, loss (full validation loss, nats), value, low and high
            (share of right answers with its 95 % interval).

    Returns:
        The Axes of the answers and that of the loss, with the steps as their common axis.
    """
    with style():
        top, bottom = plt.subplots(2, 1, sharex=True, figsize=(7, 5), height_ratios=(3, 2))[1]
        top.set_title("Answers and loss of each checkpoint")
        if table.empty:
            return explain_empty_plot(top, "No checkpoint was measured."), explain_empty_plot(bottom, "")
        names = list(dict.fromkeys(table["job"]))
        width = _APART * max(1.0, table["step"].max() - table["step"].min())
        for place, name in enumerate(names):
            rows, (color, marker) = table[table["job"] == name], _JOBS[place % len(_JOBS)]
            steps = rows["step"] + width * (place - (len(names) - 1) / 2)
            top.vlines(steps, rows["low"], rows["high"], color=color, lw=2, alpha=0.45)
            top.plot(steps, rows["value"], f"-{marker}", color=color, ms=9, mec="white", lw=1.2, label=name)
            bottom.plot(steps, rows["loss"], f"-{marker}", color=color, ms=8, mec="white", lw=1.2)
        top.set_ylim(-0.05, 1.05)
        top.yaxis.set_major_formatter(PercentFormatter(1.0))
        top.set_ylabel("right answers")
        bottom.set_ylim(0, table["loss"].max() * 1.15)
        bottom.set_ylabel("validation loss (nats)")
        bottom.set_xlabel("step")
        bottom.xaxis.set_major_locator(MaxNLocator(8, integer=True))
        for ax in (top, bottom):
            ax.grid(axis="y")
        bottom.legend(
            *top.get_legend_handles_labels(), loc="upper left", bbox_to_anchor=(0, -0.32), ncols=4,
            borderaxespad=0,
        )  # fmt: skip
    return top, bottom
