"""Compare models by their scores."""

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from helpers.plots.style import BLUE, GRAY, INK, ORANGE, style

_MODELS = {
    "base": ("base", GRAY, "s"),
    "few_shot": ("few-shot", ORANGE, "D"),
    "fine_tuned": ("fine-tuned", BLUE, "o"),
}


_METRICS = {
    "form": "Form\nfive lines",
    "rhyme": "Rhyme\nAABBA",
    "facts": "Facts\nsymbol and number",
}


def plot_scores(scores: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Compare the models on held-out elements, with 95 % intervals.

    Args:
        scores: Table of `score_predictions`: model, metric, value, low, high, n.
        ax: Where to draw; a new figure without it.

    Returns:
        The Axes: one group of rows per metric, one dot and interval per model.
    """
    metrics = [metric for metric in _METRICS if (scores["metric"] == metric).any()]
    with style():
        ax = ax or plt.subplots()[1]
        for model, (label, color, marker) in _MODELS.items():
            rows = scores[scores["model"] == model]
            if rows.empty:
                continue
            offset = 0.24 * (list(_MODELS).index(model) - 1)
            heights = [metrics.index(metric) + offset for metric in rows["metric"]]
            ax.hlines(heights, rows["low"], rows["high"], color=color, lw=2.5, alpha=0.55)
            ax.plot(
                rows["value"], heights, marker, color=color, ms=9, mec="white", label=label, clip_on=False
            )
            for height, value in zip(heights, rows["value"], strict=True):
                ax.text(1.03, height, f"{value:.0%}", color=INK, va="center", size=10)
        _finish_scores(ax, metrics, int(scores["n"].max()))
    return ax


def _finish_scores(ax: Axes, metrics: list[str], n: int) -> None:
    ax.set_yticks(range(len(metrics)), [_METRICS[metric] for metric in metrics])
    ax.set_xlabel(f"share of {n} answers, with 95% interval")
    ax.set_title("Held-out elements answered right", pad=34)
    ax.set_xlim(-0.02, 1.0)
    ax.set_ylim(len(metrics) - 0.5, -0.5)
    ax.xaxis.set_major_formatter(PercentFormatter(1.0))
    ax.grid(axis="x")
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0.3, handletextpad=0.2)
