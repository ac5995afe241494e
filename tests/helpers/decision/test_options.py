"""What a measured option shows, and what it leaves open."""

import math

import pytest
from hypothesis import given, settings, strategies as st
from options import PROMPT, TUNED, option

from finetune_dataset.errors import FineTuneError
from helpers.decision.options import Option, check_options, difference, questions_needed


def test_the_interval_is_wilsons_and_the_level_its_low_end():
    # By hand: all of 34 right, z = 1.96: 34 / (34 + 3.8415) = 0.8985.
    assert option(right=34).interval == pytest.approx((0.8985, 1.0), abs=1e-4)
    assert option(right=34).level == pytest.approx(0.8985, abs=1e-4)


def test_a_bad_training_run_lowers_the_level_below_the_interval():
    unsteady = Option("tuned", "fine-tune", 0.9, 1000, runs=(1.0, 0.7, 1.0))

    assert unsteady.interval[0] > 0.87
    assert unsteady.level == 0.7
    assert unsteady.reaches(0.8) is None


@pytest.mark.parametrize(
    ("right", "shown"), [(34, True), (33, True), (32, True), (31, None), (23, None), (22, False)]
)
def test_80_percent_is_shown_refuted_or_left_open_by_34_questions(right, shown):
    # Intervals: 32 of 34 are 81 to 98 %; 31 are 77 to 97 %; 22 are 48 to 79 %.
    assert option(right=right).reaches(0.8) is shown


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 60), st.integers(1, 60), st.floats(0.02, 0.98), st.integers(0, 60))
def test_the_needed_questions_show_the_quality_and_one_less_does_not(right, n, wanted, more_than):
    quality = min(right, n) / n
    needed = questions_needed(quality, wanted, more_than)

    if needed is None:
        assert quality - wanted < 0.01
    else:
        least = max(10, more_than + 1)
        assert Option("a", "prompt", quality, needed).reaches(wanted)
        assert needed == least or not Option("a", "prompt", quality, needed - 1).reaches(wanted)


def test_half_an_answer_shows_nothing():
    # 50 questions would do with 45.6 right answers; there are 45, and 45 of 50 are 79 to 96 %.
    assert [Option("a", "prompt", 31 / 34, n).reaches(0.8) for n in (50, 53, 54)] == [None, None, True]
    assert questions_needed(31 / 34, 0.8) == 54
    assert questions_needed(31 / 34, 0.8, more_than=54) > 54


def test_sixteen_right_answers_of_sixteen_show_80_percent():
    # By hand: z² × 0.8 × 0.2 / 0.2² = 3.8415 × 4 = 15.4.
    assert questions_needed(1, 0.8) == 16
    assert questions_needed(0.8, 0.8) is None


def test_fewer_than_ten_questions_show_nothing_for_or_against():
    assert [option(right=right, n=n).reaches(0.2) for right, n in ((9, 9), (10, 10), (0, 9))] == [
        None,
        True,
        None,
    ]
    assert option(right=0, n=1).reaches(0.9) is None


def test_two_options_are_compared_on_the_questions_that_both_answered():
    # 3 of 34 differ, all the same way: chance gives that in 2 of 8 cases.
    assert difference(option(right=31), option("b", right=34)) == (pytest.approx(3 / 34), 0.25)
    assert difference(Option("a", "prompt", 0.5, 10), option("b", right=34)) == (0.5, None)


def test_an_option_describes_itself_with_both_uncertainties():
    assert TUNED.describe() == ("tuned: 100% right, 90% to 100% over 34 questions; 100% to 100% over 3 runs")
    assert option(n=1, right=0).describe() == "few-shot: 0% right, 0% to 79% over 1 question"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], r"There is no option to decide about\. Give at least one"),
        ([PROMPT, PROMPT], r"Two options are called 'few-shot'\. Give each a name"),
        ([option(kind="pray")], r"'few-shot': kind is 'pray'; expected one of prompt, smaller model, ret"),
        ([option(n=34, quality=None)], r"quality is None; expected a share of right.*Score its answers"),
        ([option(quality=math.nan)], r"quality is nan; expected a share"),
        ([option(quality=97.0)], r"quality is 97\.0; expected a share of right answers, 0 to 1"),
        ([Option("a", "prompt", 0.5, 0)], r"n is 0; expected the number of questions, at least 1"),
        ([option(by_group={"Gold": 2.0})], r"by_group\['Gold'\] is 2\.0; expected a share"),
        ([option(by_group={"Gold": 1.0})], r"n is 34, and by_group has 1 questions; expected the same"),
        ([option(runs=(0.5, 0.7))], r"quality is 1, and the mean of runs is 0\.6; expected the same"),
        ([option(runs=(1.0, -1.0))], r"runs\[1\] is -1\.0; expected a share"),
        ([option(per_request=-1.0)], r"per_request is -1\.0; expected a number, 0 or more"),
        ([option(once=math.inf)], r"once is inf; expected a number, 0 or more"),
        ([option(rows="many")], r"rows is 'many'; expected a number, 0 or more"),
    ],
)  # fmt: skip
def test_an_impossible_option_is_refused_with_what_was_found_and_expected(options, words):
    with pytest.raises(FineTuneError, match=words):
        check_options(options)
