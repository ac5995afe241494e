"""What a client asks of a new job."""

import pytest
from pydantic import ValidationError

from local_server.http.errors import ApiError
from local_server.jobs.creation.bodies import CreateJob, asked_hyperparameters


def test_the_numbers_of_the_method_go_before_those_of_the_old_place() -> None:
    method = {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 3}}}
    body = CreateJob(model="m", training_file="f", hyperparameters={"batch_size": 2}, method=method)

    assert asked_hyperparameters(body) == {
        "n_epochs": 3,
        "batch_size": "auto",
        "learning_rate_multiplier": "auto",
    }


def test_another_method_is_refused_by_name() -> None:
    with pytest.raises(ApiError, match="The method 'dpo' is not supported"):
        asked_hyperparameters(CreateJob(model="m", training_file="f", method={"type": "dpo"}))


@pytest.mark.parametrize("suffix", ["a:b", "a/b", "", "x" * 65])
def test_a_suffix_that_would_break_the_name_of_the_model_is_refused(suffix: str) -> None:
    with pytest.raises(ValidationError):
        CreateJob(model="m", training_file="f", suffix=suffix)
