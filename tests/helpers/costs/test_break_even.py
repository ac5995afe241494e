"""From how many requests on a fine-tune is cheaper than a prompt with examples."""

from dataclasses import replace
from datetime import date

import pytest

from finetune_dataset.errors import FineTuneError
from helpers.costs.break_even import break_even
from helpers.costs.estimate import CostEstimate
from helpers.costs.prices import find_price
from helpers.costs.retirements import find_retirement

TODAY = date(2026, 11, 21)


def cost_of(model: str, provider: str = "openai", price: float | None = 3.0) -> CostEstimate:
    """A job of 90,000 to 100,000 billed tokens."""
    return CostEstimate(
        model=model,
        provider=provider,
        rows=100,
        n_epochs=3,
        billed_tokens=90_000,
        tokens_low=90_000,
        tokens_high=100_000,
        price=price,
        rule="",
        source="",
        hosting=find_price("hosting", model, provider),
        retirement=find_retirement(model, provider),
        today=TODAY,
    )


def test_training_pays_after_its_cost_divided_by_what_a_request_saves():
    # By hand, in USD per million: 100 × 0.30 + 100 × 1.20 = 150; (100 + 2000) × 0.15 + 100 × 0.60 = 375.
    requests, explained = break_even(
        cost_of("gpt-4o-mini"), prompt_tokens=100, answer_tokens=100, few_shot_tokens=2000, cached_share=0
    )

    assert requests == (1200, 1334)
    assert "A request to the fine-tune: 0.000150 USD" in explained
    assert "A request to gpt-4o-mini, with 2,000 tokens of examples: 0.000375 USD" in explained


def test_examples_in_the_cache_cost_less_and_so_the_fine_tune_pays_later():
    # Of 2,050 fixed tokens 16 × 128 = 2,048 are cached, at 0.075: (2100 - 2048) × 0.15 + 2048 × 0.075 +
    # 100 × 0.60 = 221.4; half of the time (375 + 221.4) / 2.
    def requests(share: float) -> tuple[int, int] | None:
        return break_even(
            cost_of("gpt-4o-mini"),
            prompt_tokens=100,
            answer_tokens=100,
            few_shot_tokens=2000,
            fixed_tokens=50,
            cached_share=share,
        )[0]

    assert requests(1) == (3782, 4202)  # 0.27 USD / 71.4 and 0.30 USD / 71.4
    assert requests(0.5) == (1822, 2025)  # / 148.2


def test_limericks_pay_after_2500_requests_against_their_own_base_and_never_against_a_cheaper_model():
    # 144 rows of 16 + 5 + 50 tokens and 30 examples in the prompt: what the course said was 320 requests.
    cost = replace(cost_of("gpt-4.1-mini", price=5.0), tokens_low=36_252, tokens_high=37_116)
    tokens = {"prompt_tokens": 21, "answer_tokens": 50, "few_shot_tokens": 30 * 55, "fixed_tokens": 16}

    assert break_even(cost, **tokens, cached_share=0)[0] == (318, 325)
    assert break_even(cost, **tokens)[0] == (2504, 2564)
    assert break_even(cost, **tokens, base_model="gpt-6-luna")[0] is None


def test_a_model_that_writes_its_thoughts_down_costs_more_for_each_answer():
    # By hand: gpt-6-luna 100 × 0.10 + 500 × 0.50 = 260 against 100 × 0.30 + 100 × 1.20 = 150.
    requests, explained = break_even(
        cost_of("gpt-4o-mini"),
        prompt_tokens=100,
        answer_tokens=100,
        few_shot_tokens=0,
        base_model="gpt-6-luna",
        base_answer_tokens=500,
    )

    assert requests == (2455, 2728)
    assert "100 prompt and 500 answer tokens at 0.1 and 0.5" in explained


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"cached_share": 1.5}, r"cached_share is 1\.5; expected a share of the requests, 0 to 1"),
        ({"fixed_tokens": 11}, r"fixed_tokens is 11; expected a part of prompt_tokens, 0 to 10"),
    ],
)
def test_an_impossible_share_or_number_is_refused(wrong, message):
    with pytest.raises(FineTuneError, match=message):
        break_even(cost_of("gpt-4o-mini"), prompt_tokens=10, answer_tokens=1, few_shot_tokens=1, **wrong)


