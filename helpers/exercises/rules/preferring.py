"""Rules of the notebook 06: the margin of the rewards of a pair."""

from collections.abc import Callable
from math import isclose
from typing import Any

from helpers.exercises.answers import call, number


def margin(function: Callable[..., Any]) -> str:
    """`beta` times what the preferred answer gained, minus what the other gained.

    Args:
        function: `margin(beta, preferred, other)`, the learner's; the answers are (before, after), in nats.
    """
    beta, preferred, other = 0.5, (-60.0, -55.0), (-62.0, -70.0)
    gained, lost = preferred[1] - preferred[0], other[1] - other[0]
    given = number(call(function, beta, preferred, other))
    known = {
        "": beta * (gained - lost),
        "no_beta": gained - lost,
        "no_start": beta * (preferred[1] - other[1]),
        "preferred_only": beta * gained,
        "sum": beta * (gained + lost),
        "turned": beta * (lost - gained),
        "divided": (gained - lost) / beta,
    }
    mistake = next((name for name, value in known.items() if isclose(given, value, rel_tol=1e-6)), "other")
    # Both answers may become less probable: the preferred one loses 4 here, the other one 10.
    both_fall = isclose(number(call(function, beta, (-60.0, -64.0), (-62.0, -72.0))), 3, rel_tol=1e-6)
    return mistake if mistake or both_fall else "cut_off"
