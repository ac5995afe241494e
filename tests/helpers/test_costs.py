"""What a job is said to cost, where that figure is from, and the question before money is spent."""

import json

import pandas as pd
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from helpers.costs import approve, estimate_cost
from helpers.errors import FineTuneError, NotApproved
from helpers.runs import data_path

ROW = {
    "messages": [
        {"role": "user", "content": "tiktoken is great!"},
        {"role": "assistant", "content": "tiktoken is great!"},
    ]
}
# By hand: 2 messages of 3 + 1 (role) + 6, and 3 for the row.
ESTIMATE = 2 * (3 + 1 + 6) + 3


@pytest.fixture
def word_model(tmp_path):
    """A local model's folder whose tokenizer has one token per word."""
    words = ["[UNK]", "tiktoken", "is", "great", "!"]
    tokenizer = Tokenizer(models.WordLevel({word: number for number, word in enumerate(words)}, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens(["<|user|>", "<|assistant|>", "<|end|>"])
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    return tmp_path


def test_openai_bills_between_the_observed_rule_and_the_published_estimate():
    cost = estimate_cost([ROW] * 10, "gpt-4o-mini-2024-07-18", 3)

    high = 3 * 10 * ESTIMATE
    low = high - 3 * 10 * 2
    assert (cost.tokens, cost.price, cost.free) == ((low, high), 3.0, False)
    assert cost.usd == pytest.approx((low * 3 / 1e6, high * 3 / 1e6))


def test_azure_rounds_up_to_the_next_thousand():
    cost = estimate_cost([ROW] * 10, "gpt-4.1-2025-04-14", 1, service="azure")

    assert cost.tokens == (10 * ESTIMATE, 1000)
    assert "illustrative" in cost.source


def test_a_local_model_is_free(word_model):
    cost = estimate_cost([ROW] * 10, word_model, 4)

    assert (cost.free, cost.usd, cost.tokens) == (True, (0.0, 0.0), (480, 480))
    assert str(cost).endswith("10 rows × 4 epochs = 480 tokens, free (trained on this computer)")


def test_an_estimate_says_where_its_price_is_from_and_how_sure_it_is():
    lines = str(estimate_cost([ROW] * 10, "gpt-4.1-mini-2025-04-14", 3)).split("\n")

    assert lines[0] == ("gpt-4.1-mini-2025-04-14: 10 rows × 3 epochs = 630 to 690 tokens, less than 0.01 USD")
    assert lines[1] == (
        "  Price: 5.00 USD per 1 million training tokens (unverified, 2026-11: no page found that states it)"
    )
    assert "matched 7 recorded bills" in lines[2]


@pytest.mark.parametrize("model", ["gpt-4.1-nano-2025-04-14", "gpt-4o-audio-preview", "gpt-6-luna"])
def test_a_model_without_a_price_is_not_given_that_of_a_similar_name(model):
    cost = estimate_cost([ROW], model, 3)

    assert (cost.price, cost.usd) == (None, None)
    assert "price unknown" in str(cost)
    assert "pass price=" in str(cost)


def test_your_own_price_replaces_the_table():
    cost = estimate_cost([ROW], "gpt-6-luna", 1, price=2.0)

    assert (cost.price, cost.source) == (2.0, "2.00 USD per 1 million training tokens, given by you")


def test_a_backend_can_be_named_as_the_service_that_bills(word_model):
    services = {
        backend: estimate_cost([ROW], model, 1, service=backend).service
        for backend, model in [("replay", "any-model"), ("local", word_model), ("compatible", "open-model")]
    }

    assert services == {"replay": "local", "local": "local", "compatible": "compatible"}


def test_a_compatible_service_has_no_known_price_and_is_not_free():
    cost = estimate_cost([ROW], "open-model", 1, service="compatible")

    assert (cost.free, cost.usd) == (False, None)
    assert "price unknown" in str(cost)


def test_an_unknown_service_is_refused_with_the_known_ones():
    with pytest.raises(FineTuneError, match="Known: openai, azure, nebius, compatible, local"):
        estimate_cost([ROW], "gpt-4o", 1, service="opnai")


def test_an_estimate_says_what_it_does_not_count():
    with_tools = {**ROW, "tools": [{"type": "function", "function": {"name": "f"}}]}

    assert "in 2 rows are not counted" in estimate_cost([ROW, with_tools, with_tools], "gpt-4o", 1).rule


def test_every_price_has_a_source_a_date_and_its_kind_of_evidence():
    entries = json.loads(data_path("prices.json").read_text())

    prices = [entry[kind] for entry in entries for kind in ("training", "inference")]
    assert {price["evidence"] for price in prices} <= {
        "documented",
        "secondary",
        "illustrative",
        "unverified",
    }
    assert all(pd.Period(price["as_of"], "M") <= pd.Period("2026-11", "M") for price in prices)
    assert all(price["source"] for price in prices)


def test_a_free_job_needs_no_yes(word_model, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda prompt: pytest.fail("asked"))

    approve(estimate_cost([ROW], word_model, 1))


def test_a_job_that_costs_money_shows_its_price_and_goes_on_after_yes(monkeypatch, capsys):
    cost = estimate_cost([ROW], "gpt-4o", 1)
    monkeypatch.setattr("builtins.input", lambda prompt: " Yes ")

    approve(cost)

    assert capsys.readouterr().out == f"{cost}\n"


@pytest.mark.parametrize("answer", ["", "y", "no"])
def test_any_other_answer_stops_before_the_job(answer, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda prompt: answer)

    with pytest.raises(NotApproved, match="Nothing was spent"):
        approve(estimate_cost([ROW], "gpt-6-luna", 1))
