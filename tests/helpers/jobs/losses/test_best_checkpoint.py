import pandas as pd
import pytest
from curve_samples import OVERFITTED, checkpoints

from finetune_dataset.errors import FineTuneError
from helpers.jobs.losses.best_checkpoint import BestCheckpoint, best_checkpoint


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
