"""What 1,000 requests cost, with and without the cache, and when a training pays."""

import math
from datetime import date

import pytest

from finetune_dataset.errors import FineTuneError
from helpers.costs.per_thousand import (
    PerThousand,
    cheapest_untuned,
    pays_after,
    per_thousand,
    training_usd,
)

TODAY = date(2026, 11, 29)


def test_a_thousand_requests_cost_their_tokens_at_the_prices_of_the_table():
    # By hand, gpt-4o-mini: (2000 × 0.15 + 100 × 0.60) / 1000 = 0.36 USD; of 1,950 fixed tokens 15 × 128 =
    # 1,920 are cached at 0.075: 0.36 - 1920 × 0.075 / 1000 = 0.216.
    found = per_thousand(
        "gpt-4o-mini", prompt_tokens=2_000, answer_tokens=100, fixed_tokens=1_950, today=TODAY
    )

    assert found == PerThousand(
        "gpt-4o-mini",
        pytest.approx(0.36),
        pytest.approx(0.216),
        "secondary, 2026-11: price file of LiteLLM 1.109.1",
    )


def test_a_fine_tune_has_the_price_of_fine_tunes():
    tuned = per_thousand("gpt-4o-mini", prompt_tokens=56, answer_tokens=40, tuned=True, today=TODAY)

    assert tuned.usd == tuned.usd_cached == pytest.approx((56 * 0.3 + 40 * 1.2) / 1000)


def test_prices_of_your_own_serve_where_the_table_has_none():
    own = per_thousand(
        "my-model", service="my-cloud", prompt_tokens=1_000, answer_tokens=0, prices=(2.0, 8.0), today=TODAY
    )

    assert (own.usd, own.source) == (2.0, "given by you")
    with pytest.raises(FineTuneError, match=r"No base price for 'my-model' at my-cloud .* Pass prices="):
        per_thousand("my-model", service="my-cloud", prompt_tokens=1, answer_tokens=1)


@pytest.mark.parametrize(
    ("tokens", "words"),
    [
        ({"prompt_tokens": -1, "answer_tokens": 1}, "prompt_tokens is -1; expected a number of tokens"),
        ({"prompt_tokens": 1, "answer_tokens": math.nan}, "answer_tokens is nan"),
        ({"prompt_tokens": 9, "answer_tokens": 1, "fixed_tokens": 10}, "a part of prompt_tokens, 0 to 9"),
    ],
)
def test_an_impossible_number_of_tokens_is_refused(tokens, words):
    with pytest.raises(FineTuneError, match=words):
        per_thousand("gpt-4o-mini", **tokens)


def test_the_cheapest_untuned_model_of_a_service_is_the_one_to_compare_with():
    assert cheapest_untuned() == "gpt-6-luna"
    with pytest.raises(FineTuneError, match=r"no untuned model at 'nebius'\. Use openai or azure"):
        cheapest_untuned("nebius")


def test_a_training_costs_its_tokens():
    assert training_usd("gpt-4o-mini", 200_000) == pytest.approx(0.6)
    assert training_usd("any-open-model", 1_000_000, "nebius") == pytest.approx(0.4)
    assert training_usd("gpt-9", 1_000_000, price=7.0) == 7.0
    with pytest.raises(FineTuneError, match=r"No training price for 'gpt-9' at openai .* Pass price="):
        training_usd("gpt-9", 1)


@pytest.mark.parametrize(
    ("once", "saved", "requests"), [(9, 0.1, 90), (1, 0.3, 4), (0, 1, 0), (1, 0, None), (1, -1, None)]
)
def test_a_training_pays_after_its_cost_divided_by_what_a_request_saves(once, saved, requests):
    assert pays_after(once, saved) == requests