def test_it_never_pays_where_a_request_to_the_fine_tune_costs_more():
    requests, explained = break_even(
        cost_of("gpt-4.1-mini"),
        prompt_tokens=100,
        answer_tokens=100,
        few_shot_tokens=2000,
        base_model="gpt-6-luna",
    )

    assert requests is None
    assert explained.startswith("Never: a request to the fine-tune of gpt-4.1-mini is not cheaper.")


def test_hosting_counts_against_the_fine_tune():
    def requests(per_day: float) -> tuple[int, int] | None:
        found, _ = break_even(
            cost_of("gpt-4.1", "azure", 2.0),
            prompt_tokens=100,
            answer_tokens=100,
            few_shot_tokens=2000,
            cached_share=0,
            requests_per_day=per_day,
        )
        return found

    # 1.70 USD × 24 h = 40.80 USD a day; the examples cost 2000 × 2 / 1e6 = 0.004 USD a request, uncached.
    assert requests(10_000) is None
    assert requests(20_400) == (90, 100)


def test_where_hosting_costs_money_the_number_of_requests_must_be_given():
    with pytest.raises(FineTuneError, match=r"1\.70 USD per hour, used or not\. Pass requests_per_day="):
        break_even(cost_of("gpt-4.1", "azure"), prompt_tokens=1, answer_tokens=1, few_shot_tokens=1)


def test_every_input_of_the_result_is_shown():
    _, explained = break_even(
        cost_of("gpt-4o-mini"),
        prompt_tokens=100,
        answer_tokens=50,
        few_shot_tokens=2000,
        cached_share=0.5,
        tuned_prices=(0.2, 1.0),
    )

    assert explained.split("\n") == [
        "After 1,331 to 1,478 requests.",
        "  Training gpt-4o-mini: 0.27 to 0.30 USD",
        "  A request to the fine-tune: 0.000070 USD for 100 prompt and 50 answer tokens at 0.2 and 1 USD "
        "per 1 million (given by you)",
        "  A request to gpt-4o-mini, with 2,000 tokens of examples: 0.000273 USD for 2,100 prompt and 50 "
        "answer tokens at 0.15 and 0.6 USD per 1 million, 1,920 of the prompt cached in 50% of the requests "
        "at 0.075 (secondary, 2026-11: price file of LiteLLM 1.109.1)",
        "  A fine-tune made on 2026-11-21 would live 54 days: to pay in that time, 28 requests a day",
    ]


@pytest.mark.parametrize(
    ("cost", "message"),
    [
        (cost_of("gpt-4o-mini", price=None), "Pass price= to estimate_cost"),
        (cost_of("gpt-4.1-nano"), r"No inference price for 'gpt-4\.1-nano' at openai .* Pass tuned_prices="),
    ],
)
def test_a_missing_price_is_named_with_the_argument_that_gives_it(cost, message):
    with pytest.raises(FineTuneError, match=message):
        break_even(cost, prompt_tokens=1, answer_tokens=1, few_shot_tokens=1)


def test_one_request_a_day_and_no_day_left_are_said_in_words_that_fit():
    def lines(today):
        cost = replace(cost_of("gpt-4o-mini"), tokens_low=1_000, tokens_high=1_000, today=today)
        _, explained = break_even(
            cost, prompt_tokens=1, answer_tokens=1, few_shot_tokens=20_000, cached_share=0
        )
        return explained.split("\n")

    assert lines(date(2026, 11, 21))[0] == "After 2 requests."
    assert lines(date(2026, 11, 21))[-1].endswith("live 54 days: to pay in that time, 1 request a day")
    for day in (date(2027, 1, 6), date(2027, 2, 1)):
        assert lines(day)[-1] == (
            f"  By the known dates, a fine-tune made on {day} would answer on no day: it cannot pay"
        )


def test_a_last_day_is_said_in_the_singular():
    # Azure's jobs were promised until a day "or later": one that is made after it could live for a day.
    cost = replace(cost_of("gpt-4.1", "azure"), tokens_low=1_000, tokens_high=1_000, today=date(2027, 10, 13))

    _, explained = break_even(
        cost,
        prompt_tokens=1,
        answer_tokens=1,
        few_shot_tokens=20_000,
        cached_share=0,
        requests_per_day=100_000,
    )

    assert "would live 1 day: to pay in that time" in explained
