"""Dates that an answer may hold can be read by Python."""

import re
from datetime import date, datetime, timedelta

import pytest

from local_server.generation.structured.dates import with_real_dates


def pattern(name: str) -> str:
    schema = {"items": {"type": "string", "format": name}}
    with_real_dates(schema)
    return schema["items"]["pattern"]


def test_every_day_of_four_hundred_years_can_be_written_and_no_other() -> None:
    days = {(date(1900, 1, 1) + timedelta(days=number)).isoformat() for number in range(146_097)}
    written = re.compile(pattern("date"))

    every = (
        f"{year}-{month:02}-{day:02}"
        for year in range(1900, 2300)
        for month in range(14)
        for day in range(33)
    )
    assert {text for text in every if written.search(text)} == days


@pytest.mark.parametrize("text", ["2026-02-28T23:59:59Z", "2024-02-29T00:00:00.123456+14:00"])
def test_a_time_that_can_be_written_can_be_read(text: str) -> None:
    assert re.search(pattern("date-time"), text)
    assert datetime.fromisoformat(text)


@pytest.mark.parametrize(
    "text", ["2026-02-28T11:00:60Z", "0000-01-01T00:00:00Z", "2026-02-28t11:00:00Z", "2026-02-28"]
)
def test_what_no_program_reads_cannot_be_written(text: str) -> None:
    assert not re.search(pattern("date-time"), text)


def test_a_string_with_a_pattern_or_values_of_its_own_stays_as_it_is() -> None:
    schema = {"anyOf": [{"format": "date", "pattern": "^2"}, {"format": "date", "enum": ["2026-01-01"]}]}
    before = repr(schema)

    with_real_dates(schema)

    assert repr(schema) == before
