import math

import pytest

from helpers.jobs.event_messages import checkpoint_in, numbers_in, real_number, whole_number


@pytest.mark.parametrize(
    ("message", "numbers"),
    [
        ("Step 10: training loss=0.50", {"step": "10", "train_loss": "0.50"}),
        (
            "Step 131/303: training loss=0.25, validation loss=0.32",
            {"step": "131", "total_steps": "303", "train_loss": "0.25", "valid_loss": "0.32"},
        ),
        (
            "Step 10/20 , train mean reward=0.20, full validation mean reward=0.30",
            {
                "step": "10",
                "total_steps": "20",
                "train_mean_reward": "0.20",
                "full_valid_mean_reward": "0.30",
            },
        ),
        ("Step 3/4: something else=1", {"step": "3", "total_steps": "4"}),
        ("Stepping on", {}),
    ],
)
def test_the_message_of_a_step_has_its_numbers(message, numbers):
    assert numbers_in(message) == numbers


@pytest.mark.parametrize(
    ("message", "found"),
    [
        (
            "Checkpoint created at step 100 with Snapshot ID: ft:m:ckpt-step-100",
            ("100", "ft:m:ckpt-step-100"),
        ),
        ("Checkpoint created at step 100", ("100", "")),
        ("Created fine-tuning job", None),
    ],
)
def test_the_message_of_a_checkpoint_has_its_step_and_its_model(message, found):
    assert checkpoint_in(message) == found


@pytest.mark.parametrize(
    ("value", "real", "whole"),
    [
        (100.0, 100.0, 100),
        ("3.81E-06", 3.81e-06, None),
        ("inf", math.inf, None),
        ("nan", None, None),
        (-1, -1.0, None),
        (2**54, 2.0**54, None),
        ("many", None, None),
        (None, None, None),
        (10**400, None, None),
    ],
)
def test_numbers_are_read_from_numbers_and_texts(value, real, whole):
    assert (real_number(value), whole_number(value)) == (real, whole)
