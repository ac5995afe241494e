"""Intervals that are right for few questions, and what a number of questions can show."""

from math import isclose, sqrt

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.stats import binom, binomtest, bootstrap

from helpers.evaluation.intervals import ALPHA, BOOTSTRAP_FROM, POWER, Power, interval, power, wilson


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    # R: prop.test(right, n, correct = FALSE)$conf.int
    [(0, 10, 0.0, 0.2775), (8, 10, 0.4902, 0.9433), (10, 10, 0.7225, 1.0), (39, 40, 0.8712, 0.9956)],
)
def test_intervals_of_right_and_wrong_answers_are_wilsons(right, n, low, high):
    assert wilson(right, n) == pytest.approx((low, high), abs=5e-5)
    assert interval([1] * right + [0] * (n - right)) == wilson(right, n)


def test_wilsons_formula_by_hand_says_the_same():
    z, n, share = 1.959964, 34, 33 / 34
    middle, half = share + z**2 / (2 * n), z * sqrt(share * (1 - share) / n + z**2 / (4 * n**2))

    by_hand = tuple((middle + side * half) / (1 + z**2 / n) for side in (-1, 1))

    assert wilson(33, 34) == pytest.approx(by_hand, abs=1e-6)


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


def test_the_interval_of_answers_that_are_right_in_part_reaches_over_both_whole_numbers():
    assert wilson(7.5, 10) == (wilson(7, 10)[0], wilson(8, 10)[1])
    assert wilson(sum([0.1] * 30), 30) == wilson(3, 30)  # The sum is 3.0000000000000013.


def test_means_of_other_values_have_scipys_bootstrap():
    values = [0.5, 0.2, 0.9, 1, 1, 0.3, 0.2, 0.9, 0.4, 0.5, 0.6]

    low, high = interval(values)

    theirs = bootstrap((np.array(values),), np.mean, n_resamples=5000, rng=np.random.default_rng(7))
    assert (low, high) == (theirs.confidence_interval.low, theirs.confidence_interval.high)
    assert low < np.mean(values) < high
    assert interval(values) == (low, high)  # Drawn again, the same.


@given(st.lists(st.floats(0, 1), min_size=1, max_size=BOOTSTRAP_FROM + 2))
def test_any_scores_have_an_interval_within_0_and_1(values):
    low, high = interval(values)

    assert 0 <= low <= high <= 1


@pytest.mark.parametrize("values", [[0.5] * 20, [0.2, 0.9]])
def test_values_that_cannot_be_drawn_again_have_the_wider_interval(values):
    assert interval(values) == wilson(sum(values), len(values))


def test_34_questions_show_differences_above_15_points():
    # Six of six in one direction: 2 / 2**6 = 0.031; five: 2 / 2**5 = 0.0625.
    assert str(power(34)) == (
        "With 34 questions you can see differences above 15 points: 6 answers must change, all in one "
        "direction, for p < 0.05. To be seen in four of five tests, the true difference must be at least "
        "22 points, and more where some answers become worse."
    )


@pytest.mark.parametrize("n", [6, 34, 300])
def test_the_likely_difference_is_seen_in_four_of_five_tests_and_a_smaller_one_is_not(n):
    found = power(n)

    chances = [binom.sf(found.least - 1, n, share) for share in (found.likely, found.likely - 0.002)]
    assert chances[0] >= POWER > chances[1]


def test_where_some_answers_become_worse_the_likely_difference_is_seen_less_often():
    worse, better, chance = 0.06, 0.06 + power(34).likely, 0.0

    for changed in range(35):
        share = binom.pmf(changed, 34, worse + better)
        seen = [k for k in range(changed + 1) if 2 * k > changed and binomtest(k, changed).pvalue < ALPHA]
        chance += share * sum(binom.pmf(k, changed, better / (worse + better)) for k in seen)

    assert chance < 0.7 < POWER


@pytest.mark.parametrize("n", [1, 5])
def test_five_questions_show_nothing(n):
    assert power(n) == Power(n, None, None)
    assert str(power(n)) == f"With {n} questions no difference can be seen, however large: ask more."
