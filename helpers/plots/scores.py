"""Compare models by their scores."""

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from helpers.plots.style import BLUE, GRAY, GREEN, INK, ORANGE, PURPLE, SKY, style

_KNOWN = {"base": (GRAY, "s"), "few_shot": (ORANGE, "D"), "fine_tuned": (BLUE, "o")}
_COLUMNS = 3
_OTHERS = ((GREEN, "^"), (PURPLE, "v"), (SKY, "P"))


def plot_scores(scores: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Compare the models on held-out questions, with 95 % intervals, and with the spread over runs.

    Args:
        scores: Table of `score_predictions`: model, metric, value, low, high, n. With the columns that
            `evaluation.beside` adds, a thin line below an interval goes from the lowest to the highest run.
        ax: Where to draw; a new figure without it.

    Returns:
        The Axes: one group of rows per metric, one dot and interval per model, in the order of the table.
    """
    metrics, models = (list(dict.fromkeys(scores[column])) for column in ("metric", "model"))
    others = [model for model in models if model not in _KNOWN]
    looks = _KNOWN | {model: _OTHERS[place % len(_OTHERS)] for place, model in enumerate(others)}
    with style():
        ax = ax or plt.subplots(figsize=(7, 1.6 + 0.27 * len(metrics) * (len(models) + 0.5)))[1]
        for place, model in enumerate(models):
            rows, (color, marker) = scores[scores["model"] == model], looks[model]
            offset = 0.72 / max(3, len(models)) * (place - (len(models) - 1) / 2)
            heights = [metrics.index(metric) + offset for metric in rows["metric"]]
            ax.hlines(heights, rows["low"], rows["high"], color=color, lw=2.5, alpha=0.55)
            _draw_runs(ax, rows, heights, 0.25 * 0.72 / max(3, len(models)))
            label = model.replace("few_shot", "few-shot").replace("_", "-")
            ax.plot(
                rows["value"], heights, marker, color=color, ms=9, mec="white", label=label, clip_on=False
            )
            for height, value in zip(heights, rows["value"], strict=True):
                ax.text(1.03, height, f"{value:.0%}", color=INK, va="center", size=10)
        runs = int(scores["runs"].max()) if "runs" in scores else 0
        _finish_scores(ax, metrics, int(scores["n"].max()), runs, -(-len(models) // _COLUMNS))
    return ax


def _draw_runs(ax: Axes, rows: pd.DataFrame, heights: list[float], below: float) -> None:
    """Draw the spread over runs below each interval, where several runs were measured."""
    for height, (_, row) in zip(heights, rows.iterrows(), strict=True):
        if row.get("runs", 0) > 1:
            ends = [row["lowest"], row["highest"]]
            ax.plot(ends, [height + below] * 2, "|-", color=INK, lw=1, ms=5, label="_runs", clip_on=False)


def _finish_scores(ax: Axes, metrics: list[str], n: int, runs: int, legend_rows: int) -> None:
    ax.set_yticks(range(len(metrics)), metrics)
    spread = f"\nthin line: lowest to highest of up to {runs} runs" if runs > 1 else ""
    ax.set_xlabel(f"mean over {n} groups of questions, with 95% interval{spread}")
    ax.set_title("Held-out questions answered right", pad=14 + 20 * legend_rows)
    ax.set_xlim(-0.02, 1.0)
    ax.set_ylim(len(metrics) - 0.5, -0.5)
    ax.xaxis.set_major_formatter(PercentFormatter(1.0))
    ax.grid(axis="x")
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=_COLUMNS, borderaxespad=0.3, handletextpad=0.2)
