"""When models end: what is said stays true on every day, because it names the day."""

from datetime import date

import pytest

from helpers.costs.retirements import find_retirement, retirement_table

TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("model", "service", "words"),
    [
        (
            "gpt-4o-mini-2024-07-18",
            "openai",
            "fine-tunes stop on 2027-01-14: one made on 2026-11-21 would live 54 days",
        ),
        ("ft:gpt-4.1:acme::AbCd1234", "openai", "would live 54 days; new jobs until 2027-01-05 only for org"),
        ("gpt-4.1-nano", "openai", "shut down on 2026-10-23, with its fine-tunes"),
        (
            "gpt-4.1-nano",
            "azure",
            "fine-tunes stop on 2027-10-14: one made on 2026-11-21 would live 327 days",
        ),
    ],
)
def test_a_model_with_a_known_end_says_how_long_a_fine_tune_would_live(model, service, words):
    assert words in find_retirement(model, service).describe(TODAY)


def test_after_the_last_job_the_model_still_answers():
    described = find_retirement("gpt-4o", "openai").describe(date(2027, 1, 6))

    assert described.startswith("fine-tunes stop on 2027-01-14, in 8 days; no new jobs after 2027-01-05")


@pytest.mark.parametrize(
    ("day", "words", "days"),
    [
        (date(2027, 4, 14), "live 183 days; new jobs until 2027-04-14 or later, only for customers", 183),
        (date(2027, 4, 15), "live 182 days; new jobs were promised until 2027-04-14 or later, only for", 182),
        (date(2027, 10, 14), "its shutdown was planned for 2027-10-14, with its fine-tunes", 0),
    ],
)
def test_after_a_day_that_was_promised_at_least_nothing_is_claimed(day, words, days):
    end = find_retirement("gpt-4.1", "azure")

    assert words in end.describe(day)
    assert end.days(day) == days


def test_no_fine_tune_can_be_made_after_the_last_job():
    end = find_retirement("gpt-4.1", "openai")

    assert [end.days(date(2027, 1, day)) for day in (5, 6)] == [9, 0]


@pytest.mark.parametrize(("model", "service"), [("gpt-4o-2024-05-13", "openai"), ("gpt-4o", "nebius")])
def test_a_model_without_a_known_end_has_none(model, service):
    assert find_retirement(model, service) is None


def test_the_table_names_who_can_still_train_and_how_long_a_fine_tune_would_live():
    table = retirement_table(date(2027, 2, 15))

    assert table["days left"].tolist() == [0, 0, 241, 228, 243]
    assert table["last new job"].tolist()[:2] == ["2027-01-05 (past)", "2026-10-22 (past)"]
    assert table.iloc[2].tolist() == [
        "azure",
        "gpt-4.1-2025-04-14, gpt-4.1-mini-2025-04-14, gpt-4.1-nano-2025-04-14",
        "2027-04-14 or later, only for customers from before 2026-10-14",
        "2027-10-14",
        241,
        "documented, 2026-07-07",
    ]


def test_without_a_day_the_table_counts_from_today():
    assert retirement_table().equals(retirement_table(date.today()))
