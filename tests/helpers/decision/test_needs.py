"""The learner's form: what it costs in all, and impossible numbers."""

import math
from dataclasses import replace

import pytest
from options import PROMPT, TUNED, option

from finetune_dataset.errors import FineTuneError
from helpers.decision.needs import Needs, check_needs


def test_a_way_costs_its_work_its_training_its_hosting_and_its_requests():
    needs = Needs(requests_per_day=500, days=10, usd_per_hour=40, hosting_usd_per_day=2)

    # By hand: 24 h × 40 + 3 + 2 × 10 + 500 × 10 × 0.0001 = 983.50; 2 h × 40 + 500 × 10 × 0.0004 = 82.
    assert needs.total(TUNED) == pytest.approx(983.5)
    assert needs.total(PROMPT) == pytest.approx(82.0)
    assert needs.total(PROMPT, requests_per_day=1_000) == pytest.approx(84.0)


def test_training_a_smaller_model_is_the_work_of_a_training():
    needs = Needs(requests_per_day=1, days=1, usd_per_hour=1)

    assert needs.fixed(option(kind="smaller model")) == 4
    assert needs.fixed(option(kind="smaller model", rows=9)) == 24


def test_a_model_that_was_trained_with_facts_is_the_work_of_the_search_too():
    needs = Needs(requests_per_day=1, days=1, usd_per_hour=1)

    assert needs.fixed(option(kind="fine-tune", rows=9, looks_up=True)) == 24 + 16
    assert needs.fixed(option(kind="smaller model", looks_up=True)) == 4 + 16
    assert needs.fixed(option(kind="retrieve", looks_up=True)) == 16


def test_seconds_of_a_computer_hold_no_work_of_people_and_no_hosting():
    needs = Needs(requests_per_day=1, days=10, unit="seconds", usd_per_hour=40, hosting_usd_per_day=2)

    assert needs.total(option(kind="fine-tune", once=60.0, per_request=0.5, rows=10)) == 65.0


@pytest.mark.parametrize(
    ("unit", "value", "words"),
    [
        ("USD", 0, "0.00 USD"),
        ("USD", 0.001, "less than 0.01 USD"),
        ("USD", 1234.5, "1,234.50 USD"),
        ("seconds", 59.96, "60.0 seconds"),
        ("seconds", 7200, "2.0 hours of this computer"),
    ],
)
def test_an_amount_has_its_unit(unit, value, words):
    assert Needs(unit=unit).amount(value) == words


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("quality", 1, "quality is 1; expected a share above 0 and below 1.*No number of questions shows"),
        ("quality", 90, "quality is 90; expected a share"),
        ("quality", None, "quality is None"),
        ("requests_per_day", 0, "requests_per_day is 0; expected a number above 0"),
        ("requests_per_day", math.inf, "requests_per_day is inf"),
        ("days", 0, "days is 0; expected a whole number from 1 to 3,650"),
        ("days", 1.5, "days is 1.5"),
        ("unit", "EUR", "unit is 'EUR'; expected 'USD' or 'seconds'"),
        ("hours", {"pray": 1}, "hours has 'pray'; expected prompt, smaller model"),
        ("hours", {"prompt": -1}, r"hours\['prompt'\] is -1; expected a number, 0 or more"),
        ("usd_per_hour", "40", "usd_per_hour is '40'; expected a number"),
        ("hosting_usd_per_day", -2, "hosting_usd_per_day is -2"),
        ("rows", -5, "rows is -5; expected a number, 0 or more"),
    ],
)
def test_an_impossible_number_is_refused_with_its_field(field, value, words):
    with pytest.raises(FineTuneError, match=f"Needs: {words}"):
        check_needs(replace(Needs(), **{field: value}))


def test_the_defaults_are_possible():
    check_needs(Needs())
