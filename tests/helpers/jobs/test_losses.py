import math

import pandas as pd
import pytest
from curve_samples import OVERFITTED, REAL_JOB, checkpoints, epochs, metrics, rewards

from finetune_dataset.errors import FineTuneError
from helpers.jobs.events import metrics_frame
from helpers.jobs.losses import (
    BestCheckpoint,
    Overfitting,
    Rise,
    best_checkpoint,
    find_divergence,
    find_overfitting,
    find_rise,
    measured,
    steps_per_epoch,
)
from helpers.jobs.result_file import read_result_file


def test_a_validation_loss_that_rises_twice_while_training_falls_is_overfitting():
    assert find_overfitting(OVERFITTED) == Overfitting(step=12, lowest=1.5, last_step=24, last=2.0)
    assert find_overfitting(OVERFITTED).rise == pytest.approx(1 / 3)


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
    assert find_overfitting(epochs(full)) is None, why


def test_a_training_loss_that_rises_with_the_validation_loss_is_not_overfitting():
    train = [4, 3, 2, 2] + [1] * 4 + [1.2] * 4 + [1.5] * 4

    assert find_overfitting(epochs([2, 1, 1.3, 1.6], train)) is None


def test_overfitting_is_seen_in_checkpoints_alone():
    table = checkpoints({10: 1.0, 20: 1.2, 30: 1.3})

    assert find_overfitting(table) == Overfitting(step=10, lowest=1.0, last_step=30, last=1.3)


def test_the_course_job_neither_overfits_nor_diverges():
    assert find_overfitting(REAL_JOB) is None
    assert find_divergence(REAL_JOB) is None


def test_a_training_loss_that_climbs_back_diverges():
    found = find_divergence(metrics([4, 3, 2, 1, 0.5] * 2 + [0.5, 0.4] * 5 + [1, 1.5] * 5 + [3, 3.2] * 5))

    assert found == Rise(
        step=20,
        lowest=pytest.approx(0.44, abs=0.02),
        last=pytest.approx(3.1, abs=0.1),
        lost=pytest.approx(1.6, abs=0.1),
    )


def test_a_training_loss_that_loses_little_of_its_fall_rises_but_does_not_diverge():
    table = metrics([4 / step for step in range(1, 41)] + [0.1 + 0.02 * step for step in range(1, 41)])

    assert (find_rise(table).diverges, find_divergence(table)) == (False, None)


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
    assert find_divergence(metrics(train)) is None


@pytest.mark.parametrize("broken", [math.nan, math.inf])
def test_a_loss_that_is_no_number_any_more_is_divergence(broken):
    table = metrics([3, 2, 1, broken, broken]).assign(train_mean_token_accuracy=0.5)

    found = find_divergence(table)

    assert (found.step, found.lowest, math.isnan(found.last)) == (4, 1, True)


def test_a_loss_that_only_the_messages_call_nan_is_divergence():
    told = [f"Step {step}/20: training loss={4 / step if step < 11 else math.nan}" for step in range(1, 21)]

    found = find_divergence(metrics_frame({"message": message, "created_at": 0} for message in told))

    assert (found.step, math.isnan(found.last)) == (11, True)


def test_one_empty_row_of_a_result_file_is_no_divergence():
    assert find_divergence(read_result_file("step,train_loss\n1,2.5\n2,2.0\n3,\n")) is None


def test_a_checkpoint_without_losses_is_no_divergence():
    assert find_divergence(checkpoints({5: 3.0, 10: 2.0, 15: None}, column="train_loss")) is None


def test_a_diverged_job_is_not_called_overfitted():
    table = epochs([1, 2, 3]).assign(train_mean_token_accuracy=0.5)
    table.loc[table["step"] > 4, "train_loss"] = math.nan

    assert find_overfitting(table) is None


def test_values_are_ascending_finite_and_one_for_each_step():
    table = pd.DataFrame({"step": [3, 1, 3, 2, None], "train_loss": [1.0, 3.0, 1.5, math.inf, 9.0]})

    assert measured(table, "train_loss").to_dict() == {1: 3.0, 3: 1.5}


def test_a_column_that_is_missing_or_empty_has_no_values():
    assert measured(pd.DataFrame({"step": [1], "a": [None]}, dtype=object), "a").empty
    assert measured(pd.DataFrame({"step": [1]}), "train_loss").empty


def test_a_table_without_steps_is_refused_with_what_it_has():
    with pytest.raises(FineTuneError, match='needs a column "step"; found: epoch, loss'):
        measured(pd.DataFrame({"epoch": [1], "loss": [2.0]}), "train_loss")


@pytest.mark.parametrize(
    ("ends", "total", "size"),
    [([72, 144], 216, 72), ([80, 90], 100, 10), ([72], 216, 72), ([72], None, None),
     ([], 216, None), ([7, 13], 100, None)],
)  # fmt: skip
def test_the_steps_of_an_epoch_divide_all_its_ends(ends, total, size):
    table = pd.DataFrame({"step": [1], "total_steps": pd.array([total], dtype="Int64")})

    assert steps_per_epoch(table, ends) == size


def test_the_best_checkpoint_has_the_lowest_full_validation_loss_and_says_why():
    assert best_checkpoint(checkpoints({72: 0.2, 144: 0.1, 216: 0.15})) == BestCheckpoint(
        step=144,
        model="ft:m:ckpt-step-144",
        value=0.1,
        column="full_valid_loss",
        reason="The checkpoint of step 144 has the lowest full validation loss: 0.1; "
        "the others have 0.2 at step 72, 0.15 at step 216.",
    )


def test_checkpoints_without_losses_take_those_of_the_events():
    best = best_checkpoint(checkpoints({8: None, 12: None, 16: None}), metrics=OVERFITTED)

    assert (best.step, best.value) == (12, 1.5)


def test_the_loss_of_a_part_of_the_file_decides_only_when_nothing_better_is_known():
    best = best_checkpoint(checkpoints({5: 0.3, 6: 0.2}, column="valid_loss"))

    assert (best.step, best.column) == (6, "valid_loss")
    assert "of a part of the validation file" in str(best)


def test_the_reason_does_not_hide_checkpoints_without_a_loss():
    assert str(best_checkpoint(checkpoints({5: 0.5, 10: 0.3, 15: None}))) == (
        "The checkpoint of step 10 has the lowest full validation loss: 0.3; "
        "the others have 0.5 at step 5, none at step 15."
    )


def test_a_single_checkpoint_is_the_best_and_the_reason_says_that_it_is_alone():
    assert str(best_checkpoint(checkpoints({5: 0.3}))).endswith("there is no other to compare it with.")


def test_among_rewards_the_highest_is_best():
    table = pd.DataFrame({"step": [10, 20], "full_valid_mean_reward": [0.6, 0.4]})

    assert best_checkpoint(table) == BestCheckpoint(
        10, "", 0.6, "full_valid_mean_reward",
        "The checkpoint of step 10 has the highest full validation mean reward: 0.6; "
        "the others have 0.4 at step 20.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (checkpoints({}), "There is no checkpoint to choose from"),
        (checkpoints({1: None, 2: None}), "None of the 2 checkpoints has a validation loss"),
    ],
)
def test_without_checkpoints_or_validation_there_is_no_best_one(table, message):
    with pytest.raises(FineTuneError, match=message):
        best_checkpoint(table)


def test_rewards_have_no_rule_for_overfitting():
    assert find_overfitting(rewards([0.1, 0.2, 0.3, 0.4], {1: 0.5, 2: 0.3, 3: 0.2})) is None
