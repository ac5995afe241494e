"""What a client asks of a new job."""

import pytest
from pydantic import ValidationError

from local_server.jobs.creation.bodies import CreateJob


@pytest.mark.parametrize("suffix", ["a:b", "a/b", "", "x" * 65])
def test_a_suffix_that_would_break_the_name_of_the_model_is_refused(suffix: str) -> None:
    with pytest.raises(ValidationError):
        CreateJob(model="m", training_file="f", suffix=suffix)
