"""Plots of a fine-tuning run, all in one style.

Each function takes the data first and everything else by keyword, draws on one
Axes and returns it. None calls `plt.show()`: that is for the cell to do.

Colors have a meaning and never stand alone: each also has its own marker or line.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter

# Okabe and Ito, "Color Universal Design" (2008, jfly.uni-koeln.de/color): told apart
# with every common kind of color vision. The grays are ours, for background and text.
BLUE, ORANGE, VERMILLION = "#0072B2", "#E69F00", "#D55E00"
GRAY, INK = "#666666", "#333333"

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
_SMOOTH_SHARE = 15
"""The smoothed line averages one fifteenth of the steps: enough to calm it, few enough to keep its bends."""


def style() -> AbstractContextManager[None]:
    """Give the plots of the course their look, for one `with` block.

    Returns:
        A context in which new figures have 100 dpi, readable type and few lines.
    """
    return plt.rc_context(
        {
            "figure.figsize": (7, 4),
            "figure.dpi": 100,
            "savefig.dpi": 100,
            "figure.constrained_layout.use": True,
            "font.size": 10.5,
            "axes.titlesize": 12,
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "axes.titlepad": 12,
            "axes.labelcolor": INK,
            "axes.edgecolor": "#999999",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.axisbelow": True,
            "grid.color": "#E6E6E6",
            "xtick.color": INK,
            "ytick.color": INK,
            "legend.edgecolor": "white",
            "legend.framealpha": 0.85,
            "legend.fancybox": False,
        }
    )


def plot_loss(
    metrics: pd.DataFrame, *, checkpoints: pd.DataFrame | None = None, ax: Axes | None = None
) -> Axes:
    """Show whether a job learns, and whether it learns by heart.

    Training loss is drawn per step (thin) and smoothed (thick). The smoothed
    value is the mean of the steps around it, one fifteenth of the job and at least
    three, fewer at both ends; the legend names the number. Where validation loss
    rises while training loss falls, the model learns its rows by heart.

    Args:
        metrics: table of `metrics_frame` or `parse_result_file`: step and losses
            (cross-entropy per token, in nats).
        checkpoints: table of `checkpoints_frame`; each step gets a vertical line.
        ax: where to draw; a new figure without it.

    Returns:
        The Axes.
    """
    with style():
        ax = ax or plt.subplots()[1]
        _draw_training_loss(ax, metrics)
        _draw_validation_loss(ax, metrics)
        if checkpoints is not None:
            _mark_checkpoints(ax, checkpoints)
        _finish_loss(ax)
    return ax


def describe_loss(metrics: pd.DataFrame) -> str:
    """Say in one sentence what `plot_loss` shows, for readers who cannot see it.

    Args:
        metrics: the table given to `plot_loss`.

    Returns:
        A sentence with the first and last training loss and the last validation loss.
    """
    steps, losses = _measured(metrics, "train_loss")
    if len(steps) == 0:
        return "No training loss has been reported yet."
    first, last = losses.iloc[0], losses.iloc[-1]
    verb = "falls" if last < first else "rises" if last > first else "goes"
    start, end = (f"{losses.iloc[i]:.2f} at step {steps.iloc[i]}" for i in (0, -1))
    text = f"Training loss {verb} from {start} to {end}"
    for column, what in (("full_valid_loss", "full validation loss"), ("valid_loss", "validation loss")):
        valid_steps, valid = _measured(metrics, column)
        if len(valid):
            return f"{text}; the last {what} is {valid.iloc[-1]:.2f}, at step {valid_steps.iloc[-1]}."
    return f"{text}."


def plot_scores(scores: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Compare the models on held-out elements, with 95 % intervals.

    Args:
        scores: table of `score_predictions`: model, metric, value, low, high, n.
        ax: where to draw; a new figure without it.

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


def plot_token_histogram(counts: Iterable[int], *, ax: Axes | None = None) -> Axes:
    """Show how long the rows of a training file are.

    A row far longer than the rest costs more, and may be cut at the model's limit.

    Args:
        counts: tokens per row.
        ax: where to draw; a new figure without it.

    Returns:
        The Axes, with median and longest row marked.
    """
    tokens = pd.Series(list(counts), dtype="int64")
    with style():
        ax = ax or plt.subplots(figsize=(7, 3.2))[1]
        width = max(1, -(-(tokens.max() - tokens.min() + 1) // 24))
        edges = range(tokens.min(), tokens.max() + width + 1, width)
        ax.hist(tokens, bins=[edge - 0.5 for edge in edges], color=BLUE, alpha=0.8, ec="white", lw=0.8)
        for value, name, line in ((tokens.median(), "median", "--"), (tokens.max(), "longest", ":")):
            ax.axvline(value, color=VERMILLION, ls=line, lw=1.6, label=f"{name}: {value:.0f} tokens")
        ax.set(xlabel="tokens", ylabel="rows")
        ax.set_title(f"Tokens per row, {len(tokens)} rows", pad=28)
        ax.yaxis.set_major_locator(MaxNLocator(integer=True))
        ax.grid(axis="y")
        # Above the bars: inside, it would hide some of them.
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0.3)
    return ax


def _measured(metrics: pd.DataFrame, column: str) -> tuple[pd.Series, pd.Series]:
    known = metrics[["step", column]].dropna()
    return known["step"].astype(int), known[column].astype(float)


def _draw_training_loss(ax: Axes, metrics: pd.DataFrame) -> None:
    steps, losses = _measured(metrics, "train_loss")
    if losses.empty:
        return
    window = max(3, len(losses) // _SMOOTH_SHARE | 1)  # odd, so that the mean is centered on its step
    smooth = losses.rolling(window, center=True, min_periods=1).mean()
    ax.plot(steps, losses, color=BLUE, lw=0.8, alpha=0.4, label="training loss, each step")
    ax.plot(steps, smooth, color=BLUE, lw=2.2, label=f"training loss, mean of {window} steps")


def _draw_validation_loss(ax: Axes, metrics: pd.DataFrame) -> None:
    steps, losses = _measured(metrics, "valid_loss")
    if len(losses):
        every = max(1, len(losses) // 25)
        ax.plot(steps, losses, "--s", color=ORANGE, ms=4, lw=1.2, markevery=every, label="validation loss")
    steps, losses = _measured(metrics, "full_valid_loss")
    if len(losses):
        ax.plot(
            steps, losses, ":D", color=VERMILLION, ms=7, mec="white", lw=1.8, label="full validation loss"
        )


def _mark_checkpoints(ax: Axes, checkpoints: pd.DataFrame) -> None:
    for step in checkpoints["step"].dropna().astype(int):
        ax.axvline(step, color=GRAY, lw=1, ls=(0, (1, 2)), zorder=0)
        # x in steps, y as a share of the height: the label stays at the top whatever the losses are.
        ax.text(
            step,
            1.0,
            f"checkpoint\nstep {step}",
            transform=ax.get_xaxis_transform(),
            ha="center",
            va="bottom",
            color=GRAY,
            size=8.5,
        )


def _finish_loss(ax: Axes) -> None:
    ax.set(xlabel="step", ylabel="loss per token (nats)")
    ax.set_title("Loss during fine-tuning", pad=12 if not ax.texts else 36)
    ax.grid(axis="y")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    if ax.get_legend_handles_labels()[0]:
        ax.set_ylim(bottom=0)
        ax.legend(loc="upper right")
    else:
        ax.set(xticks=[], yticks=[])
        ax.text(0.5, 0.5, "No loss has been reported yet.", transform=ax.transAxes, ha="center", color=GRAY)


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
