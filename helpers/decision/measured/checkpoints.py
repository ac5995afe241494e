"""Checkpoints as rivals: those of notebook 04b and those of several seeds, with how sure their scores are."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from finetune_dataset.errors import FineTuneError
from helpers.decision.measured.lines import right_answers
from helpers.evaluation.intervals import interval
from helpers.evaluation.measured_lines import Line

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
        One row per checkpoint, jobs in the order of the answers, then by step: job, step, loss (full
        validation loss, nats), value, low and high (share of right answers with its 95 % interval over the
        groups), n (groups), by_group (group → share of its answers that are right).

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
    # In the order of the answers: a job has the same color as in the pictures of 04b.
    table["job"] = pd.Categorical(table["job"], table["job"].unique())
    found = []
    for (job, step, loss), kept in table.groupby(["job", "step", "loss"], observed=True):
        means = kept.groupby("group")["right"].mean()
        low, high = interval(means.tolist())
        found.append((job, step, loss, float(means.mean()), low, high, len(means), means.to_dict()))
    return pd.DataFrame(found, columns=COLUMNS)


def checkpoints_of_seeds(
    lines: Iterable[Line], base_model: str, metrics: Sequence[str] | None = None
) -> pd.DataFrame:
    """Score the checkpoints that equal jobs with other seeds kept, from what was measured.

    Args:
        lines: What was measured.
        base_model: The base model of the jobs.
        metrics: Names of the scores that count; all without it.

    Returns:
        The table of `checkpoint_scores`; job is "seed 1", groups are the places of the questions. Only jobs
        with facts and with the most rows. Empty where a job kept no more than one checkpoint, or the loss was
        not measured.
    """
    found = []
    for line in lines:
        step, loss = line.get("step") or line.get("steps"), line.get("valid_loss")
        if (line["base_model"], line["way"]) == (base_model, "fine_tuned") and step and loss is not None:
            right = right_answers(line, metrics)
            by_group = {str(place): mark for place, mark in enumerate(right)}
            value, (low, high) = sum(right) / len(right), interval(right)
            checkpoint = (f"seed {line.get('seed')}", step, loss, value, low, high, len(right), by_group)
            found.append((line.get("trained_rows", 0), *checkpoint))
    table = pd.DataFrame(found, columns=["rows", *COLUMNS])
    whole = table[table["rows"] == table["rows"].max()].drop_duplicates(["job", "step"])
    several = whole[whole["job"].duplicated(keep=False)]
    return several[COLUMNS].sort_values(["job", "step"], ignore_index=True)
