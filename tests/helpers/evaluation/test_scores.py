"""Scores of groups of questions, with intervals that are right for few of them."""

from math import isclose

import pytest
from hypothesis import given, strategies as st
from judging import RIGHT, SHARE, prediction

from helpers.evaluation.scores import judge, score_predictions, wilson


def test_each_model_has_one_row_per_score_in_the_order_in_which_they_were_asked():
    scores = score_predictions(
        [
            prediction("tuned", "gold", "right .25"),
            prediction("tuned", "iron", "right .75"),
            prediction("base", "gold", "no .5"),
        ],
        [RIGHT, SHARE],
    )

    assert scores[["model", "metric", "value", "n"]].to_dict("split")["data"] == [
        ["tuned", "right", 1.0, 2],
        ["tuned", "share", 0.5, 2],
        ["base", "right", 0.0, 1],
        ["base", "share", 0.5, 1],
    ]
    assert scores.columns.tolist() == ["model", "metric", "value", "low", "high", "n"]


def test_a_group_counts_once_however_many_rows_it_has():
    answers = [prediction("base", "gold", "right")] * 3 + [
        prediction("base", "iron", "right"),
        prediction("base", "iron", "no"),
    ]

    scores = score_predictions(answers, [RIGHT])

    # Gold 1, iron one half; over five rows it would be 0.8.
    assert scores.loc[0, ["value", "n"]].tolist() == [0.75, 2]
    assert scores.loc[0, ["low", "high"]].tolist() == pytest.approx(wilson(1.5, 2))


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    # R: prop.test(right, n, correct = FALSE)$conf.int
    [(0, 10, 0.0, 0.2775), (8, 10, 0.4902, 0.9433), (10, 10, 0.7225, 1.0), (39, 40, 0.8712, 0.9956)],
)
def test_intervals_are_wilsons(right, n, low, high):
    answers = [prediction("base", str(row), "right" if row < right else "no") for row in range(n)]

    scores = score_predictions(answers, [RIGHT])

    assert scores.loc[0, ["low", "high"]].tolist() == pytest.approx([low, high], abs=5e-5)


@given(st.integers(1, 500), st.floats(0, 1))
def test_an_interval_holds_the_share_stays_within_0_and_1_and_is_the_mirror_of_that_of_the_wrong_answers(
    n, share
):
    low, high = wilson(share * n, n)
    mirrored = wilson(n - share * n, n)

    assert 0 <= low <= share + 1e-9
    assert share - 1e-9 <= high <= 1
    assert high - low > 0
    assert isclose(low, 1 - mirrored[1], abs_tol=1e-9)


def test_no_predictions_give_an_empty_table():
    assert score_predictions([], [RIGHT]).empty


def test_each_answer_can_be_looked_at_with_its_scores():
    table = judge([prediction("base", "gold", "right .5")], [RIGHT, SHARE])

    assert table.to_dict("records") == [{"model": "base", "group": "gold", "right": 1.0, "share": 0.5}]


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ([{"model": "base", "text": ""}], "Prediction 1 has no 'group'"),
        (
            [prediction("base", "gold", "7")],
            r"1 \(gold\): the score 'share' is 7.0, expected 0 to 1",
        ),
        ([prediction("base", "gold", "nan")], "the score 'share' is nan, expected 0 to 1"),
    ],
)
def test_a_prediction_without_a_field_and_a_score_out_of_range_are_refused(answers, message):
    with pytest.raises(ValueError, match=message):
        score_predictions(answers, [SHARE])
