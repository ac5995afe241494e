"""What a service still offers is said as of a day, and stays true when that day is over."""

from datetime import date

import pytest

from helpers.backends.notices import azure_notice, openai_notice
from helpers.errors import BackendUnavailable


def test_before_the_end_of_jobs_the_notice_says_who_may_train():
    assert "training_not_available" in openai_notice(date(2027, 1, 5))


@pytest.mark.parametrize("day", [date(2027, 1, 6), date(2027, 1, 13)])
def test_tuned_models_can_be_evaluated_after_the_end_of_jobs(day):
    notice = openai_notice(day)

    assert "creates no fine-tuning jobs since 2027-01-06" in notice
    assert "answers until 2027-01-14: you can evaluate it" in notice


@pytest.mark.parametrize("day", [date(2027, 1, 14), date(2027, 2, 15)])
def test_after_the_end_of_tuned_models_it_is_refused_with_a_way(day):
    with pytest.raises(BackendUnavailable, match=r"ended on 2027-01-14 .* Set FINETUNE_BACKEND=local"):
        openai_notice(day)


def test_azure_says_to_whom_it_is_closed():
    assert azure_notice(date(2026, 10, 13)).startswith(
        "Azure will train OpenAI's models only for customers from"
    )
    assert azure_notice(date(2027, 2, 15)).startswith(
        "Azure trains OpenAI's models only for customers from before"
    )
