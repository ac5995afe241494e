import math

import pandas as pd
import pytest
from curve_samples import OVERFITTED, REAL_JOB, checkpoints, epochs, metrics, preferences, rewards
from figures import legend, line
from matplotlib import pyplot as plt

from finetune_dataset.errors import FineTuneError
from helpers.jobs.events import metrics_frame
from helpers.jobs.losses.describe import describe_loss
from helpers.jobs.losses.report import read_losses
from helpers.plots.loss import draw_losses, plot_loss
from helpers.plots.style import ORANGE, VERMILLION


def shaded(ax):
    return [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in ax.patches]


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_the_training_loss_is_drawn_per_step_and_smoothed():
    ax = plot_loss(metrics([3, 0.3, 3] * 15))

    raw, smooth = line(ax, "training loss, each step"), line(ax, "training loss, mean of 3 steps")
    assert raw.get_xdata().tolist() == list(range(1, 46))
    assert raw.get_ydata().tolist() == [3, 0.3, 3] * 15
    assert smooth.get_ydata()[:3].tolist() == [1.65, 2.1, 2.1]
    assert raw.get_linewidth() < smooth.get_linewidth()
    assert raw.get_alpha() < 0.5


def test_validation_losses_differ_from_training_by_color_line_and_marker():
    ax = plot_loss(metrics([3, 2, 1], valid={2: 2.5, 3: 1.5}, full={3: 1.75}))

    valid, full = line(ax, "validation loss, a part of the file"), line(ax, "full validation loss")
    assert (valid.get_xdata().tolist(), valid.get_ydata().tolist()) == ([2, 3], [2.5, 1.5])
    assert (full.get_xdata().tolist(), full.get_ydata().tolist()) == ([3], [1.75])
    assert [
        (artist.get_color(), artist.get_linestyle(), artist.get_marker()) for artist in (valid, full)
    ] == [(ORANGE, "--", "s"), (VERMILLION, ":", "D")]


def test_a_few_values_are_dots_without_a_mean_that_nobody_measured():
    ax = plot_loss(metrics([3]))

    assert legend(ax) == ["training loss, each step"]
    assert line(ax, "training loss, each step").get_marker() == "."
    assert ax.get_xlim() == (0, 2)


def test_missing_steps_leave_a_hole_in_the_line():
    ax = plot_loss(metrics([3, 2, 1, 1, 1], steps=[1, 2, 3, 40, 41]))

    drawn = line(ax, "training loss, each value")
    assert drawn.get_xdata().tolist() == [1, 2, 3, 39.5, 40, 41]
    assert math.isnan(drawn.get_ydata()[3])


def test_ten_thousand_steps_become_fewer_points_and_keep_every_spike():
    losses = [1.0] * 10_000
    losses[4321], losses[7654] = 9.0, 0.1

    drawn = line(plot_loss(metrics(losses)), "training loss, each step")

    assert len(drawn.get_xdata()) < 1_300
    points = dict(zip(drawn.get_xdata(), drawn.get_ydata(), strict=True))
    assert (points[4322], points[7655]) == (9.0, 0.1)


def test_epochs_are_thin_lines_with_their_number_and_checkpoints_dashed_ones_with_a_triangle():
    ax = plot_loss(epochs([3, 2, 1, 0.9]), checkpoints=checkpoints({8: 2, 12: 1, 16: 0.9}))

    [ends] = [artist for artist in ax.collections if artist.get_label() == "end of an epoch"]
    kept = [artist for artist in ax.lines if artist.get_marker() == "v"]
    assert [path[0][0] for path in ends.get_segments()] == [4, 8, 12, 16]
    assert [artist.get_xdata()[0] for artist in kept] == [8, 12, 16]
    assert {artist.get_linestyle() for artist in kept} == {"--"}
    assert texts(ax) == ["1", "2", "3", "4", "epoch"]
    assert legend(ax).count("end of an epoch") == legend(ax).count("checkpoint") == 1


def test_many_epochs_have_few_numbers():
    ax = plot_loss(epochs([1 / epoch for epoch in range(1, 51)]))

    assert texts(ax) == ["4", "8", "12", "16", "20", "24", "28", "32", "36", "40", "44", "48", "epoch"]


