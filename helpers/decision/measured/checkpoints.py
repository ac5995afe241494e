"""The checkpoints of notebook 04b, with how sure their scores are."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd

from finetune_dataset.errors import FineTuneError
from helpers.evaluation.intervals import interval

COLUMNS = ["job", "step", "loss", "value", "low", "high", "n", "by_group"]

_FIELDS = ("job", "step", "loss", "row", "all")


def checkpoint_scores(
    answers: Iterable[Mapping[str, Any]], group: Callable[[Mapping[str, Any]], str]
) -> pd.DataFrame:
    """Score the checkpoints of several jobs by their answers to the same rows.

    Two rows about one thing are not two independent questions: each group counts once, with the mean of its
    answers.

    Args:
        answers: The rows of `04b_answers.jsonl`.
        group: Names what a row is about, such as `lesson.group`.

    Returns:
        One row per checkpoint, by job and step: job, step, loss (full validation loss, nats), value, low and
        high (share of right answers with its 95 % interval over the groups), n (groups), by_group (group →
        share of its answers that are right).

    Raises:
        FineTuneError: An answer lacks a field.
    """
    rows = []
    for number, answer in enumerate(answers, start=1):
        if missing := [name for name in _FIELDS if name not in answer]:
            raise FineTuneError(
                f"Answer {number} of 04b_answers.jsonl has no {missing[0]!r}; expected {', '.join(_FIELDS)}. "
                "Run 04b_overfitting.ipynb again."
            )
        rows.append((answer["job"], answer["step"], answer["loss"], group(answer["row"]), answer["all"]))
    table = pd.DataFrame(rows, columns=["job", "step", "loss", "group", "right"])
    found = []
    for (job, step, loss), kept in table.groupby(["job", "step", "loss"]):
        means = kept.groupby("group")["right"].mean()
        low, high = interval(means.tolist())
        found.append((job, step, loss, float(means.mean()), low, high, len(means), means.to_dict()))
    return pd.DataFrame(found, columns=COLUMNS)
