"""Every figure of the tables has a source, a date and its kind of evidence, and an old one says so."""

import json
import shutil
from datetime import date
from typing import Any

import pytest
from damage import DAMAGES

from helpers.costs.prices import find_price
from helpers.costs.retirements import find_retirement
from helpers.costs.sources import Origin
from helpers.errors import UnreadableContent
from helpers.paths import data_path

EVIDENCE = {"documented", "observed", "secondary", "illustrative", "unverified"}
TODAY = date(2026, 11, 21)


def read(filename: str) -> Any:
    return json.loads(data_path(filename).read_text(encoding="utf-8"))


def test_every_figure_has_a_source_a_date_and_its_kind_of_evidence():
    prices = [value for entry in read("prices.json") for value in entry.values() if isinstance(value, dict)]
    origins = [
        Origin(entry["evidence"], entry["as_of"], entry["source"])
        for entry in [*prices, *read("roads.json")["sources"].values()]
    ]

    assert len(prices) >= 18
    assert {origin.evidence for origin in origins} <= EVIDENCE
    assert all(origin.age(date(2026, 11, 29)) >= 0 and origin.source for origin in origins)


@pytest.mark.parametrize(
    ("as_of", "words"),
    [
        ("2026-11", "documented, 2026-11: a page"),
        ("2026-08-23", "documented, 2026-08-23: a page"),
        ("2026-08-22", "documented, 2026-08-22: a page; 91 days old, look it up"),
        ("2025-01", "documented, 2025-01: a page; 689 days old, look it up"),
    ],
)
def test_a_figure_that_is_older_than_90_days_says_so(as_of, words):
    assert Origin("documented", as_of, "a page").describe(TODAY) == words


@pytest.fixture
def tables(tmp_path, monkeypatch):
    """Copies of the course's tables that a test may damage."""
    for name in ("prices.json", "roads.json"):
        shutil.copy(data_path(name), tmp_path / name)
    monkeypatch.setattr("helpers.costs.sources.data_path", lambda name: tmp_path / name)
    return tmp_path


@pytest.mark.parametrize("name", sorted(DAMAGES.keys() - {"a list"}))
def test_any_damage_of_a_table_names_it_and_the_way_out(name, tables):
    for table in ("prices.json", "roads.json"):
        DAMAGES[name](tables / table)

    with pytest.raises(UnreadableContent, match=r"prices\.json is damaged: .*git checkout -- data"):
        find_price("training", "gpt-4.1", "openai")
    with pytest.raises(UnreadableContent, match=r"roads\.json is damaged: .*git checkout -- data"):
        find_retirement("gpt-4.1", "openai")
