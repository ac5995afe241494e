"""The method that a client asks for, in whichever place it writes the numbers."""

from typing import Any

import pytest
from pydantic import ValidationError

from local_server.http.errors import ApiError
from local_server.jobs.creation.bodies import CreateJob
from local_server.jobs.creation.methods import asked_method

GRADER = {"type": "string_check", "name": "same", "operation": "eq", "input": "a", "reference": "a"}
AUTO = {"n_epochs": "auto", "batch_size": "auto", "learning_rate_multiplier": "auto"}


def body(**fields: Any) -> CreateJob:
    return CreateJob.model_validate({"model": "m", "training_file": "f", **fields})


def asked(**fields: Any) -> Any:
    given = body(**fields)
    return asked_method(given.method, given.hyperparameters)


def test_without_a_method_a_job_is_supervised() -> None:
    assert asked() == {"type": "supervised", "supervised": {"hyperparameters": AUTO}}


def test_the_numbers_of_the_method_go_before_those_of_the_old_place() -> None:
    method = {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 3}}}

    found = asked(hyperparameters={"batch_size": 2}, method=method)

    assert found == {"type": "supervised", "supervised": {"hyperparameters": AUTO | {"n_epochs": 3}}}


@pytest.mark.parametrize(
    ("sent", "numbers"),
    [
        ({"type": "dpo"}, AUTO | {"beta": "auto"}),
        ({"type": "dpo", "dpo": {}}, AUTO | {"beta": "auto"}),
        (
            {"type": "dpo", "dpo": {"hyperparameters": {"beta": 2, "n_epochs": 1}}},
            AUTO | {"beta": 2, "n_epochs": 1},
        ),
    ],
)
def test_a_preference_job_has_a_beta(sent: dict[str, Any], numbers: dict[str, Any]) -> None:
    assert asked(method=sent) == {"type": "dpo", "dpo": {"hyperparameters": numbers}}


def test_the_old_place_has_numbers_for_a_preference_job_too() -> None:
    found = asked(method={"type": "dpo"}, hyperparameters={"n_epochs": 2})

    assert found["dpo"]["hyperparameters"] == AUTO | {"n_epochs": 2, "beta": "auto"}


def test_a_job_with_a_grader_keeps_it_with_its_numbers_and_the_form_of_its_answers() -> None:
    more = {"compute_multiplier": 0.5, "eval_interval": 1, "eval_samples": 2, "reasoning_effort": "low"}
    settings = {"grader": GRADER, "hyperparameters": more, "response_format": {"type": "text"}}

    found = asked(method={"type": "reinforcement", "reinforcement": settings})

    assert found == {"type": "reinforcement", "reinforcement": settings | {"hyperparameters": AUTO | more}}


def test_a_job_for_a_grader_needs_one() -> None:
    with pytest.raises(ApiError, match="Missing required parameter") as refused:
        asked(method={"type": "reinforcement"})

    assert refused.value.body["error"]["param"] == "method.reinforcement.grader"


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("supervised", {"beta": 0.1}),
        ("supervised", {"eval_samples": 1}),
        ("dpo", {"compute_multiplier": 1}),
        ("reinforcement", {"beta": 0.1}),
    ],
)
def test_a_number_of_another_method_is_refused_with_its_place(name: str, numbers: dict[str, Any]) -> None:
    settings = {"hyperparameters": numbers, **({"grader": GRADER} if name == "reinforcement" else {})}

    with pytest.raises(ValidationError) as refused:
        asked(method={"type": name, name: settings})

    (problem,) = refused.value.errors()
    (number,) = numbers
    assert problem["loc"] == ("method", name, "hyperparameters")
    assert problem["ctx"]["meant"].endswith(f".hyperparameters.{number}")


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("dpo", {"beta": 0}),
        ("dpo", {"beta": 2.1}),
        ("dpo", {"beta": "high"}),
        ("reinforcement", {"compute_multiplier": 1e-5}),
        ("reinforcement", {"compute_multiplier": 10.5}),
        ("reinforcement", {"eval_interval": 0}),
        ("reinforcement", {"eval_samples": 0}),
        ("reinforcement", {"reasoning_effort": "huge"}),
    ],
)
def test_a_number_out_of_its_range_is_refused(name: str, numbers: dict[str, Any]) -> None:
    settings = {"hyperparameters": numbers, **({"grader": GRADER} if name == "reinforcement" else {})}

    with pytest.raises(ValidationError):
        body(method={"type": name, name: settings})


def test_settings_of_another_method_are_refused_by_name() -> None:
    with pytest.raises(ApiError, match="the method is 'dpo'") as refused:
        asked(method={"type": "dpo", "supervised": {"hyperparameters": {"n_epochs": 1}}})

    assert (refused.value.status, refused.value.body["error"]["param"]) == (400, "method.supervised")
