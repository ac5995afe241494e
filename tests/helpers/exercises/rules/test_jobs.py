"""Exercises about jobs: the blank, the solution, and typical mistakes, each in the notebook's own cell."""

import pytest
from solving import EXERCISES, said


def function(name: str, body: str) -> str:
    return f"def {name}:\n    {body}"


FINAL = "is_final(status)"
STANDS = "stands_for_new(status)"
BEST = "best_step(losses)"
HOLDS = "holds(phases, day)"
BEGUN = "[what for since, what in phases if since {} day]"
NUMBERS = "adapter_numbers(rank, shapes)"
# Exercise → a typical wrong answer → the mistake that it shows.
WRONG = {
    "03.1": {
        "steps = 30": "rows",
        "steps = 3": "one_epoch",
        "steps = 8": "across",
        "steps = 3 * 10 / 4": "part",
        "steps = 3 * (10 // 4)": "dropped",
    },
    "03.2": {
        function(STANDS, "return True"): "failed",
        function(STANDS, 'return status != "failed"'): "cancelled",
        function(STANDS, 'return status == "succeeded"'): "running",
        function(STANDS, 'return status in ("queued", "running")'): "succeeded",
        function(
            STANDS, 'return status in ("validating_files", "queued", "running", "succeeded")'
        ): "unknown",
    },
    "04.1": {
        function(FINAL, 'return status != "running"'): "running",
        function(FINAL, 'return status == "succeeded"'): "failed",
        function(FINAL, 'return status in ("succeeded", "failed")'): "cancelled",
        function(FINAL, 'return status not in ("validating_files", "queued", "running")'): "unknown",
    },
    "04b.2": {
        function(BEST, "return max(losses)"): "last",
        function(BEST, "return max(losses, key=losses.get)"): "highest",
        function(BEST, "return min(losses.values())"): "loss",
        function(BEST, "return list(losses)[1]"): "other",
    },
    "08.2": {
        function(NUMBERS, "return sum(a * b for a, b in shapes)"): "whole",
        function(NUMBERS, "return rank * sum(a * b for a, b in shapes)"): "whole",
        function(NUMBERS, "return rank * sum(b for a, b in shapes)"): "one_matrix",
        function(NUMBERS, "return sum(a + b for a, b in shapes)"): "no_rank",
        function(NUMBERS, "return rank * sum(shapes[0])"): "first_only",
        function(NUMBERS, "return 8 * sum(a + b for a, b in shapes)"): "other",
    },
    "09.1": {
        function(HOLDS, "return phases[0][1]"): "first",
        function(HOLDS, "return phases[-1][1]"): "last",
        function(HOLDS, "return max(phases[:1] + [each for each in phases if each[0] <= day])"): "pair",
        function(HOLDS, f"return ([phases[0][1]] + {BEGUN.format('<')})[-1]"): "one_late",
        function(HOLDS, f"return ({BEGUN.format('<=')} or ['?'])[-1]"): "before",
        function(HOLDS, f"return {BEGUN.format('<=')}[0]"): "first",
        function(HOLDS, 'return "open"'): "other",
    },
}


@pytest.mark.parametrize("name", WRONG)
def test_a_blank_is_not_attempted(name):
    assert said(name, None).startswith(f"{name}: not attempted. ")


@pytest.mark.parametrize("name", WRONG)
def test_the_solution_is_right(name):
    assert said(name, EXERCISES[name].solution) == f"{name}: right. {EXERCISES[name].right}"


@pytest.mark.parametrize(
    ("name", "code", "mistake"),
    [(name, code, mistake) for name, cases in WRONG.items() for code, mistake in cases.items()],
)
def test_a_typical_wrong_answer_gets_its_hint(name, code, mistake):
    exercise = EXERCISES[name]

    assert said(name, code) == f"{name}: not yet. {exercise.wrong.get(mistake, exercise.hint)}"


def test_a_function_may_be_written_in_any_way():
    code = 'FINAL = {"succeeded", "failed", "cancelled"}\nis_final = FINAL.__contains__'

    assert said("04.1", code).startswith("04.1: right.")


@pytest.mark.parametrize(
    ("code", "found"),
    [
        (
            function(FINAL, "status == 'failed'"),
            "is_final returned None; expected bool. Is `return` missing?",
        ),
        (function(FINAL, "return 'yes'"), "is_final returned 'yes' (str); expected bool."),
        (
            function(FINAL, "return status.final"),
            "is_final('succeeded') stopped with AttributeError: 'str' object has no attribute 'final'.",
        ),
        ("is_final = True", "found True (bool); expected a function."),
    ],
)
def test_what_cannot_be_judged_is_said(code, found):
    assert said("04.1", code) == f"04.1: not yet. This cannot be judged: {found}"
