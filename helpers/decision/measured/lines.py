"""The lines of `data/measured/rivals_*.json` and of a run's `05_rivals.json`: one way to ask on one seed."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, NotRequired, TypedDict

import msgspec
import pandas as pd

from finetune_dataset.errors import FineTuneError
from helpers.errors import UnreadableContent
from helpers.evaluation import wilson
from helpers.stored_json import read_json

_Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
_Amount = Annotated[float, msgspec.Meta(ge=0)]
_WAY_OUT = "Get the file back (`git checkout -- data` in a clone), or measure again (`benchmarks/rivals.py`)."


_CURVE = ["rows", "seed", "value", "low", "high", "n", "right"]


class Line(TypedDict):
    """One way to ask one model, on one seed; `data/README.md` tells the fields."""

    base_model: str
    way: str
    n: Annotated[int, msgspec.Meta(ge=1)]
    scores: dict[str, _Share]
    marks: dict[str, str]
    prompt_tokens: _Amount
    completion_tokens: _Amount
    latency_median: _Amount
    latency_p95: _Amount
    seconds: _Amount
    seed: NotRequired[int | None]
    trained_rows: NotRequired[Annotated[int, msgspec.Meta(ge=0)]]
    trained_on: NotRequired[str | None]
    training_seconds: NotRequired[_Amount | None]
    step: NotRequired[int | None]
    date: NotRequired[str]
    command: NotRequired[str]


class _File(TypedDict):
    lines: list[Line]


def read_lines(path: Path) -> list[Line]:
    """Read what was measured.

    Args:
        path: A file of lines.

    Raises:
        UnreadableContent: It is not there or is damaged; the message says where.
    """
    return read_json(path, _File, way_out=_WAY_OUT, error=UnreadableContent)["lines"]


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
                f"0 or 1. {_WAY_OUT}"
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
            found.append((line.get("trained_rows", 0), line.get("seed") or 0, value, low, high, len(right), right))
    if not found:
        raise FineTuneError(
            f"No training of {base_model!r} was measured. Choose another base model, or measure it: "
            "`python benchmarks/rivals.py --curve`."
        )
    table = pd.DataFrame(sorted(found, key=lambda row: row[:2]), columns=_CURVE)
    return table.drop_duplicates(["rows", "seed"], ignore_index=True)
