"""What one request costs, and how much of its prompt a service reads from its cache."""

from datetime import date

import pytest

from finetune_dataset.errors import FineTuneError
from helpers.costs.estimate import CostEstimate
from helpers.costs.inference import Inference, Request, find_inference

MODEL = Inference(per_input=0.4, per_output=1.6, per_cached=0.1, source="a page")
COST = CostEstimate("m", "openai", 1, 1, 1, 1, 1, 1.0, "", "", None, None, date(2026, 11, 21))


@pytest.mark.parametrize(
    ("fixed", "cached"), [(0, 0), (1_023, 0), (1_024, 1_024), (1_151, 1_024), (1_152, 1_152), (1_666, 1_664)]
)
def test_a_cache_holds_the_beginning_of_a_prompt_from_1024_tokens_on_in_steps_of_128(fixed, cached):
    assert Request(2_000, 50, fixed, cached_share=1).cached(MODEL) == cached


def test_nothing_is_cached_where_requests_are_rare_or_the_price_is_not_known():
    uncached = Inference(0.4, 1.6, None, "a page")

    assert Request(2_000, 50, 1_500, cached_share=0).cached(MODEL) == 0
    assert Request(2_000, 50, 1_500, cached_share=1).cached(uncached) == 0
    assert Request(2_000, 50, 1_500, cached_share=1).usd(uncached) == pytest.approx(880 / 1e6)


def test_a_request_costs_its_tokens_at_three_prices():
    # By hand: (2000 - 1024) × 0.4 + 1024 × 0.1 + 50 × 1.6 = 572.8; in a quarter of them: 880 - 307.2 / 4.
    assert Request(2_000, 50, 1_024, cached_share=1).usd(MODEL) == pytest.approx(572.8 / 1e6)
    assert Request(2_000, 50, 1_024, cached_share=0.25).usd(MODEL) == pytest.approx(803.2 / 1e6)


def test_a_request_describes_itself_with_its_source():
    assert Request(2_000, 50, 1_024, 0.25).describe(MODEL) == (
        "2,000 prompt and 50 answer tokens at 0.4 and 1.6 USD per 1 million, 1,024 of the prompt cached in "
        "25% of the requests at 0.1 (a page)"
    )


def test_prices_of_your_own_count_more_than_the_table_and_may_name_that_of_the_cache():
    assert find_inference("base", "gpt-4o", COST, (1.0, 2.0), "base_prices").per_cached is None
    assert find_inference("base", "gpt-4o", COST, (1.0, 2.0, 0.5), "base_prices").per_cached == 0.5
    assert find_inference("base", "gpt-4o", COST, None, "base_prices").per_cached == 1.25


def test_a_price_that_nobody_knows_is_named_with_the_argument_for_it():
    with pytest.raises(FineTuneError, match=r"No base price for 'gpt-9' at openai .* Pass base_prices="):
        find_inference("base", "gpt-9", COST, None, "base_prices")
