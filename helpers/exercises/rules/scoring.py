"""Rules of the notebooks 05c and 05d: the loss of a token, and agreement beyond chance."""

from collections.abc import Callable
from math import e, isclose, log, log2, log10
from typing import Any

from helpers.exercises.answers import call, number


def loss(function: Callable[..., Any]) -> str:
    """Minus the natural logarithm of the probability.

    Args:
        function: `loss(probability)`, the learner's.
    """
    half = number(call(function, 0.5))
    known = {
        "": -log(0.5),
        "sign": log(0.5),
        "base_two": -log2(0.5),
        "base_ten": -log10(0.5),
        "difference": 0.5,
    }
    mistake = next((name for name, value in known.items() if isclose(half, value, rel_tol=1e-4)), "other")
    exact = isclose(number(call(function, 1 / e)), 1, rel_tol=1e-4)
    return mistake if mistake or exact else "other"


def kappa(function: Callable[..., Any]) -> str:
    """(p - c) / (1 - c): the share of what chance leaves open.

    Args:
        function: `kappa(agreed, chance)`, the learner's; two shares.
    """
    agreed, chance = 0.8, 0.4
    given = number(call(function, agreed, chance))
    known = {
        "": (agreed - chance) / (1 - chance),
        "difference": agreed - chance,
        "ratio": agreed / chance,
        "wrong_rest": (agreed - chance) / agreed,
        "chance_rest": (agreed - chance) / chance,
        "plain": agreed,
    }
    mistake = next((name for name, value in known.items() if isclose(given, value, rel_tol=1e-6)), "other")
    worse = isclose(number(call(function, 0.1, 0.4)), -0.5, rel_tol=1e-6)  # below 0 is a result, too
    return mistake if mistake or worse else "below_zero"
