"""Numbers in the place of "auto", for each method."""

from typing import Any

import pytest

from local_server.jobs.methods.settle import settled, with_numbers

AUTO = {"n_epochs": "auto", "batch_size": "auto", "learning_rate_multiplier": "auto"}
MORE = {
    "compute_multiplier": "auto",
    "eval_interval": 2,
    "eval_samples": "auto",
    "reasoning_effort": "default",
}
METHODS: dict[str, Any] = {
    "supervised": {"hyperparameters": AUTO},
    "dpo": {"hyperparameters": AUTO | {"beta": "auto"}},
    "reinforcement": {"grader": {"type": "string_check"}, "hyperparameters": AUTO | MORE},
}


@pytest.mark.parametrize("name", METHODS)
def test_a_job_that_has_begun_says_its_numbers_under_its_method(name: str) -> None:
    method: Any = {"type": name, name: METHODS[name]}
    made = settled(method, rows=16, seed=7, parameters=0)

    told: Any = with_numbers(method, made)

    numbers = told[name]["hyperparameters"]
    assert made["method"] == name
    assert {key: numbers[key] for key in AUTO} == {key: made[key] for key in AUTO}
    assert told[name] | {"hyperparameters": None} == METHODS[name] | {"hyperparameters": None}


def test_a_beta_that_is_asked_for_stays() -> None:
    method: Any = {"type": "dpo", "dpo": {"hyperparameters": AUTO | {"beta": 0.5}}}

    assert settled(method, rows=16, seed=7, parameters=0)["beta"] == 0.5


@pytest.mark.parametrize(
    ("rows", "asked", "numbers"),
    [
        # 84 rows are read once (cookbook rule): 21 steps of 4 rows, and a validation in each third one.
        (84, {}, (4, 1.0, 3, 1)),
        (3, {"n_epochs": 2, "batch_size": 8}, (3, 1.0, 1, 1)),
        (84, {"compute_multiplier": 0.5, "eval_interval": 7, "eval_samples": 3}, (4, 0.5, 7, 3)),
    ],
)
def test_a_job_with_a_grader_has_its_numbers(rows: int, asked: dict[str, Any], numbers: Any) -> None:
    grader = {"type": "string_check"}
    auto = AUTO | MORE | {"eval_interval": "auto", "n_epochs": 1} | asked
    method: Any = {"type": "reinforcement", "reinforcement": {"grader": grader, "hyperparameters": auto}}

    made = settled(method, rows=rows, seed=7, parameters=0)

    found = (made["batch_size"], made["compute_multiplier"], made["eval_interval"], made["eval_samples"])
    assert (found, made["grader"]) == (numbers, grader)
