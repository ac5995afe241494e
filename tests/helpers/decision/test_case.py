"""The learner's form in sentences: where nothing was trained, and where a computer's seconds count."""

from dataclasses import replace
from datetime import date

from options import PROMPT, TUNED

from helpers.decision import Needs
from helpers.decision.case import case

TODAY = date(2027, 2, 15)


def test_a_form_that_nobody_filled_in_says_so():
    assert case([PROMPT, TUNED], Needs(), TODAY) == (
        "The form is not filled in: notebook 05b_decide asks its questions.",
    )


def test_without_a_training_no_benefit_is_claimed():
    sentences = case([PROMPT], Needs(use_case="a bot"), TODAY)

    assert not any(sentence.startswith("Benefit") for sentence in sentences)
    assert "Data: as many as were measured; no training was measured." in sentences
    assert sentences[0] == "Use case: a bot. What should improve: not written down."
    assert sentences[-1] == "Written on 2027-02-15."


def test_hours_of_work_are_said_and_not_counted_in_seconds_of_a_computer():
    sentences = case([PROMPT, TUNED], Needs(unit="seconds"), TODAY)

    assert (
        "Effort, in hours of work: prompt 2, smaller model 4, retrieve 16, fine-tune 24, not counted in "
        "seconds of "
        "a computer." in sentences
    )
    assert "Compute: one training costs up to 3.0 seconds. Hosting: not counted." in sentences


def test_a_training_of_unknown_cost_is_not_said_to_cost_nothing():
    unknown = replace(TUNED, name="again", once=None)

    assert "Compute: what one training costs is not known. Hosting: 0 USD a day." in case(
        [PROMPT, unknown], Needs(use_case="a bot"), TODAY
    )
    assert (
        "Compute: one training costs up to 3.00 USD; what another one costs is not known. Hosting: 0 USD a "
        "day." in case([TUNED, unknown], Needs(use_case="a bot"), TODAY)
    )
