import math

import pytest
from curve_samples import OVERFITTED, REAL_JOB, checkpoints, epochs, metrics, rewards

from helpers.jobs.events import metrics_frame
from helpers.jobs.losses.overfitting import Overfitting, Rise
from helpers.jobs.losses.report import read_losses
from helpers.jobs.result_file import read_result_file


def divergence(table):
    report = read_losses(table)
    return report.rise if report.diverges else None


def test_a_validation_loss_that_rises_twice_while_training_falls_is_overfitting():
    assert read_losses(OVERFITTED).overfitting == Overfitting(step=12, lowest=1.5, last_step=24, last=2.0)
    assert read_losses(OVERFITTED).overfitting.rise == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("full", "why"),
    [
        ([], "nothing was measured"),
        ([1.0], "one value"),
        ([3, 2, 1], "it falls to the end"),
        ([3, 1, 5], "one rise is not enough"),
        ([3, 1, 1.04, 1.05], "five percent are the limit"),
        ([3, 0.0001, 0.004, 0.005], "both losses mean the right token, almost for sure"),
        ([3, 1, 1.2, 1.04], "the last value came down again"),
        ([3, 2, 2.5, 1, 1.4, 1.6], "it had risen almost as far before, and came down"),
        ([3, 1, 1.6, 1.2, 1.4], "it falls almost as far as it rises"),
    ],
)
def test_less_than_that_is_not_overfitting(full, why):
    assert read_losses(epochs(full)).overfitting is None, why


def test_a_training_loss_that_rises_with_the_validation_loss_is_not_overfitting():
    train = [4, 3, 2, 2] + [1] * 4 + [1.2] * 4 + [1.5] * 4

    assert read_losses(epochs([2, 1, 1.3, 1.6], train)).overfitting is None


def test_overfitting_is_seen_in_checkpoints_alone():
    table = checkpoints({10: 1.0, 20: 1.2, 30: 1.3})

    assert read_losses(table).overfitting == Overfitting(step=10, lowest=1.0, last_step=30, last=1.3)


def test_the_course_job_neither_overfits_nor_diverges():
    assert read_losses(REAL_JOB).overfitting is None
    assert divergence(REAL_JOB) is None


def test_a_training_loss_that_climbs_back_diverges():
    found = divergence(metrics([4, 3, 2, 1, 0.5] * 2 + [0.5, 0.4] * 5 + [1, 1.5] * 5 + [3, 3.2] * 5))

    assert found == Rise(
        step=20,
        lowest=pytest.approx(0.44, abs=0.02),
        last=pytest.approx(3.1, abs=0.1),
        lost=pytest.approx(1.6, abs=0.1),
    )


def test_a_training_loss_that_loses_little_of_its_fall_rises_but_does_not_diverge():
    table = metrics([4 / step for step in range(1, 41)] + [0.1 + 0.02 * step for step in range(1, 41)])

    assert (read_losses(table).rise.diverges, divergence(table)) == (False, None)


@pytest.mark.parametrize(
    "train",
    [
        [1, 3] * 60,
        [5 / step for step in range(1, 121)],
        [5 / step for step in range(1, 120)] + [9],
        [5 / step for step in range(1, 41)] + [0.15, 0.25] * 40,
        [2, 1, 9, 9],
    ],
    ids=["noise", "falling", "one spike", "a little up", "too few steps"],
)
def test_noise_and_spikes_are_not_divergence(train):
    assert divergence(metrics(train)) is None


@pytest.mark.parametrize("broken", [math.nan, math.inf])
def test_a_loss_that_is_no_number_any_more_is_divergence(broken):
    table = metrics([3, 2, 1, broken, broken]).assign(train_mean_token_accuracy=0.5)

    found = divergence(table)

    assert (found.step, found.lowest, math.isnan(found.last)) == (4, 1, True)


def test_a_loss_that_only_the_messages_call_nan_is_divergence():
    told = [f"Step {step}/20: training loss={4 / step if step < 11 else math.nan}" for step in range(1, 21)]

    found = divergence(metrics_frame({"message": message, "created_at": 0} for message in told))

    assert (found.step, math.isnan(found.last)) == (11, True)


def test_one_empty_row_of_a_result_file_is_no_divergence():
    assert divergence(read_result_file("step,train_loss\n1,2.5\n2,2.0\n3,\n")) is None


def test_a_checkpoint_without_losses_is_no_divergence():
    assert divergence(checkpoints({5: 3.0, 10: 2.0, 15: None}, column="train_loss")) is None


def test_a_diverged_job_is_not_called_overfitted():
    table = epochs([1, 2, 3]).assign(train_mean_token_accuracy=0.5)
    table.loc[table["step"] > 4, "train_loss"] = math.nan

    assert read_losses(table).overfitting is None


def test_rewards_have_no_rule_for_overfitting():
    assert read_losses(rewards([0.1, 0.2, 0.3, 0.4], {1: 0.5, 2: 0.3, 3: 0.2})).overfitting is None