def test_a_star_marks_the_best_checkpoint_and_the_legend_names_it():
    ax = plot_loss(OVERFITTED, checkpoints=checkpoints({12: 1.5, 20: 1.8, 24: 2.0}))

    star = line(ax, "best checkpoint, step 12: 1.5")
    assert (star.get_xdata().tolist(), star.get_ydata().tolist(), star.get_marker()) == ([12], [1.5], "*")


def test_a_star_says_when_the_best_epoch_was_not_kept():
    ax = plot_loss(OVERFITTED, checkpoints=checkpoints({16: 1.6, 20: 1.8, 24: 2.0}))

    star = line(ax, "best kept checkpoint, step 16: 1.6")
    assert (star.get_xdata().tolist(), star.get_ydata().tolist(), star.get_marker()) == ([16], [1.6], "*")


def test_without_checkpoints_the_star_is_the_lowest_full_validation_loss():
    star = line(plot_loss(OVERFITTED), "lowest full validation, step 12: 1.5")

    assert (star.get_xdata().tolist(), star.get_ydata().tolist()) == ([12], [1.5])


def test_a_lowest_loss_of_zero_as_services_round_it_is_drawn_and_told_without_a_percentage():
    rounded = epochs([3, 0.0, 0.1, 0.2])

    ax = plot_loss(rounded)

    assert texts(ax)[-1].startswith("Overfitting since step 8: full validation loss\n0 → 0.2 (from zero)")
    assert "It then rises to 0.2 at step 16 (from zero): the job overfits." in describe_loss(rounded)
    assert "0.004 at step 12: too small a rise" in describe_loss(epochs([3, 0.0, 0.004]))


def test_overfitting_is_shaded_from_the_lowest_validation_to_the_end_and_explained_with_numbers():
    ax = plot_loss(OVERFITTED)

    assert shaded(ax) == [(12, 24)]
    assert ax.patches[0].get_hatch() == "///"
    assert texts(ax)[-1] == (
        "Overfitting since step 12: full validation loss\n1.5 → 2 (+33%), training loss does not rise"
    )
    assert "overfitting" in legend(ax)


@pytest.mark.parametrize(
    "table",
    [REAL_JOB, epochs([3, 2, 1]), epochs([3, 1, 5]), epochs([3, 1, 1.04, 1.02]), metrics([1, 3] * 60)],
    ids=["the course's job", "falling", "one rise", "a small rise", "noise"],
)
def test_nothing_is_shaded_without_a_real_rise(table):
    ax = plot_loss(table)

    assert shaded(ax) == []
    assert not any("verfitting" in text or "iverge" in text for text in texts(ax))


def test_a_training_loss_that_is_no_number_is_a_line_with_a_note():
    table = metrics([3, 2, 1, math.nan, math.nan]).assign(train_mean_token_accuracy=0.5)

    ax = plot_loss(table)

    assert line(ax, "training loss is no number").get_xdata()[0] == 4
    assert texts(ax) == ["Diverged: training loss is no number\nfrom step 4 on"]


def test_a_training_loss_that_climbs_back_has_a_note():
    ax = plot_loss(metrics([4, 3, 2, 1, 0.5] * 2 + [0.5, 0.4] * 5 + [1, 1.5] * 5 + [3, 3.2] * 5))

    assert texts(ax)[0].startswith("Training diverges: its mean rises from 0.4")


def test_the_whole_fall_is_in_the_picture_on_an_axis_that_says_what_it_is():
    ax = plot_loss(REAL_JOB)

    bottom, top = ax.get_ylim()
    assert REAL_JOB["train_loss"].between(bottom, top).all()
    assert ax.get_ylabel() == "loss per token (nats), log scale"
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["0.1", "1", "10"]


def test_losses_of_one_power_of_ten_have_ticks_between():
    ax = plot_loss(metrics([3, 2, 1]))

    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["1", "2", "5"]
    assert ax.get_xlabel() == "step"


def test_a_loss_that_is_rounded_to_zero_is_at_the_lower_edge_and_the_legend_says_so():
    ax = plot_loss(metrics([3, 2, 0.0]))

    assert line(ax, "training loss, each step (down to 0)").get_ydata()[-1] == ax.get_ylim()[0]


