"""The learning curve: what more training rows bring."""

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from helpers.plots.style import BLUE, INK, explain_empty_plot, style


def plot_learning_curve(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Show the quality of models that were trained on more and more rows.

    Args:
        table: One row per number of training rows and seed: rows, seed, value, low and high (share of right
            answers with its 95 % interval over the questions), n.
        ax: Where to draw; a new figure without it.

    Returns:
        The Axes: small crosses are training runs, dots their mean, lines its interval over the questions.
    """
    with style():
        ax = ax or plt.subplots(figsize=(7, 3.8))[1]
        ax.set_title("Learning curve")
        if table.empty:
            return explain_empty_plot(ax, "No training was measured.")
        means = table.groupby("rows", as_index=False)[["value", "low", "high"]].mean()
        ax.vlines(means["rows"], means["low"], means["high"], color=BLUE, lw=2.5, alpha=0.4)
        ax.plot(
            means["rows"], means["value"], "-o", color=BLUE, ms=9, mec="white", label="mean", clip_on=False
        )
        if table["seed"].nunique() > 1:
            ax.plot(
                table["rows"], table["value"], "x", color=INK, ms=6, mew=1.2, label="one training run",
                clip_on=False, zorder=3,
            )  # fmt: skip
        for row in means.itertuples():
            ax.annotate(
                f"{row.value:.0%}", (row.rows, row.value), (8, -12), textcoords="offset points", size=10,
                color=INK,
            )  # fmt: skip
        ax.set_ylim(-0.05, 1.08)
        ax.set_xlim(0, means["rows"].max() * 1.1)
        ax.set_xticks(means["rows"])
        ax.yaxis.set_major_formatter(PercentFormatter(1.0))
        ax.set_xlabel("training rows")
        ax.set_ylabel(f"right answers to {int(table['n'].max())} questions")
        ax.grid(axis="y")
        ax.legend(loc="lower right")
    return ax
