"""What the pictures of a decision show, as one sentence each, for readers who cannot see them."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from finetune_dataset.errors import FineTuneError
from helpers.costs.per_thousand import REQUESTS
from helpers.decision.needs import Unit
from helpers.decision.options import Option
from helpers.decision.phrases import points, sure
from helpers.evaluation.intervals import ALPHA
from helpers.evaluation.paired import chance_of_gap


def quality_and_cost(options: Sequence[Option]) -> pd.DataFrame:
    """Return what `plot_quality_cost` draws.

    Args:
        options: Measured and priced.

    Returns:
        One row per option whose cost is known: name, kind, cost (of 1,000 requests), value, low, high,
        run_low, run_high.
    """
    rows = [
        (
            option.name,
            option.kind,
            option.per_request * REQUESTS,
            option.quality,
            *option.interval,
            min(option.runs) if option.runs else None,
            max(option.runs) if option.runs else None,
        )
        for option in options
        if option.per_request is not None
    ]
    columns = ["name", "kind", "cost", "value", "low", "high", "run_low", "run_high"]
    return pd.DataFrame(rows, columns=columns).astype({"run_low": float, "run_high": float})


def describe_costs(table: pd.DataFrame) -> str:
    """Say what the best prompt costs, here and at the cheapest untuned model, and when a training pays.

    Args:
        table: What `cost_of_ways` returned.
    """
    columns = list(table.columns)
    newer = columns[columns.index("training pays after") - 1]
    untuned = table[table[newer].notna()]
    if untuned.empty:
        return "No way without training has a known cost."
    name = str(untuned["right"].idxmax())
    best = untuned.loc[[name]].iloc[0]
    pays = [
        "never" if pd.isna(best[column]) else f"after {int(best[column]):,} requests"
        for column in ("training pays after", "pays after, cached")
    ]
    when = "never pays" if pays[0] == "never" else f"pays {pays[0]}"
    when += "" if pays[0] == pays[1] else f"; with the cache, {pays[1]}"
    usd, cached, there = (f"{best[column]:.3g}" for column in ("USD per 1,000", "cached", newer))
    return (
        f"The best way without training is {name}: {best['right']:.0%} right, {usd} USD for {REQUESTS:,} "
        f"requests, {cached} with the cache. The same prompt costs {there} at {newer}, whose quality is not "
        f"measured here. Against the first price, a training {when}."
    )


def describe_quality_cost(table: pd.DataFrame, unit: Unit = "USD") -> str:
    """Say which ways nothing beats.

    Args:
        table: What `quality_and_cost` returned.
        unit: Of the cost.
    """
    if table.empty:
        return "No way has a known cost."
    table = table.sort_values("cost", kind="stable")
    best, cheapest = table.iloc[int(table["value"].argmax())], table.iloc[0]
    front = [
        str(row.name)
        for row in table.itertuples(index=False)
        if not ((table["cost"] < row.cost) & (table["value"] >= row.value)).any()
        and not ((table["cost"] <= row.cost) & (table["value"] > row.value)).any()
    ]

    def said(row: pd.Series) -> str:
        return f"{row['name']} ({row['value']:.0%} right, {row['cost']:.3g} {unit} for {REQUESTS:,} requests)"

    return (
        f"The highest quality has {said(best)}; the cheapest is {said(cheapest)}. "
        f"No other way is better and cheaper than {' | '.join(front)}."
    )


def describe_learning_curve(table: pd.DataFrame) -> str:
    """Say what more training rows brought, and from how many on the questions do not show it.

    Each number of rows is compared with the largest one on the same questions (see `evaluation.compare`).

    Args:
        table: What `learning_curve` returned.

    Raises:
        FineTuneError: There is no row in it, or the models answered different questions.
    """
    if table.empty:
        raise FineTuneError(
            "The learning curve has no row. Measure it: `python benchmarks/rivals.py --curve`."
        )
    means = table.groupby("rows")["value"].mean()
    most, questions = means.index[-1], int(table["n"].max())
    text = f"With {most} training rows, {means.iloc[-1]:.0%} are right"
    if len(means) == 1:
        return f"{text}; one number of rows is no curve."
    text += f"; with {means.index[0]}, {means.iloc[0]:.0%}"
    runs = table.groupby("rows")["seed"].nunique()
    if runs.max() > 1 and (once := [str(rows) for rows in runs.index if runs[rows] == 1]):
        text += f" (trained once with {', '.join(once)} rows, else with several seeds)"
    right = {rows: _by_question(some) for rows, some in table.groupby("rows")}
    alike = None
    for rows in means.index[-2::-1]:  # From the largest one down: a worse one in between ends it.
        gap, chance = _gap(right[rows], right[most])
        if chance < ALPHA:
            break
        alike = rows
    if alike is not None:
        few = f"{questions} questions are too few to show a difference to all rows."
        return f"{text}. From {alike} rows on, {few}"
    if gap > 0:
        return f"{text}. The last step is shown ({points(gap)}{sure(chance)}): more rows may still help."
    return (
        f"{text}. With {rows} rows, more answers were right ({points(-gap)}{sure(chance)}): look at the rows."
    )


def describe_checkpoints(table: pd.DataFrame) -> str:
    """Say whether the loss and the answers choose the same checkpoint.

    Args:
        table: What `checkpoint_scores` returned.

    Raises:
        FineTuneError: The two checkpoints in question answered different questions.
    """
    if table.empty:
        return "No checkpoint was measured."
    by_loss, by_answers = (table.iloc[int(p)] for p in (table["loss"].argmin(), table["value"].argmax()))
    most = f"{by_answers['job']}, step {by_answers['step']}: {by_answers['value']:.0%}"
    chosen = f"The lowest validation loss has {by_loss['job']}, step {by_loss['step']}"
    if by_loss["value"] == by_answers["value"]:
        return f"{chosen}, and no checkpoint has more right answers ({by_loss['value']:.0%})."
    gap, chance = _gap(by_loss["by_group"], by_answers["by_group"])
    shown = (
        "the answers choose another one than the loss" if chance < ALPHA else "which is better is undecided"
    )
    return (
        f"{chosen}, with {by_loss['value']:.0%} right; the most right answers has {most}; "
        f"{shown} ({points(gap)}{sure(chance)})."
    )


def _by_question(table: pd.DataFrame) -> dict[int, float]:
    """Place of each question → share of the seeds that were right."""
    seeds = list(table["right"])
    if len({len(right) for right in seeds}) > 1:
        raise FineTuneError("The seeds of one number of rows answered different questions. Measure again.")
    return {place: sum(right) / len(seeds) for place, right in enumerate(zip(*seeds, strict=True))}


def _gap(a: Mapping[Any, float], b: Mapping[Any, float]) -> tuple[float, float]:
    """Return the mean of `b` minus that of `a` over the same questions, and how often chance gives it."""
    if set(a) != set(b):
        raise FineTuneError(
            f"Expected answers to the same questions, found {len(a)} and {len(b)} that differ. Measure again."
        )
    gaps = [b[question] - a[question] for question in a]
    return sum(gaps) / len(gaps), chance_of_gap(gaps)
