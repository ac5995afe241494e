"""The tables of prices and retirements: every figure has a source, and an old one says so."""

import json
import shutil
from datetime import date

import pytest
from damage import DAMAGES

from helpers.costs.prices import Origin, base_name, find_price, find_retirement
from helpers.errors import UnreadableContent
from helpers.paths import data_path

EVIDENCE = {"documented", "secondary", "illustrative", "unverified"}
TODAY = date(2026, 11, 21)


def read(filename: str) -> list[dict]:
    return json.loads(data_path(filename).read_text(encoding="utf-8"))


def test_every_figure_has_a_source_a_date_and_its_kind_of_evidence():
    prices = [value for entry in read("prices.json") for value in entry.values() if isinstance(value, dict)]
    origins = [
        Origin(entry["evidence"], entry["as_of"], entry["source"])
        for entry in prices + read("retirements.json")
    ]

    assert len(prices) >= 18
    assert {origin.evidence for origin in origins} <= EVIDENCE
    assert all(origin.age(TODAY) >= 0 and origin.source for origin in origins)


def test_prices_are_positive_or_of_your_own_computer():
    for entry in read("prices.json"):
        for price in filter(lambda value: isinstance(value, dict), entry.values()):
            amounts = [price[key] for key in price if "usd_per" in key]
            assert amounts
            assert all(amount > 0 for amount in amounts) or entry["service"] == "local"


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


@pytest.mark.parametrize(
    "model",
    [
        "gpt-4.1-mini",
        "gpt-4.1-mini-2025-04-14",
        "ft:gpt-4.1-mini-2025-04-14:acme:elle:AbCd1234",
        "gpt-4.1-mini-2025-04-14.ft-0a1b-elle",
    ],
)
def test_a_snapshot_and_a_fine_tune_cost_what_their_model_does(model):
    assert base_name(model) == "gpt-4.1-mini"
    assert find_price("training", model, "openai").usd == 5.0


def test_a_price_for_any_model_serves_where_the_model_has_none():
    prices = [find_price("hosting", "gpt-4o", "azure"), find_price("training", "Qwen/Qwen3-14B", "nebius")]

    assert [(price.usd, price.output_usd) for price in prices] == [(1.7, None), (0.4, None)]
    assert find_price("hosting", "gpt-4o", "openai") is None


@pytest.mark.parametrize(
    ("model", "service", "words"),
    [
        (
            "gpt-4o-mini-2024-07-18",
            "openai",
            "fine-tunes stop on 2027-01-14: one made today would live 54 days",
        ),
        ("ft:gpt-4.1:acme::AbCd1234", "openai", "would live 54 days; new jobs until 2027-01-06 only for org"),
        ("gpt-4.1-nano", "openai", "shut down on 2026-10-23, with its fine-tunes"),
        ("gpt-4.1-nano", "azure", "fine-tunes stop on 2027-10-14: one made today would live 327 days"),
    ],
)
def test_a_model_with_a_known_end_says_how_long_a_fine_tune_would_live(model, service, words):
    assert words in find_retirement(model, service).describe(TODAY)


def test_after_the_last_job_the_model_still_answers():
    described = find_retirement("gpt-4o", "openai").describe(date(2027, 1, 7))

    assert described.startswith(
        "fine-tunes stop on 2027-01-14: one made today would live 7 days; no new jobs since"
    )


@pytest.mark.parametrize(("model", "service"), [("gpt-4o-2024-05-13", "openai"), ("gpt-4o", "nebius")])
def test_a_model_without_a_known_end_has_none(model, service):
    assert find_retirement(model, service) is None


@pytest.fixture
def tables(tmp_path, monkeypatch):
    """Copies of the course's tables that a test may damage."""
    for name in ("prices.json", "retirements.json"):
        shutil.copy(data_path(name), tmp_path / name)
    monkeypatch.setattr("helpers.costs.prices.data_path", lambda name: tmp_path / name)
    return tmp_path


@pytest.mark.parametrize("name", DAMAGES.keys() - {"a list"})
def test_any_damage_of_a_table_names_it_and_the_way_out(name, tables):
    for table in ("prices.json", "retirements.json"):
        DAMAGES[name](tables / table)

    with pytest.raises(UnreadableContent, match=r"prices\.json is damaged: .*git checkout -- data"):
        find_price("training", "gpt-4.1", "openai")
    with pytest.raises(UnreadableContent, match=r"retirements\.json is damaged: .*git checkout -- data"):
        find_retirement("gpt-4.1", "openai")


@pytest.mark.parametrize(
    "training",
    [{}, [], {"usd_per_million": "3"}, {"usd_per_million": -1}, {"usd_per_million": 1e300},
     {"usd_per_million": 3, "evidence": "documented", "as_of": "yesterday", "source": "a page"}],
)  # fmt: skip
def test_a_wrong_price_is_named_with_its_place(training, tables):
    (tables / "prices.json").write_text(json.dumps([{"service": "s", "model": "m", "training": training}]))

    with pytest.raises(UnreadableContent, match=r"prices\.json is damaged: .*\$\[0\]\.training"):
        find_price("training", "m", "s")
