"""The table of prices: what a model costs, under each of its names."""

import json

import pytest

from helpers.costs.prices import base_name, find_price, untuned_models
from helpers.errors import UnreadableContent
from helpers.paths import data_path


def read(filename: str) -> list[dict]:
    return json.loads(data_path(filename).read_text(encoding="utf-8"))


def test_prices_are_positive_or_of_your_own_computer():
    for entry in read("prices.json"):
        for price in filter(lambda value: isinstance(value, dict), entry.values()):
            amounts = [price[key] for key in price if "usd_per" in key]
            assert amounts
            assert all(amount > 0 for amount in amounts) or entry["service"] == "local"


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


def test_cached_input_costs_less_than_other_input_and_training_has_no_such_price():
    tuned = find_price("inference", "gpt-4.1-mini", "openai")

    assert (tuned.usd, tuned.cached_usd, tuned.output_usd) == (0.8, 0.2, 3.2)
    assert find_price("training", "gpt-4.1-mini", "openai").cached_usd is None
    for entry in read("prices.json"):
        for price in (entry[kind] for kind in ("inference", "base") if kind in entry):
            cached, full = price["cached_usd_per_million"], price["input_usd_per_million"]
            assert cached < full or entry["service"] == "local"


def test_the_cheapest_model_that_answers_untuned_comes_first():
    assert untuned_models("openai")[:2] == ["gpt-6-luna", "gpt-4o-mini"]
    assert untuned_models("azure") == ["gpt-4.1"]
    assert untuned_models("nebius") == []


def test_a_price_for_any_model_serves_where_the_model_has_none():
    prices = [find_price("hosting", "gpt-4o", "azure"), find_price("training", "Qwen/Qwen3-14B", "nebius")]

    assert [(price.usd, price.output_usd) for price in prices] == [(1.7, None), (0.4, None)]
    assert find_price("hosting", "gpt-4o", "openai") is None


@pytest.mark.parametrize(
    "training",
    [{}, [], {"usd_per_million": "3"}, {"usd_per_million": -1}, {"usd_per_million": 1e300},
     {"usd_per_million": 3, "evidence": "documented", "as_of": "yesterday", "source": "a page"}],
)  # fmt: skip
def test_a_wrong_price_is_named_with_its_place(training, tmp_path, monkeypatch):
    monkeypatch.setattr("helpers.costs.sources.data_path", lambda name: tmp_path / name)
    (tmp_path / "prices.json").write_text(json.dumps([{"service": "s", "model": "m", "training": training}]))

    with pytest.raises(UnreadableContent, match=r"prices\.json is damaged: .*\$\[0\]\.training"):
        find_price("training", "m", "s")
