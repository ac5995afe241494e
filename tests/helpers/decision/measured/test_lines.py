"""Right answers of measured lines, and the learning curve that they make."""

import pandas as pd
import pytest
from measured_lines import BIG, SMALL, line, tuned

from finetune_dataset.errors import FineTuneError
from helpers.decision.measured.lines import learning_curve, right_answers
from helpers.evaluation import wilson


def test_an_answer_is_right_when_all_chosen_scores_are():
    asked = line(right=2, n=4)  # form 1110, facts 1100

    assert right_answers(asked) == [1, 1, 0, 0]
    assert right_answers(asked, ["form"]) == [1, 1, 1, 0]


@pytest.mark.parametrize(
    ("changed", "metrics", "words"),
    [
        ({}, ["poetry"], "has no marks for 'poetry'; it has form, facts. Choose of these"),
        ({}, [], "Name at least one score"),
        ({"marks": {}}, None, "has no marks, or no score was chosen"),
        ({"marks": {"form": "11"}}, None, "the marks for 'form' are 2 characters, expected 10"),
        ({"marks": {"form": "0.50000000"}}, None, "are 10 characters, expected 10, each 0 or 1"),
    ],
)
def test_marks_that_do_not_fit_are_refused(changed, metrics, words):
    with pytest.raises(FineTuneError, match=words):
        right_answers(line() | changed, metrics)


def test_the_learning_curve_has_a_row_for_each_number_of_rows_and_seed():
    lines = [
        line(),
        tuned(9, seed=1),
        tuned(2, seed=2, rows=10),
        tuned(1, seed=1, rows=10),
        tuned(5, step=9),  # a checkpoint, and no model of its own
        tuned(10, base_model=SMALL),
    ]

    low, high = zip(*(wilson(right, 10) for right in (1, 2, 9)), strict=True)
    pd.testing.assert_frame_equal(
        learning_curve(lines, BIG),
        pd.DataFrame(
            {
                "rows": [10, 10, 144],
                "seed": [1, 2, 1],
                "value": [0.1, 0.2, 0.9],
                "low": low,
                "high": high,
                "n": [10, 10, 10],
                "right": [[1.0] * right + [0.0] * (10 - right) for right in (1, 2, 9)],
            }
        ),
    )


def test_a_base_model_without_a_training_has_no_curve():
    with pytest.raises(FineTuneError, match="No training of 'gpt-9' was measured"):
        learning_curve([tuned()], "gpt-9")
