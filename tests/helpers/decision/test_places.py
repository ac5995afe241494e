"""Where one can still fine-tune: true on each day, because it is computed from the dates of the services."""

from datetime import date

import pytest

from helpers.decision.places import places_to_train


def said(today):
    own, openai, azure, nebius = places_to_train(today)
    assert own.startswith("On your own computer: open models, on any day;")
    assert nebius.startswith("Nebius: open models (documented, 2025-12")
    return openai, azure


@pytest.mark.parametrize(
    ("today", "words"),
    [
        (
            date(2026, 11, 29),
            "OpenAI: new jobs until 2027-01-05 only for organizations that used a fine-tuned model in the "
            "60 days "
            "before 2026-07-02; such a model stops on 2027-01-14, 46 days from 2026-11-29",
        ),
        (date(2027, 1, 5), "OpenAI: new jobs until 2027-01-05 only for organizations"),
        (
            date(2027, 1, 6),
            "OpenAI: no new jobs after 2027-01-05; its models that exist stop on 2027-01-14 (secondary",
        ),
        (
            date(2027, 2, 15),
            "OpenAI: no new jobs after 2027-01-05; its fine-tuned models have stopped (secondary",
        ),
    ],
)
def test_openai_is_open_until_its_last_day_and_then_is_not(today, words):
    assert said(today)[0].startswith(words)


def test_azure_is_for_customers_from_before_its_day():
    assert said(date(2027, 2, 15))[1].startswith(
        "Azure, for OpenAI's models: new jobs until 2027-04-14 or later, only for customers from before "
        "2026-10-14; such a model stops on 2027-10-14, 241 days from 2027-02-15 (documented, 2026-07-07"
    )


def test_after_the_days_that_azure_promised_at_least_nothing_is_claimed():
    assert said(date(2028, 1, 1))[1].startswith(
        "Azure, for OpenAI's models: new jobs were promised until 2027-04-14 or later, only for customers "
        "from before 2026-10-14: look it up; on this plan its fine-tuned models have stopped (documented"
    )
