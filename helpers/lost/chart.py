"""How good a model is beside its task, before and after: a table, a plot and sentences."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from helpers.evaluation import ALPHA, compare, holm, p_text, score_predictions
from helpers.evaluation.scores import Score
from helpers.plots.style import BLUE, GRAY, style

BEFORE, AFTER = "base", "fine_tuned"


def lost_table(predictions: Iterable[Mapping[str, Any]], probes: Sequence[Score]) -> pd.DataFrame:
    """Count the good answers of each set, before and after.

    Args:
        predictions: As for `score_predictions`, with `set`: the name of a probe. The models are "base" and
            "fine_tuned", and both answered the same questions.
        probes: The sets; from `lesson.probes`.

    Returns:
        One row per set, in the order of the probes: set, n (groups), base and fine_tuned (share of good
        answers, 0 to 1), the 95 % interval of each (`base_low` to `fine_tuned_high`), and p (how often chance
        alone gives such a difference in one of the sets or more; see `helpers.evaluation.holm`).

    Raises:
        ValueError: A set has no answers, or the models answered different questions.
    """
    answers = list(predictions)
    rows, p_values = [], []
    for probe in probes:
        mine = [answer for answer in answers if answer["set"] == probe.name]
        p_values.append(compare(mine, BEFORE, AFTER, probe).p_value)
        found = {"set": probe.name, "n": 0}
        for score in score_predictions(mine, [probe]).to_dict("records"):
            name = score["model"]
            found |= {"n": score["n"], name: score["value"]}
            found |= {f"{name}_low": score["low"], f"{name}_high": score["high"]}
        rows.append(found)
    columns = [
        "set",
        "n",
        *(f"{name}{end}" for name in (BEFORE, AFTER) for end in ("", "_low", "_high")),
    ]
    return pd.DataFrame(rows, columns=columns).assign(p=holm(p_values))


def lost_in_words(table: pd.DataFrame) -> str:
    """Say what each row of the table shows, one sentence each.

    Args:
        table: Of `lost_table`.

    Returns:
        The sentences, a line each.
    """
    return "\n".join(map(_sentence, table.to_dict("records")))


def _sentence(row: Mapping[Any, Any]) -> str:
    before, after = row[BEFORE], row[AFTER]
    if before == after:
        what = "no difference"
    elif row["p"] >= ALPHA:
        what = f"too few questions to tell ({p_text(row['p'])})"
    else:
        what = f"{'worse' if after < before else 'better'} ({p_text(row['p'])})"
    return f"{row['set']}: {before:.0%} good before, {after:.0%} after, of {row['n']}: {what}."


def plot_lost(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the share of good answers of each set before and after, with 95 % intervals.

    Args:
        table: Of `lost_table`.
        ax: Where to draw; a new figure without it.

    Returns:
        The Axes: one row per set, a square for the base model and a dot for the fine-tuned one.
    """
    looks = ((BEFORE, GRAY, "s", -0.16), (AFTER, BLUE, "o", 0.16))
    with style():
        ax = ax or plt.subplots(figsize=(7, 1.6 + 0.42 * len(table)))[1]
        for name, color, marker, offset in looks:
            heights = [place + offset for place in range(len(table))]
            ax.hlines(heights, table[f"{name}_low"], table[f"{name}_high"], color=color, lw=2.5, alpha=0.55)
            label = name.replace("_", "-")
            ax.plot(table[name], heights, marker, color=color, ms=8, mec="white", label=label, clip_on=False)
        names = [f"{name} ({n})" for name, n in zip(table["set"], table["n"], strict=True)]
        ax.set_yticks(range(len(table)), names)
        ax.set(xlim=(-0.02, 1.02), ylim=(len(table) - 0.5, -0.5))
        ax.set_xlabel("share of good answers, with 95% interval; in brackets: questions")
        ax.set_title("Before and after fine-tuning", pad=34)
        ax.xaxis.set_major_formatter(PercentFormatter(1.0))
        ax.grid(axis="x")
        ax.tick_params(axis="y", length=0)
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0.3, handletextpad=0.2)
    return ax
