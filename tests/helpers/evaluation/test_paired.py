"""Two models on the same questions: counted by hand, by McNemar's formula and by all turns of the signs."""

from itertools import product
from math import comb

import numpy as np
import pytest
from hypothesis import given, strategies as st
from judging import RIGHT, SHARE, answers, prediction
from scipy.stats import permutation_test

from helpers.evaluation.paired import Comparison, chance_of_gap, compare, holm, p_text


def shares(model: str, values: list) -> list[dict]:
    return [prediction(model, str(row), str(value)) for row, value in enumerate(values)]


def test_a_comparison_counts_the_groups_where_one_model_is_better():
    predictions = answers("base", [1, 0, 0, 0, 0, 0, 0, 0, 1, 0]) + answers(
        "fine_tuned", [1, 1, 1, 1, 1, 1, 1, 1, 0, 0]
    )

    result = compare(predictions, "base", "fine_tuned", RIGHT)

    # Seven against one: 2 * (1 + 8) / 2**8, the two-sided binomial test by hand.
    assert result == Comparison("base", "fine_tuned", "right", 10, 1, 7, 0.6, 0.0703125)
    assert str(result) == (
        "right: fine_tuned is better on 7 of 10 groups, base on 1; difference +60 points, p = 0.070."
    )


def test_two_answers_about_one_group_are_one_piece_of_evidence():
    base = answers("base", [0, 0, 0]) + answers("base", [0, 0, 1])
    tuned = answers("tuned", [1, 1, 1]) + answers("tuned", [1, 0, 1])

    result = compare(base + tuned, "base", "tuned", RIGHT)

    # Differences 1, 1/2, 1/2: all for one side in 1 of 4 ways to turn three signs, not 2 in 2**4.
    assert (result.n, result.b_better, result.p_value) == (3, 3, 0.25)
    assert result.difference == pytest.approx(2 / 3)


def test_a_published_case_48_of_49_pairs_changed_one_way_and_none_the_other():
    result = compare(answers("a", [0] * 49) + answers("b", [1] * 48 + [0]), "a", "b", RIGHT)

    assert result.p_value == pytest.approx(7.1e-15, rel=0.01)
    assert str(result).endswith("p < 0.001.")


@pytest.mark.parametrize("gaps", [[0.5, -0.25, 1, 0.75, 0.1, -0.5], [1, 1, 0.5, 1, -1], [0.5, 0.5, 0.5]])
def test_scipy_counts_the_same_turns_where_it_can_list_them(gaps):
    theirs = permutation_test(
        (np.array(gaps), np.zeros(len(gaps))),
        lambda a, b, axis: np.mean(a - b, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=np.inf,
    )

    assert chance_of_gap(gaps) == pytest.approx(theirs.pvalue)


@given(st.lists(st.sampled_from([-1, 0, 1]), max_size=60))
def test_with_one_right_or_wrong_answer_per_group_the_test_is_mcnemars(gaps):
    only_a, only_b = gaps.count(-1), gaps.count(1)
    tail = sum(comb(only_a + only_b, k) for k in range(min(only_a, only_b) + 1))

    assert chance_of_gap(gaps) == pytest.approx(min(1.0, 2 * tail / 2 ** (only_a + only_b)))


@given(st.lists(st.integers(-10, 10), max_size=9))
def test_with_shares_the_p_value_is_the_count_of_all_turns_of_the_signs(gaps):
    turned = [sum(map(int.__mul__, gaps, signs)) for signs in product((-1, 1), repeat=len(gaps))]
    as_far = sum(abs(total) >= abs(sum(gaps)) for total in turned)

    assert chance_of_gap(gap / 10 for gap in gaps) == pytest.approx(as_far / len(turned))


def test_a_thousand_groups_with_shares_are_compared_at_once():
    predictions = shares("a", [row % 8 / 7 for row in range(1000)]) + shares("b", [0.5] * 1000)

    result = compare(predictions, "a", "b", SHARE)

    assert (result.a_better, result.b_better, result.p_value) == (500, 500, pytest.approx(1))


def test_models_that_never_differ_have_no_evidence_against_each_other():
    result = compare(answers("base", [1, 0]) + answers("few_shot", [1, 0]), "base", "few_shot", RIGHT)

    assert (result.difference, result.p_value) == (0.0, 1.0)


def test_groups_that_one_model_did_not_answer_are_left_out():
    result = compare(answers("base", [0, 0, 0]) + answers("tuned", [1, 1]), "base", "tuned", RIGHT)

    assert (result.n, result.b_better) == (2, 2)


@pytest.mark.parametrize(
    ("predictions", "message"),
    [
        (answers("base", [1]), "No group was answered by both 'base' and 'tuned'"),
        (answers("base", [1]) * 2 + answers("tuned", [1]), "0: 'base' has 2 answers and 'tuned' has 1"),
    ],
)
def test_a_comparison_that_makes_no_sense_is_refused(predictions, message):
    with pytest.raises(ValueError, match=message):
        compare(predictions, "base", "tuned", RIGHT)


def test_holms_correction_counts_the_tests_that_are_left():
    # By hand: 3 * .01, 2 * .03, and the largest alone, but not below the one before it.
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert holm([0.9, 0.8]) == [1, 1]
    assert holm([0.02]) == [0.02]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=8))
def test_a_corrected_p_value_is_never_smaller_and_the_order_stays(p_values):
    found = holm(p_values)

    assert all(p <= corrected <= 1 for p, corrected in zip(p_values, found, strict=True))
    assert [each for _, each in sorted(zip(p_values, found, strict=True))] == sorted(found)


def test_a_p_value_is_written_in_one_way():
    assert [p_text(value) for value in (0.0009, 0.001, 0.05, 1)] == [
        "p < 0.001", "p = 0.001", "p = 0.050", "p = 1.000"
    ]  # fmt: skip
