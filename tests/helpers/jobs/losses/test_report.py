import cProfile
import math
import pstats

import pandas as pd
import pytest
from curve_samples import OVERFITTED, REAL_JOB, checkpoints, epochs, metrics, preferences, rewards

from finetune_dataset.errors import FineTuneError
from helpers.jobs.events import metrics_frame
from helpers.jobs.losses.describe import loss_sentences
from helpers.jobs.losses.overfitting import Overfitting
from helpers.jobs.losses.report import best_values, read_losses, read_runs
from helpers.jobs.losses.values import LOSS, MARGIN, REWARD
from helpers.plots.live_loss import LiveLossPlot


def test_one_report_has_all_that_is_drawn_and_said():
    report = read_losses(OVERFITTED, checkpoints=checkpoints({16: 1.6, 20: 1.8, 24: 2.0}))

    assert report.quantity is LOSS
    assert report.training.to_dict() == {step: 4 / step for step in range(1, 25)}
    assert (report.window, report.smoothed[2]) == (3, pytest.approx((4 + 2 + 4 / 3) / 3))
    assert report.part.empty
    assert report.full.to_dict() == {4: 3.0, 8: 2.0, 12: 1.5, 16: 1.6, 20: 1.8, 24: 2.0}
    assert (report.epoch_ends, report.steps_per_epoch) == ((4, 8, 12, 16, 20, 24), 4)
    assert report.checkpoint_steps == (16, 20, 24)
    assert report.best_checkpoint.step == 16
    assert report.overfitting == Overfitting(step=12, lowest=1.5, last_step=24, last=2.0)
    assert (report.rise, report.diverges, report.empty) == (None, False, False)


def test_the_sentence_and_the_picture_read_no_table_again():
    report = read_losses(REAL_JOB, checkpoints=checkpoints({72: None, 144: None, 216: None}))
    picture, profile = LiveLossPlot(), cProfile.Profile()

    with profile:
        loss_sentences(report)
        picture.png(report)

    called = {name for _, _, name in pstats.Stats(profile).stats}
    assert called.isdisjoint({"read_losses", "read_columns", "find_rise", "find_overfitting", "find_best"})


def test_the_validation_that_compares_best_is_that_of_the_whole_file():
    part, both = metrics([1] * 9, valid={3: 0.9}), metrics([1] * 9, valid={3: 0.9}, full={9: 1.1})

    reports = [read_losses(table) for table in (part, both)]

    assert [report.validation.to_dict() for report in reports] == [{3: 0.9}, {9: 1.1}]
    assert [report.has_full_validation for report in reports] == [False, True]
    assert [report.validation_name for report in reports] == [
        "validation loss of a part of the file",
        "full validation loss",
    ]


def test_a_job_without_losses_is_read_by_its_rewards():
    report = read_losses(rewards([0.1, 0.3, 0.2], {2: 0.5}))

    assert (report.quantity, report.training.to_dict()) == (REWARD, {1: 0.1, 2: 0.3, 3: 0.2})
    assert report.validation.to_dict() == {2: 0.5}


def test_a_preference_job_is_read_by_the_margin_of_its_rewards_and_by_its_loss_when_asked():
    table = preferences([0, 0.4, 0.9], {3: 0.8})

    report, loss = read_losses(table), read_losses(table, quantity=LOSS)

    assert (report.quantity, report.training.to_dict()) == (MARGIN, {1: 0, 2: 0.4, 3: 0.9})
    assert report.validation.to_dict() == {3: 0.8}
    assert loss.training.to_dict() == {1: 0.7, 2: 0.5, 3: pytest.approx(0.368, abs=1e-3)}
    assert loss_sentences(report).startswith("Training reward margin is 0 at step 1, then 0.9 at step 3")


def test_checkpoints_are_read_in_place_of_metrics_without_values():
    report = read_losses(metrics_frame([]), checkpoints=checkpoints({40: 1.3, 80: 1.0}))

    assert report.full.to_dict() == {40: 1.3, 80: 1.0}
    assert (report.best_checkpoint.step, report.empty) == (80, False)


def test_tables_without_values_give_an_empty_report():
    report = read_losses(metrics_frame([]), checkpoints=checkpoints({}))

    assert (report.empty, report.quantity, report.best_checkpoint, report.epoch_ends) == (
        True,
        LOSS,
        None,
        (),
    )


@pytest.mark.parametrize(
    "tables", [(pd.DataFrame({"loss": [1.0]}), None), (REAL_JOB, pd.DataFrame({"a": [1]}))]
)
def test_a_table_without_steps_is_refused(tables):
    with pytest.raises(FineTuneError, match='needs a column "step"'):
        read_losses(tables[0], checkpoints=tables[1])


@pytest.mark.parametrize(
    ("ends", "total", "size"),
    [([72, 144], 216, 72), ([80, 90], 100, 10), ([72], 216, 72), ([72], None, None),
     ([], 216, None), ([7, 13], 100, None)],
)  # fmt: skip
def test_the_steps_of_an_epoch_divide_all_its_ends(ends, total, size):
    table = pd.DataFrame({"step": [1, *ends], "full_valid_loss": [math.nan, *[1.0] * len(ends)]})
    table["total_steps"] = pd.array([total] * len(table), dtype="Int64")

    assert read_losses(table).steps_per_epoch == size


def test_jobs_are_compared_by_one_quantity_the_loss_where_any_has_one():
    by_reward = read_runs({"a": rewards([0.1], {1: 0.5}), "b": metrics([])})
    by_loss = read_runs({"a": rewards([0.1], {1: 0.5}), "b": metrics([3, 2])})

    by_margin = read_runs({"a": preferences([0, 1], {}), "b": preferences([0, 2], {})})
    of_two_kinds = read_runs({"a": preferences([0, 1], {}), "b": metrics([3, 2])})

    assert {report.quantity for report in by_reward.values()} == {REWARD}
    assert {report.quantity for report in by_margin.values()} == {MARGIN}
    assert {report.quantity for report in of_two_kinds.values()} == {LOSS}
    assert {report.quantity for report in by_loss.values()} == {LOSS}
    assert by_loss["a"].empty


def test_the_best_values_come_best_first_and_leave_out_parts_of_the_file():
    runs = {
        "part": metrics([1] * 12, valid={6: 0.1}),
        "worse": OVERFITTED,
        "better": epochs([3.0, 2.0, 1.0]),
        "none": metrics([2, 1]),
    }

    assert list(best_values(read_runs(runs)).items()) == [("better", (1.0, 12)), ("worse", (1.5, 12))]
    assert best_values(read_runs({"part": runs["part"]})) == {"part": (0.1, 6)}
