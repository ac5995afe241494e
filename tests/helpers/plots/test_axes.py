import math

import pandas as pd
import pytest
from curve_samples import REAL_JOB, metrics, rewards
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from helpers.jobs.losses.report import read_losses
from helpers.plots.axes import downsample, in_picture, line_points, mark_best, round_up, set_loss_range


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
    ("tables", "ends"),
    [
        ([REAL_JOB], (0.0309 / 1.15, 8.73 * 1.15)),
        ([metrics([4, 2, 0.2]), metrics([8, 2, 1])], (0.2 / 1.15, 8 * 1.15)),
        ([metrics([1.0, 1.02])], (1.01 / 10**0.5, 1.01 * 10**0.5)),
        ([metrics([5, 0.0001])], (5 * 1.15 / 10_000, 5 * 1.15)),
        ([metrics([5, 1, 0.0])], (1.15**0.5 / 1.15**0.5 / 1.4142, 7.0711)),
    ],
    ids=["the whole fall", "two jobs", "hardly any fall", "a fall without end", "rounded to zero"],
)
def test_a_loss_axis_holds_every_loss_over_one_to_four_powers_of_ten(tables, ends):
    ax = plt.figure().add_subplot()

    set_loss_range(ax, [read_losses(table) for table in tables])

    assert ax.get_yscale() == "log"
    assert ax.get_ylim() == pytest.approx(ends, rel=0.01)


@pytest.mark.parametrize("table", [metrics([0.0, 0.0]), metrics([])], ids=["zeros", "nothing"])
def test_losses_that_have_no_logarithm_keep_an_ordinary_axis(table):
    ax = plt.figure().add_subplot()

    set_loss_range(ax, [read_losses(table)])

    assert (ax.get_yscale(), ax.get_ylim()) == ("linear", (0, 1))


def test_a_steady_axis_changes_its_ends_once_in_the_whole_job():
    ends = []
    for steps in range(1, len(REAL_JOB) + 1):
        ax = Figure().add_subplot()
        set_loss_range(ax, [read_losses(REAL_JOB.head(steps))], steady=True)
        ends.append(ax.get_ylim())

    assert list(dict.fromkeys(ends)) == [
        (pytest.approx(0.1), pytest.approx(10)),
        (pytest.approx(0.01), pytest.approx(10)),
    ]


def test_losses_below_the_axis_are_drawn_at_its_edge():
    ax = plt.figure().add_subplot()
    set_loss_range(ax, [read_losses(metrics([5, 1, 0.0]))])

    shown = in_picture(ax, pd.Series([5.0, math.nan, 0.0]))

    assert shown.tolist()[::2] == [5, ax.get_ylim()[0]]
    assert math.isnan(shown[1])


@pytest.mark.parametrize(("value", "rounded"), [(8.73, 10), (10, 10), (0.3, 0.5), (216, 500)])
def test_round_numbers_are_one_two_or_five_times_a_power_of_ten(value, rounded):
    assert round_up(value) == pytest.approx(rounded)


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
