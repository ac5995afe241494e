import math

import pandas as pd
import pytest
from curve_samples import REAL_JOB, metrics, rewards
from matplotlib import pyplot as plt

from helpers.jobs.losses.report import read_losses
from helpers.plots.axes import downsample, line_points, mark_best, set_loss_range


def test_a_long_line_keeps_the_lowest_and_the_highest_value_of_each_part():
    values = pd.Series([1.0] * 2_001, index=range(1, 2_002))
    values[778], values[1_999], values[2_001] = 9.0, 0.1, 5.0

    kept = downsample(values)

    assert len(kept) <= 900
    assert (kept[778], kept[1_999], kept[2_001]) == (9.0, 0.1, 5.0)
    assert kept.index.is_monotonic_increasing


def test_a_short_line_keeps_every_point_and_breaks_where_steps_are_missing():
    points = line_points(pd.Series([3.0, 2.0, 1.0, 1.0], index=[1, 2, 3, 40]))

    assert points.index.tolist() == [1, 2, 3, 39.5, 40]
    assert math.isnan(points[39.5])


@pytest.mark.parametrize(
    ("tables", "top"),
    [
        ([metrics([3, 2, 1])], 3.24),
        ([metrics([0.0, 0.0])], 1),
        ([metrics([])], 1),
        ([metrics([3, 2, 1]), metrics([4, 2, 1])], 4.32),
    ],
)
def test_the_loss_axis_starts_at_zero_and_ends_above_the_highest_value(tables, top):
    ax = plt.figure().add_subplot()

    set_loss_range(ax, [read_losses(table) for table in tables])

    assert ax.get_ylim() == (0, pytest.approx(top))


def test_first_losses_far_above_the_rest_do_not_decide_the_range():
    ax = plt.figure().add_subplot()

    set_loss_range(ax, [read_losses(REAL_JOB)])

    assert 0.14 < ax.get_ylim()[1] < 1.5


def test_rewards_keep_the_range_that_matplotlib_finds():
    ax = plt.figure().add_subplot()

    set_loss_range(ax, [read_losses(rewards([0.1, 0.2], {2: 0.5}))])

    assert ax.get_autoscaley_on()


def test_the_best_point_is_a_star_named_in_the_legend():
    ax = plt.figure().add_subplot()

    mark_best(ax, 12, 1.5, "best checkpoint")

    [star] = ax.lines
    assert (star.get_marker(), star.get_label()) == ("*", "best checkpoint")
    assert (list(star.get_xdata()), list(star.get_ydata())) == ([12], [1.5])
