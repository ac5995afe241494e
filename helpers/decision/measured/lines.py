"""What measured lines say: which questions were answered right, and what more training rows brought."""

from collections.abc import Iterable, Sequence

import pandas as pd

from finetune_dataset.errors import FineTuneError
from helpers.evaluation.intervals import wilson
from helpers.evaluation.measured_lines import WAY_OUT, Line

_CURVE = ["rows", "seed", "value", "low", "high", "n", "right"]


def right_answers(line: Line, metrics: Sequence[str] | None = None) -> list[float]:
    """Return for each question whether the answer was right in all that counts.

    Args:
        line: A line.
        metrics: Names of the scores that count; all without it.

    Raises:
        FineTuneError: A score is not in the line, or its marks are not one for each question.
    """
    names = list(line["marks"]) if metrics is None else list(metrics)
    where = f"The line of {line['way']!r} with {line['base_model']}"
    if missing := [name for name in names if name not in line["marks"]]:
        raise FineTuneError(
            f"{where} has no marks for {missing[0]!r}; it has {', '.join(line['marks']) or 'none'}. "
            "Choose of these."
        )
    if not names:
        raise FineTuneError(f"{where} has no marks, or no score was chosen. Name at least one score.")
    for name in names:
        marks = line["marks"][name]
        if len(marks) != line["n"] or set(marks) - set("01"):
            raise FineTuneError(
                f"{where}: the marks for {name!r} are {len(marks)} characters, expected {line['n']}, each "
                f"0 or 1. {WAY_OUT}"
            )
    return [
        float(set(marks) == {"1"}) for marks in zip(*(line["marks"][name] for name in names), strict=True)
    ]


def learning_curve(
    lines: Iterable[Line], base_model: str, metrics: Sequence[str] | None = None
) -> pd.DataFrame:
    """Show what more training rows brought.

    Args:
        lines: What was measured.
        base_model: The base model.
        metrics: Names of the scores that count; all without it.

    Returns:
        One row per number of training rows and seed, by both: rows, seed, value, low and high (Wilson's 95 %
        interval over the questions), n, right (1 or 0 for each question).

    Raises:
        FineTuneError: No training of this base model was measured.
    """
    found = []
    for line in lines:
        if (line["base_model"], line["way"], line.get("step")) == (base_model, "fine_tuned", None):
            right = right_answers(line, metrics)
            low, high = wilson(sum(right), len(right))
            value = sum(right) / len(right)
            found.append(
                (line.get("trained_rows", 0), line.get("seed") or 0, value, low, high, len(right), right)
            )
    if not found:
        raise FineTuneError(
            f"No training of {base_model!r} was measured. Choose another base model, or measure it: "
            "`python benchmarks/rivals.py --curve`."
        )
    table = pd.DataFrame(found, columns=_CURVE).sort_values(["rows", "seed"], kind="stable")
    return table.drop_duplicates(["rows", "seed"], ignore_index=True)
