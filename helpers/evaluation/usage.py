"""What answers took: tokens and seconds, summed up beside the scores."""

from collections.abc import Iterable, Mapping, Sequence
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
        The predictions; seconds is None where the recorded run has none for the same model, group and way.
    """
    seconds = {(row["model"], row["group"], row.get("way")): row.get("seconds") for row in recorded}
    return [
        {**row, "seconds": seconds.get((row["model"], row["group"], row.get("way")))} for row in predictions
    ]


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that a share of all values does not exceed, between two values by straight line.

    Args:
        values: At least one.
        share: 0 to 1; 0.5 is the median.
    """
    return float(np.quantile(values, share))


def rival_records(
    predictions: Iterable[Mapping[str, Any]], scores: Sequence[Score], base_model: str
) -> list[dict[str, Any]]:
    """Sum up each rival: what it gets right, and what a question takes.

    Args:
        predictions: See the text of `helpers.evaluation.scores`; with the fields of `taken`.
        scores: What is asked of each answer.
        base_model: Who is asked, or what the asked model was trained from.

    Returns:
        One dict per rival, in the order of the predictions: model (its name), base_model, n (answers),
        prompt_tokens, completion_tokens and cached_tokens (means per question), latency_median and
        latency_p95 (seconds), scores (metric → mean over the groups) and all (the share of answers that are
        right in everything, the best value of each score). None where a service did not say.
    """
    asked = list(predictions)
    judged, took = judge(asked, scores), pd.DataFrame(asked).reindex(columns=TAKEN).astype(float)
    names = [score.name for score in scores]
    records = []
    for model, answers in judged.groupby("model", sort=False):
        mine = took.loc[answers.index]
        seconds = mine["seconds"].dropna().tolist()
        means = answers.groupby("group", sort=False)[names].mean().mean()
        records.append(
            {
                "model": str(model),
                "base_model": base_model,
                "n": len(answers),
                **{name: _rounded(mine[name].mean(), 1) for name in TAKEN[:3]},
                "latency_median": _rounded(percentile(seconds, 0.5), 3) if seconds else None,
                "latency_p95": _rounded(percentile(seconds, 0.95), 3) if seconds else None,
                "scores": {name: round(float(means[name]), 4) for name in names},
                "all": round(float((answers[names] == 1).all(axis=1).mean()), 4),
            }
        )
    return records


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


def _rounded(value: float, digits: int) -> float | None:
    """None in place of "not a number", which is not JSON."""
    return None if np.isnan(value) else round(float(value), digits)