def test_a_note_about_a_rise_stands_where_the_curve_is_not():
    falling, diverging = (
        plot_loss(OVERFITTED),
        plot_loss(metrics([4, 2, 1, 0.5] * 5 + [1, 1.5] * 5 + [3] * 10)),
    )

    assert [ax.texts[-1].get_verticalalignment() for ax in (falling, diverging)] == ["bottom", "bottom"]


@pytest.mark.parametrize(("known", "ends"), [(216, (-5.48, 222.48)), (None, (-0.5, 51.5))])
def test_a_steady_picture_has_room_for_all_steps_from_the_start(known, ends):
    table = REAL_JOB.head(30).assign(total_steps=known)

    ax = draw_losses(read_losses(table), plt.figure().add_subplot(), steady=True)

    assert ax.get_xlim() == pytest.approx(ends)


def test_a_reinforcement_job_turns_to_reward():
    ax = plot_loss(rewards([0.1, 0.3, 0.2, 0.4], {2: 0.5, 4: 0.35}))

    assert ax.get_title(loc="left") == "Reward during fine-tuning"
    assert ax.get_ylabel() == "mean reward (higher is better)"
    assert legend(ax) == [
        "training mean reward, each step",
        "full validation mean reward",
        "highest full validation, step 2: 0.5",
    ]


def test_a_preference_job_turns_to_the_margin_of_its_rewards():
    ax = plot_loss(preferences([0, 0.4, 0.9, 1.6], {2: 0.5, 4: 1.2}))

    assert ax.get_title(loc="left") == "Reward margin during fine-tuning"
    assert ax.get_ylabel() == "reward margin (higher is better)"
    assert legend(ax) == [
        "training reward margin, each step",
        "full validation reward margin",
        "end of an epoch",
        "highest full validation, step 4: 1.2",
    ]


def test_the_checkpoint_with_the_lowest_loss_of_pairs_is_marked_at_its_margin():
    ax = plot_loss(
        preferences([0, 0.4, 0.9, 1.6], {2: 0.5, 4: 1.2}), checkpoints=checkpoints({2: 0.3, 4: 0.4})
    )

    assert "best checkpoint by its loss, step 2: 0.5" in legend(ax)


def test_losses_that_only_checkpoints_carry_are_drawn_from_them():
    table = checkpoints({40: 1.3, 80: 1.0, 120: 1.1})

    for ax in (plot_loss(table), plot_loss(metrics_frame([]), checkpoints=table)):
        assert line(ax, "full validation loss").get_ydata().tolist() == [1.3, 1.0, 1.1]
        assert texts(ax) == ["1", "2", "3", "epoch"]


def test_losses_of_zero_are_drawn():
    ax = plot_loss(metrics([0.0, 0.0]))

    assert ax.get_ylim() == (0, 1)


def test_the_plot_goes_on_the_axes_given_and_opens_no_figure():
    ax = plt.figure().add_subplot()

    assert plot_loss(metrics([1]), ax=ax) is ax
    assert len(plt.get_fignums()) == 1


@pytest.mark.parametrize(
    "table",
    [metrics_frame([]), pd.DataFrame({"step": [1, 2], "other": [1.0, 2.0]})],
    ids=["empty", "unknown columns"],
)
def test_a_plot_without_any_loss_says_so(table):
    ax = plot_loss(table)

    assert texts(ax) == ["No loss has been reported yet."]
    assert ax.get_legend() is None
    assert describe_loss(table) == "No loss has been reported."


@pytest.mark.parametrize("function", [plot_loss, describe_loss])
def test_a_table_without_steps_is_refused(function):
    with pytest.raises(FineTuneError, match='needs a column "step"'):
        function(pd.DataFrame({"loss": [1.0]}))
    with pytest.raises(FineTuneError, match=r"found: a list.*metrics_frame"):
        function([{"message": "Step 1: training loss=2"}])


def test_a_loss_that_never_was_a_number_is_marked_at_the_first_step():
    ax = plot_loss(metrics([math.nan, math.nan]))

    assert texts(ax) == ["Diverged: training loss is no number\nfrom step 1 on"]
    assert line(ax, "training loss is no number").get_xdata() == [1, 1]
