"""Roads are known in phases, and each thing that is known has its source and its day."""

from datetime import date

import pytest

from helpers.errors import FineTuneError
from helpers.roads.known import FACTS, all_roads, find_road


def test_each_road_says_all_that_is_asked_or_that_it_is_not_known():
    assert {road.name: set(road.facts) for road in all_roads()} == {
        name: set(FACTS)
        for name in ("local", "openai", "azure", "nebius", "bedrock", "together", "autotrain")
    }


def test_every_fact_and_phase_has_a_source_and_the_day_on_which_it_was_read():
    for road in all_roads():
        for fact in [*road.facts.values(), *(phase.says for phase in road.phases)]:
            if fact.text is not None:
                assert fact.origin.source, (road.name, fact)
                assert date(2026, 11, 21) <= fact.read <= date.today(), (road.name, fact)


def test_phases_follow_one_another():
    for road in all_roads():
        days = [phase.since for phase in road.phases]
        assert days == sorted(set(days)), road.name


@pytest.mark.parametrize(
    ("name", "day", "since", "until"),
    [
        ("openai", date(2020, 1, 1), date(2026, 5, 7), date(2026, 5, 6)),
        ("openai", date(2027, 1, 5), date(2026, 7, 2), date(2027, 1, 5)),
        ("openai", date(2027, 1, 6), date(2027, 1, 6), date(2027, 1, 13)),
        ("openai", date(2028, 1, 1), date(2027, 1, 14), None),
        ("local", date(2028, 1, 1), date(2026, 11, 29), None),
    ],
)
def test_a_phase_holds_from_its_first_day_until_the_day_before_the_next(name, day, since, until):
    road = find_road(name)

    assert (road.phase(day).since, road.until(day)) == (since, until)


def test_what_holds_for_newcomers_can_end_on_another_day_than_for_customers():
    azure, day = find_road("azure"), date(2026, 11, 29)

    assert azure.until(day) == azure.until(day, "customers") == date(2027, 4, 16)
    assert azure.until(day, "newcomers") is None


@pytest.mark.parametrize(
    ("name", "day", "words"),
    [
        ("nebius", date(2027, 2, 19), ""),
        ("nebius", date(2027, 2, 20), "as read on 2026-11-21, look it up"),
        ("local", date(2028, 1, 1), ""),
    ],
)
def test_what_was_read_of_a_service_gets_old_after_90_days(name, day, words):
    assert find_road(name).stale(day) == words


def test_an_unknown_road_is_refused_with_those_that_are_known():
    with pytest.raises(FineTuneError, match=r"no road 'azur'\. Roads: local, openai, azure"):
        find_road("azur")
