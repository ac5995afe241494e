"""Checkpoints are scored over things, and not over rows; those of several seeds beside each other."""

import pandas as pd
import pytest
from measured_lines import BIG, SMALL, line, tuned

from finetune_dataset.errors import FineTuneError
from helpers.backends.base_models import TINY_MODEL
from helpers.decision.measured.checkpoints import COLUMNS, checkpoint_scores, checkpoints_of_seeds
from helpers.evaluation.intervals import interval, wilson
from helpers.evaluation.measured_lines import read_lines
from helpers.paths import data_path


def answers(step, rights, job="a"):
    """Two answers about each thing."""
    return [
        {"job": job, "step": step, "loss": 1.0, "row": {"about": f"thing {place // 2}"}, "all": right}
        for place, right in enumerate(rights)
    ]


def about(row):
    return row["about"]


def test_two_rows_about_one_thing_count_once():
    found = checkpoint_scores([*answers(20, [1, 1] * 6 + [0, 0] * 6), *answers(10, [1, 0] * 12)], about)

    halves = dict.fromkeys(sorted(f"thing {place}" for place in range(12)), 0.5)
    whole = {name: float(int(name.split()[1]) < 6) for name in halves}
    pd.testing.assert_frame_equal(
        found,
        pd.DataFrame(
            [
                ("a", 10, 1.0, 0.5, *wilson(6, 12), 12, halves),
                ("a", 20, 1.0, 0.5, *wilson(6, 12), 12, whole),
            ],
            columns=COLUMNS,
        ),
    )


def test_jobs_keep_the_order_of_their_answers_so_that_pictures_give_them_the_same_colors():
    rights = [1, 1] * 12
    found = checkpoint_scores(
        [*answers(20, rights, "z"), *answers(10, rights, "z"), *answers(10, rights, "a")], about
    )

    assert list(zip(found["job"], found["step"], strict=True)) == [("z", 10), ("z", 20), ("a", 10)]


def test_halves_have_the_interval_of_means():
    rights = [1, 1] * 8 + [1, 0] * 4
    low, high = checkpoint_scores(answers(10, rights), about).loc[0, ["low", "high"]]

    assert (low, high) == pytest.approx(interval([1.0] * 8 + [0.5] * 4))


def test_no_answers_are_no_checkpoints():
    assert checkpoint_scores([], about).columns.tolist() == COLUMNS


def test_an_answer_without_its_score_is_refused_with_what_to_do():
    broken = [*answers(10, [1, 1]), {"job": "a", "step": 10, "loss": 1.0, "row": {}}]

    with pytest.raises(FineTuneError, match=r"Answer 3 of 04b_answers\.jsonl has no 'all'; .* Run 04b_over"):
        checkpoint_scores(broken, about)


def test_equal_jobs_with_other_seeds_have_a_row_for_each_checkpoint():
    lines = [
        line(),
        tuned(9, seed=2, steps=20, valid_loss=0.5),
        tuned(4, seed=2, steps=20, step=10, valid_loss=0.75),
        tuned(8, seed=1, steps=20, valid_loss=0.25),
        tuned(9, seed=1, steps=20, step=10, valid_loss=1.0),
        tuned(8, seed=1, steps=20, valid_loss=0.25),  # measured twice
        tuned(1, seed=1, rows=10, steps=4, valid_loss=3.0),
        tuned(2, seed=1, rows=10, steps=4, step=2, valid_loss=3.0),
        tuned(2, seed=1, steps=20, step=5, valid_loss=3.0, base_model=SMALL),
        tuned(2, seed=1, steps=20, valid_loss=0.1) | {"way": "fine_tuned_asked_without_facts"},
    ]

    def row(job, step, loss, right):
        marks = {str(place): float(place < right) for place in range(10)}
        return (job, step, loss, right / 10, *wilson(right, 10), 10, marks)

    pd.testing.assert_frame_equal(
        checkpoints_of_seeds(lines, BIG),
        pd.DataFrame(
            [
                row("seed 1", 10, 1.0, 9),
                row("seed 1", 20, 0.25, 8),
                row("seed 2", 10, 0.75, 4),
                row("seed 2", 20, 0.5, 9),
            ],
            columns=COLUMNS,
        ),
    )
    assert checkpoints_of_seeds(lines, BIG, ["form"])["value"].tolist() == [1.0, 0.9, 0.5, 1.0]


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [line()],
        [tuned(steps=72, valid_loss=0.2)],  # one epoch: one checkpoint
        [tuned(), tuned(step=9)],  # measured before the loss was asked for
    ],
)
def test_without_several_checkpoints_and_their_losses_there_is_nothing_to_choose(lines):
    found = checkpoints_of_seeds(lines, BIG)

    assert found.empty
    assert found.columns.tolist() == COLUMNS


def test_the_course_measured_three_checkpoints_of_the_tiny_model_on_each_of_its_seeds():
    lines = read_lines(data_path("measured", "rivals_elle.json"))

    found = checkpoints_of_seeds(lines, TINY_MODEL)

    steps = found.groupby("job")["step"].agg(list).to_dict()
    assert steps == {job: [72, 144, 216] for job in steps}
    assert steps.keys() == {"seed 1", "seed 2", "seed 3"}
    assert set(found["n"]) == {34}
