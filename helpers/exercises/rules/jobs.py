"""Rules of the notebooks 03 to 04b, 08 and 09: steps, statuses, losses, sizes, days."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from helpers.exercises.answers import call, number, returned

FINAL = ("succeeded", "failed", "cancelled")
GOING_ON = ("validating_files", "queued", "running", "paused", "pending")
"""Statuses of services at a job that can still go on (Azure begins with "pending")."""


def steps(answer: object) -> str:
    """Three epochs of ten rows in batches of four: each epoch ends with a smaller batch.

    Args:
        answer: The number of steps.
    """
    known = {30.0: "rows", 3.0: "one_epoch", 8.0: "across", 7.5: "part", 7.0: "dropped", 6.0: "dropped"}
    given = number(answer)
    return "" if given == 9 else known.get(given, "other")


def stands_for_new(function: Callable[..., Any]) -> str:
    """Whether a job with a status can be used in place of a new one with the same request.

    Args:
        function: `stands_for_new(status)`, the learner's.
    """
    yes = {status: returned(bool, function, status) for status in (*FINAL, *GOING_ON)}
    if yes["failed"]:
        return "failed"
    if yes["cancelled"]:
        return "cancelled"
    if not yes["running"] and not yes["queued"]:
        return "running"
    if not yes["succeeded"]:
        return "succeeded"
    return "" if all(yes[status] for status in GOING_ON) else "unknown"


def is_final(function: Callable[..., Any]) -> str:
    """Whether a loop may stop at a status: at three of them, and never at one that it does not know.

    Args:
        function: `is_final(status)`, the learner's.
    """
    stops = {status: returned(bool, function, status) for status in (*FINAL, *GOING_ON)}
    if stops["validating_files"]:
        return "running"
    if any(stops[status] for status in GOING_ON):
        return "unknown"
    if not stops["failed"]:
        return "failed"
    return "" if all(stops[status] for status in FINAL) else "cancelled"


def best_step(function: Callable[..., Any]) -> str:
    """The step with the lowest full validation loss.

    Args:
        function: `best_step(losses)`, the learner's; step → loss.
    """
    losses = {6: 0.91, 12: 0.52, 18: 0.60, 24: 0.74}
    given = number(call(function, dict(losses)))
    known = {24.0: "last", 6.0: "highest", 0.52: "loss"}
    if given != 12:
        return known.get(given, "other")
    return "" if number(call(function, {30: 0.4, 60: 0.5, 90: 0.3})) == 90 else "other"


def holds(function: Callable[..., Any]) -> str:
    """What holds on a day, of phases that begin on days.

    Args:
        function: `holds(phases, day)`, the learner's; pairs of a first day and what holds from it on.
    """
    phases = [(date(2026, 5, 7), "some"), (date(2027, 1, 6), "nobody"), (date(2027, 1, 14), "ended")]
    first, second, third = (day for day, _ in phases)
    one = timedelta(days=1)

    def said(day: date) -> object:
        return call(function, list(phases), day)

    within = [said(day) for day in (first + one, second + one, third + one)]
    if within == ["some"] * 3:
        return "first"
    if within == ["ended"] * 3:
        return "last"
    if within != ["some", "nobody", "ended"]:
        return "pair" if any(isinstance(each, tuple) for each in within) else "other"
    if [said(day) for day in (first, second, third)] != ["some", "nobody", "ended"]:
        return "one_late"
    return "" if said(first - one) == "some" else "before"


def adapter_numbers(function: Callable[..., Any]) -> str:
    """The numbers of an adapter: for each matrix, its rank times inputs and outputs together.

    Args:
        function: `adapter_numbers(rank, shapes)`, the learner's; `shapes` lists (outputs, inputs).
    """
    rank, shapes = 8, [(256, 256), (688, 256), (256, 700)]
    known = {
        rank * sum(outputs + inputs for outputs, inputs in shapes): "",
        sum(outputs * inputs for outputs, inputs in shapes): "whole",
        rank * sum(outputs * inputs for outputs, inputs in shapes): "whole",
        rank * sum(inputs for _, inputs in shapes): "one_matrix",
        rank * sum(outputs for outputs, _ in shapes): "one_matrix",
        sum(outputs + inputs for outputs, inputs in shapes): "no_rank",
        rank * sum(shapes[0]): "first_only",
    }
    mistake = known.get(int(number(call(function, rank, list(shapes)))), "other")
    # Another rank and another number of matrices.
    return mistake or ("" if number(call(function, 2, [(3, 5)])) == 16 else "other")
