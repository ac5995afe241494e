"""What answers took: tokens and seconds, summed up beside the scores."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from helpers.evaluation.scores import Score, judge

TAKEN = ("prompt_tokens", "completion_tokens", "cached_tokens", "seconds")
"""What a prediction keeps of its request. None: the service did not say."""


def taken(answer: Any, seconds: float) -> dict[str, float | None]:  # noqa: ANN401
    """Return what an answer took, for its prediction.

    Args:
        answer: What `chat.completions.create` returned. Some services leave its usage, or the details, out.
        seconds: From the request to the answer.

    Returns:
        The fields of `TAKEN`; None where the service did not say.
    """
    usage = answer.usage
    details = getattr(usage, "prompt_tokens_details", None)
    return {
        "prompt_tokens": getattr(usage, "prompt_tokens", None),
        "completion_tokens": getattr(usage, "completion_tokens", None),
        "cached_tokens": getattr(details, "cached_tokens", None),
        "seconds": round(seconds, 3),
    }


def with_recorded_seconds(
    predictions: Iterable[Mapping[str, Any]], recorded: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return predictions with the seconds of the recorded run: an answer of a recording comes at once.

    Args:
        predictions: Those of a replayed run.
        recorded: Those that the recorded run wrote.

    Returns:
        The predictions; seconds is None where the recorded run has none for the same model and group.
    """
    seconds = {(row["model"], row["group"]): row.get("seconds") for row in recorded}
    return [{**row, "seconds": seconds.get((row["model"], row["group"]))} for row in predictions]


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that a share of all values does not exceed, between two values by straight line.

    Args:
        values: At least one.
        share: 0 to 1; 0.5 is the median.
    """
    return float(np.quantile(values, share))


@dataclass(frozen=True)
class Sums:
    """What one way to ask gets right, and what it takes. None: the service did not say.

    Attributes:
        n: Groups: each counts once, with all its answers.
        scores: Metric → mean over the groups, 0 to 1.
        marks: Metric → for each group in the order of their names, 1 where all answers have its best value,
            and else 0.
        right_in_all: Share of the groups that have a 1 for every metric.
        prompt_tokens: Mean per answer, as are the three after it.
        completion_tokens: Tokens that were written.
        cached_tokens: Tokens of the prompt that the service had read before.
        seconds: From the request to the answer.
        latency_median: Seconds of an answer, median.
        latency_p95: Seconds that one of twenty answers exceeds.
    """

    n: int
    scores: dict[str, float]
    marks: dict[str, str]
    right_in_all: float
    prompt_tokens: float | None
    completion_tokens: float | None
    cached_tokens: float | None
    seconds: float | None
    latency_median: float | None
    latency_p95: float | None


def sum_up(predictions: Iterable[Mapping[str, Any]], scores: Sequence[Score]) -> dict[str, Sums]:
    """Sum up each way to ask.

    Args:
        predictions: See the text of `helpers.evaluation.scores`; with the fields of `taken`.
        scores: What is asked of each answer.

    Returns:
        Model, which is the name of the way → its sums, in the order of the predictions.

    Raises:
        ValueError: A prediction lacks a field, or a score is not from 0 to 1.
    """
    asked = list(predictions)
    judged, took = judge(asked, scores), pd.DataFrame(asked).reindex(columns=TAKEN).astype(float)
    names, found = [score.name for score in scores], {}
    for model, answers in judged.groupby("model", sort=False):
        mine, groups = took.loc[answers.index], answers.groupby("group")[names]
        best, means = groups.min() == 1, groups.mean().mean()
        seconds = mine["seconds"].dropna().tolist()
        found[str(model)] = Sums(
            n=len(best),
            scores={name: float(means[name]) for name in names},
            marks={name: "".join(str(int(mark)) for mark in best[name]) for name in names},
            right_in_all=float(best.all(axis=1).mean()),
            **{name: _known(mine[name].mean()) for name in TAKEN},
            latency_median=percentile(seconds, 0.5) if seconds else None,
            latency_p95=percentile(seconds, 0.95) if seconds else None,
        )
    return found


def rival_records(
    predictions: Iterable[Mapping[str, Any]], scores: Sequence[Score], base_model: str
) -> list[dict[str, Any]]:
    """Write the sums of each rival as JSON data, for `05_rivals.json`.

    Args:
        predictions: See `sum_up`.
        scores: See `sum_up`.
        base_model: Who is asked, or what the asked model was trained from.

    Returns:
        One dict per rival, in the order of the predictions: model (its name), base_model, n,
        prompt_tokens, completion_tokens, cached_tokens, latency_median, latency_p95, scores, and all (right
        in everything). `Sums` tells what they are.
    """
    return [
        {
            "model": model,
            "base_model": base_model,
            "n": sums.n,
            **{name: _rounded(getattr(sums, name), 1) for name in TAKEN[:3]},
            "latency_median": _rounded(sums.latency_median, 3),
            "latency_p95": _rounded(sums.latency_p95, 3),
            "scores": {name: round(value, 4) for name, value in sums.scores.items()},
            "all": round(sums.right_in_all, 4),
        }
        for model, sums in sum_up(predictions, scores).items()
    ]


def rival_table(records: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Return what `rival_records` gives as a table, one row per rival.

    Args:
        records: Of `rival_records`.
    """
    return pd.DataFrame(
        [
            {
                "rival": each["model"],
                **each["scores"],
                "all": each["all"],
                "prompt": each["prompt_tokens"],
                "cached": each["cached_tokens"],
                "answer": each["completion_tokens"],
                "median s": each["latency_median"],
                "p95 s": each["latency_p95"],
            }
            for each in records
        ]
    ).set_index("rival")


def _known(value: float) -> float | None:
    """None in place of "not a number", which is not JSON."""
    return None if np.isnan(value) else float(value)


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
