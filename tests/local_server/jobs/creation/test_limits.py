"""How many steps a job has. That the limits hold: `projects/test_routes.py`, over the wire."""

import pytest

from local_server.jobs.creation.limits import steps_of
from local_server.training.specification import settled


@pytest.mark.parametrize(
    ("rows", "batch_size", "method", "steps"),
    [
        (10, 5, "supervised", 6),
        (11, 5, "supervised", 9),
        (11, 5, "dpo", 9),
        # What is left of an epoch below a step is left out there.
        (11, 5, "reinforcement", 6),
        (1, 256, "supervised", 3),
    ],
)
def test_steps_are_counted_as_the_training_program_does(
    rows: int, batch_size: int, method: str, steps: int
) -> None:
    job = settled(3, batch_size, "auto", rows=rows, seed=1, method=method)

    assert steps_of(job, rows) == steps
