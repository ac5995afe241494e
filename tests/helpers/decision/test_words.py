"""Sentences of a recommendation that depend on how well two options are told apart."""

from dataclasses import replace

import pytest
from options import PROMPT, TUNED, option

from helpers.decision import Needs, Option
from helpers.decision.words import what_to_measure, what_would_change, why

NEEDS = Needs(days=100, hours={})


def doubts(*options):
    return [reason for reason in why(options, options[:1], NEEDS, options[0]) if "undecided (" in reason]


def test_a_difference_that_the_questions_show_is_no_doubt():
    # 6 of 34 differ, all the same way: p = 2 / 64 = 0.03; with 5, p = 2 / 32 = 0.06.
    assert doubts(TUNED, option(right=28)) == []
    assert doubts(TUNED, option(right=29)) == [
        "few-shot or tuned: which is right more often is undecided (few-shot has -15 points, p = 0.062)."
    ]


def test_a_better_option_that_is_not_needed_is_named():
    plain = option(right=28)

    assert "tuned is right more often (+18 points, p = 0.031); the wanted quality does not need it." in why(
        [plain, TUNED], [plain], NEEDS, plain
    )


@pytest.mark.parametrize(("quality", "is_open"), [(0.9, True), (0.5, False)])
def test_without_the_single_answers_the_intervals_are_compared(quality, is_open):
    other = Option("few-shot", "prompt", quality, 34, per_request=1e-4)
    reasons = why([TUNED, other], [TUNED], NEEDS, TUNED)

    assert (
        "few-shot or tuned: which is right more often is undecided; the intervals overlap." in reasons
    ) is is_open


def test_costs_that_are_nearly_the_same_are_called_close():
    other = replace(PROMPT, per_request=1.32e-4)
    reasons = why([TUNED, other], [TUNED, other], NEEDS, TUNED)

    assert "it costs 13.20 USD, and tuned 13.00 USD; that is close." in reasons[1]


def test_equal_costs_are_called_the_same():
    other = replace(TUNED, name="again")

    assert why([TUNED, other], [TUNED, other], NEEDS, TUNED)[1].endswith(
        "the same, and tuned is no more work."
    )


def test_a_single_good_option_is_not_changed_by_requests_or_prices():
    assert what_would_change([TUNED], [TUNED], NEEDS, TUNED)[0] == (
        "Neither requests nor prices change it: only tuned is shown to be good enough."
    )


def test_a_lower_wish_names_the_cheaper_option_that_reaches_it():
    cheap = option("few-shot", right=31, per_request=1e-5)

    assert "With 77 % wanted: prompt (few-shot)." in what_would_change([cheap, TUNED], [TUNED], NEEDS, TUNED)


def test_no_number_of_questions_is_promised_where_one_run_is_too_low():
    unsteady = Option("tuned", "fine-tune", 0.9, 34, runs=(1.0, 0.7, 1.0), rows=144, per_request=1e-5)

    assert not any("questions would show" in said for said in what_to_measure([unsteady], NEEDS))
    assert any("Ask more questions, or repeat it" in said for said in
               what_would_change([unsteady, PROMPT], [PROMPT], NEEDS, PROMPT))  # fmt: skip


def test_a_lower_wish_is_named_beside_an_option_with_too_few_questions():
    wished = what_to_measure([option(right=17), option("few", right=9, n=9)], NEEDS)

    assert "A lower wish: at 34 % wanted, it would be prompt (few-shot)." in wished
