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
