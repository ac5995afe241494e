"""Checkpoints are scored over things, and not over rows."""

import pandas as pd
import pytest

from finetune_dataset.errors import FineTuneError
from helpers.decision.measured.checkpoints import COLUMNS, checkpoint_scores
from helpers.evaluation.intervals import interval, wilson


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
