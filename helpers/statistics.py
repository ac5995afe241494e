"""Say in words what the statistics of a dataset show; the plots of a dataset draw the same numbers."""

from collections.abc import Mapping

import pandas as pd

from finetune_dataset.chat import ROLES
from finetune_dataset.report import Statistics


def describe_statistics(statistics: Statistics) -> str:
    """Say what the plots of a dataset show, one sentence per line, for readers who cannot see them.

    Args:
        statistics: The `report.statistics` of `validate_dataset`.

    Returns:
        Tokens per row (if counted), messages per row, and the share of each role.
    """
    if not statistics.turns_per_row:
        return "There are no rows without errors."
    sentences = [
        f"{what} per row: {_spread(counts)}."
        for what, counts in (("Tokens", statistics.tokens_per_row), ("Messages", statistics.turns_per_row))
        if counts
    ]
    unit, shares = role_shares(statistics)
    parts = ", ".join(f"{role} {count / shares.sum():.0%}" for role, count in shares.items())
    return "\n".join([*sentences, f"{unit.capitalize()} by role: {parts}."])


def role_shares(statistics: Statistics) -> tuple[str, pd.Series]:
    """Count how much each role says, for a plot and a sentence.

    Args:
        statistics: The `report.statistics` of `validate_dataset`.

    Returns:
        What is counted, "tokens" or, when nobody counted tokens, "messages"; and role → number, in reading
        order.
    """
    unit, counts = "tokens", statistics.tokens_by_role
    if not counts:
        unit, counts = "messages", statistics.messages_by_role
    order = [*ROLES, *sorted(counts.keys() - set(ROLES))]
    return unit, pd.Series({role: counts[role] for role in order if role in counts}, dtype="int64")


def _spread(counts: Mapping[int, int]) -> str:
    rows = pd.Series(counts).sort_index()
    if len(rows) == 1:
        return f"{rows.index[0]:,} in each of {rows.sum():,} rows"
    return f"{rows.index[0]:,} to {rows.index[-1]:,}, median {median_value(rows):,}, in {rows.sum():,} rows"


def median_value(rows: pd.Series) -> int:
    """Return the value of the middle row, the lower one of two.

    Args:
        rows: Value → number of rows that have it, in the order of the values; not empty.
    """
    return int(rows.index[int(rows.cumsum().searchsorted((rows.sum() + 1) // 2))])
