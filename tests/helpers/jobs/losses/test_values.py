import math

import pandas as pd
import pytest

from finetune_dataset.errors import FineTuneError
from helpers.jobs.losses.values import (
    LOSS,
    REWARD,
    number,
    percent,
    read_columns,
    share_above,
    smoothed,
    smoothing_window,
)


def test_values_are_ascending_finite_and_one_for_each_step():
    table = pd.DataFrame({"step": [3, 1, 3, 2, None], "train_loss": [1.0, 3.0, 1.5, math.inf, 9.0]})

    assert read_columns(table, ["train_loss"])["train_loss"].to_dict() == {1: 3.0, 3: 1.5}


def test_a_column_that_is_missing_or_empty_has_no_values():
    assert read_columns(pd.DataFrame({"step": [1], "a": [None]}, dtype=object), ["a"])["a"].empty
    assert read_columns(pd.DataFrame({"step": [1]}), ["train_loss"])["train_loss"].empty


def test_a_table_without_steps_is_refused_with_what_it_has():
    with pytest.raises(FineTuneError, match='needs a column "step"; found: epoch, loss'):
        read_columns(pd.DataFrame({"epoch": [1], "loss": [2.0]}), ["train_loss"])["train_loss"]


def test_a_few_values_are_not_averaged_and_many_by_an_odd_number_of_them():
    few, many = pd.Series([3.0, 0.0, 3.0]), pd.Series([3.0, 0.0, 3.0] * 15)

    assert smoothed(few) is few
    assert smoothed(many).tolist()[:3] == [1.5, 2, 2]
    assert [smoothing_window(pd.Series(range(size))) for size in (10, 216, 10_000)] == [3, 15, 667]


def test_the_best_loss_is_the_lowest_and_the_best_reward_the_highest_the_earliest_of_equals():
    values = pd.Series([2.0, 1.0, 3.0, 1.0, 3.0], index=[1, 2, 3, 4, 5])

    assert (LOSS.best_step(values), LOSS.best_is) == (2, "lowest")
    assert (REWARD.best_step(values), REWARD.best_is) == (3, "highest")


@pytest.mark.parametrize(
    ("value", "text"),
    [(12345.6, "12,346"), (8.7312, "8.73"), (0.05012, "0.0501"), (0.0, "0"), (3.8e-6, "3.8e-06")],
)
def test_a_loss_is_written_with_three_digits(value, text):
    assert number(value) == text


def test_a_rise_is_a_share_and_above_zero_none():
    assert [percent(share_above(last, lowest)) for last, lowest in ((1.25, 1.0), (0.1, 0.0))] == [
        "+25%",
        "from zero",
    ]
