import math

import pytest
from curve_samples import OVERFITTED, REAL_JOB, epochs, metrics, rewards
from figures import legend, line

from finetune_dataset.errors import FineTuneError
from helpers.jobs.losses.describe import describe_runs
from helpers.plots.compare_runs import compare_runs


def test_each_run_has_its_own_color_line_and_marker():
    runs = {f"run {number}": epochs([3, 2, 1 + number / 10]) for number in range(7)}

    ax = compare_runs(runs)

    drawn = [line(ax, name) for name in runs]
    for look in ("get_color", "get_marker"):
        assert len({getattr(artist, look)() for artist in drawn}) == 7
    assert len({str(artist._dash_pattern) for artist in drawn}) == 7


def test_markers_are_the_full_validation_loss_and_the_thin_line_is_the_smoothed_training_loss():
    ax = compare_runs({"a": metrics([3, 0, 3] * 15, full={15: 2.0, 45: 1.0})})

    assert line(ax, "a").get_xdata().tolist() == [15, 45]
    assert line(ax, "a").get_ydata().tolist() == [2, 1]
    thin = ax.lines[0]
    assert thin.get_ydata()[:3].tolist() == [1.5, 2, 2]
    assert thin.get_linewidth() < line(ax, "a").get_linewidth()


def test_the_best_of_all_has_a_star_and_is_named():
    ax = compare_runs({"course": REAL_JOB, "small file": OVERFITTED})

    assert legend(ax) == ["course", "small file", "best: course, step 216: 0.0501"]
    assert line(ax, legend(ax)[-1]).get_xdata().tolist() == [216]


def test_jobs_with_epochs_of_different_lengths_compare_by_epoch():
    ax = compare_runs({"course": REAL_JOB, "small file": OVERFITTED}, x="epoch")

    assert ax.get_xlabel() == "epoch"
    assert line(ax, "course").get_xdata().tolist() == [1, 2, 3]
    assert line(ax, "small file").get_xdata().tolist() == [1, 2, 3, 4, 5, 6]


def test_names_of_jobs_are_text_also_with_dollars():
    ax = compare_runs({"$5 and $10": OVERFITTED})

    ax.figure.canvas.draw()
    assert not ax.get_legend().get_texts()[0].get_parse_math()


def test_rewards_compare_by_the_highest():
    runs = {"a": rewards([0.1, 0.2], {2: 0.5}), "b": rewards([0.1, 0.2], {2: 0.7})}

    assert legend(compare_runs(runs))[-1] == "best: b, step 2: 0.7"
    assert describe_runs(runs).endswith("Best on validation data: b.")


def test_runs_without_any_loss_say_so():
    ax = compare_runs({"a": metrics([])})

    assert [text.get_text() for text in ax.texts] == ["No loss has been reported yet."]


@pytest.mark.parametrize("number", [0, 8])
def test_more_runs_than_one_can_tell_apart_are_refused(number):
    with pytest.raises(FineTuneError, match=f"1 to 7 jobs that one can tell apart; found {number}"):
        compare_runs({str(run): OVERFITTED for run in range(number)})


def test_epochs_that_are_not_known_are_refused_with_what_to_do():
    with pytest.raises(FineTuneError, match="an epoch of 'a' is not known"):
        compare_runs({"a": metrics([3, 2, 1])}, x="epoch")


PART_ONLY = metrics([1] * 12, valid={3: 0.9, 6: 0.1, 9: 1.5})
FULL = epochs([3.0, 2.0, 1.5])


def test_a_part_of_the_validation_file_is_never_compared_with_the_whole():
    text = describe_runs({"part": PART_ONLY, "full": FULL, "other": OVERFITTED})

    assert text.splitlines()[2:] == [
        "part: lowest validation loss of a part of the file 0.1 at step 6; last 1.5 at step 9.",
        "Equal on validation data: full, other.",
    ]
    assert "best: full, step 12: 1.5" in legend(compare_runs({"part": PART_ONLY, "full": FULL}))


def test_a_job_that_never_had_a_loss_is_named_as_diverged_in_the_legend():
    ax = compare_runs({"high rate": metrics([math.nan, math.nan]), "full": FULL})

    assert "high rate (diverged: no number from step 1 on)" in legend(ax)
