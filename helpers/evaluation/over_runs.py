"""Would another run give the same score? The spread over runs, beside the interval over questions.

A run is the same job with another seed, or the same prompt with other solved examples. Runs are few and dear,
so nothing is estimated from them: the table says the lowest and the highest score that was seen. It is read
from a file of measured lines (`data/README.md` tells its fields).
"""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from helpers.evaluation.measured_lines import Line, read_lines

COLUMNS = ["model", "metric", "runs", "lowest", "middle", "highest"]


def read_measured(path: Path, base_model: str) -> list[Line]:
    """Read what was measured on several seeds.

    Args:
        path: A file such as data/measured/rivals_elle.json.
        base_model: Lines of other base models are left out.

    Returns:
        The lines of the models themselves, without those of earlier checkpoints; none when the file is not
        there or has none.

    Raises:
        UnreadableContent: It is not such a file; the message says where.
    """
    if not path.is_file():
        return []
    return [
        line for line in read_lines(path) if line["base_model"] == base_model and line.get("step") is None
    ]


def over_runs(lines: Iterable[Line]) -> pd.DataFrame:
    """Say how far the scores of equal runs are apart.

    Args:
        lines: Of `read_measured`. Those of jobs with fewer rows than the largest are left out.

    Returns:
        One row per way and metric, and for "all", right in everything: model (the way's name, as in
        `score_predictions`), metric, runs (how many), lowest, middle (the median) and highest score. Ways
        without chance have one run.
    """
    found = list(lines)
    most = max((line.get("trained_rows", 0) for line in found), default=0)
    whole = [line for line in found if line.get("trained_rows", 0) in (0, most)]
    table = pd.DataFrame(
        [
            (line["way"], metric, value)
            for line in whole
            for metric, value in [*line["scores"].items(), ("all", _right_in_all(line))]
        ],
        columns=["model", "metric", "value"],
    )
    spread = table.groupby(["model", "metric"], sort=False)["value"].agg(["size", "min", "median", "max"])
    return spread.reset_index().set_axis(COLUMNS, axis=1)


def beside(scores: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Put both kinds of uncertainty into one table.

    Args:
        scores: Table of `score_predictions`: low and high are over questions.
        runs: Table of `over_runs`.

    Returns:
        The table with the columns runs, lowest and highest: over runs. Where nothing was measured, runs is 0
        and the others are missing.
    """
    more = runs.drop(columns="middle")
    both = scores.merge(more, how="left", on=["model", "metric"])
    return both.assign(runs=both["runs"].fillna(0).astype(int))


def _right_in_all(line: Line) -> float:
    """The share of questions whose every mark is 1."""
    return sum(set(marks) == {"1"} for marks in zip(*line["marks"].values(), strict=True)) / line["n"]
