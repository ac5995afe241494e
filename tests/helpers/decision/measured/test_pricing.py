"""What a request to each way costs, in USD of a service or in seconds of this computer."""

from datetime import date

import pandas as pd
import pytest
from measured_lines import BIG, SMALL, line, tuned

from finetune_dataset.errors import FineTuneError
from helpers.decision.measured.pricing import Pricing, cost_of_ways, options_in_seconds, options_in_usd
from helpers.decision.measured.summary import summarize

TODAY = date(2026, 11, 29)
LINES = [
    line("base", 2),
    line("few_shot_10", 6, prompt=1_500.0),
    tuned(10, seed=1),
    tuned(9, seed=2),
    line("base", 3, base_model=SMALL, seconds=4.0),
]
FOUND = summarize(LINES, BIG)
PRICING = Pricing("gpt-4o-mini", others={SMALL: "gpt-6-luna"}, today=TODAY)


def test_a_request_costs_its_tokens_by_the_prices_of_the_chosen_model():
    costs = {option.name: option.per_request for option in options_in_usd(FOUND, PRICING)}

    # By hand, gpt-4o-mini: 0.15 and 0.60 USD per million, fine-tunes 0.30 and 1.20; gpt-6-luna 0.10, 0.50.
    assert costs == pytest.approx(
        {
            "base": (100 * 0.15 + 50 * 0.6) / 1e6,
            "few-shot 10": (1_500 * 0.15 + 50 * 0.6) / 1e6,
            "fine-tuned": (100 * 0.3 + 50 * 1.2) / 1e6,
            f"base, {SMALL}": (100 * 0.1 + 50 * 0.5) / 1e6,
        }
    )


def test_examples_come_from_the_cache_in_a_share_of_the_requests():
    cached = Pricing("gpt-4o-mini", cached_share=0.5, today=TODAY)
    costs = {option.name: option.per_request for option in options_in_usd(FOUND, cached)}

    # Of 1,400 tokens of examples 1,280 are cached (10 × 128), at 0.075 in place of 0.15, half of the time.
    assert costs["few-shot 10"] == pytest.approx((1_500 * 0.15 + 50 * 0.6 - 1_280 * 0.075 / 2) / 1e6)


def test_the_learners_own_tokens_are_added_to_each_prompt():
    own = Pricing("gpt-4o-mini", fixed_tokens=200, question_tokens=1_000, today=TODAY)

    assert options_in_usd(FOUND, own)[0].per_request == pytest.approx((1_300 * 0.15 + 50 * 0.6) / 1e6)


def test_a_training_costs_its_tokens_in_all_epochs():
    tuned_option = options_in_usd(FOUND, Pricing("gpt-4o-mini", n_epochs=lambda _: 3, today=TODAY))[2]

    assert tuned_option.once == pytest.approx(3.0 * 3 * 144 * 150 / 1e6)
    assert tuned_option.origin == (
        "Measured: 2026-11-29, python benchmarks/rivals.py.",
        "smollm2-135m-instruct, tuned, is priced like a fine-tune of gpt-4o-mini at openai (secondary, "
        "2026-11: "
        "price file of LiteLLM 1.109.1).",
    )


def test_each_base_model_is_trained_for_epochs_of_its_own():
    found = summarize([tuned(10), tuned(10, base_model=SMALL)], BIG)
    pricing = Pricing("gpt-4.1-mini", others={SMALL: "gpt-4o-mini"}, n_epochs={BIG: 1, SMALL: 3}.__getitem__)

    # By hand: 5 USD per million trained tokens for gpt-4.1-mini, 3 for gpt-4o-mini.
    assert [option.once for option in options_in_usd(found, pricing)] == pytest.approx(
        [5.0 * 144 * 150 / 1e6, 3.0 * 3 * 144 * 150 / 1e6]
    )


def test_what_a_service_asks_of_a_fine_tune_beside_its_tokens_is_said():
    def origin(model, service, today):
        return options_in_usd(FOUND, Pricing(model, service, today=today))[2].origin[-1]

    assert origin("gpt-4.1-mini", "openai", date(2027, 2, 15)).endswith(
        "There: no new jobs after 2027-01-05. Take prices of a service where you can train."
    )
    assert "new jobs" not in origin("gpt-4.1-mini", "openai", date(2027, 1, 5))
    assert (
        "A deployment there costs 1.70 USD per hour, 40.80 a day: give it as hosting_usd_per_day ("
        in origin("gpt-4.1", "azure", TODAY)
    )


def test_on_your_own_computer_a_request_costs_seconds():
    options = options_in_seconds(FOUND)

    assert [(option.per_request, option.once) for option in options] == [
        (0.5, 0.0),
        (0.5, 0.0),
        (0.5, 120.0),
        (0.4, 0.0),
    ]
    assert options[2].runs == (1.0, 0.9)


def test_the_table_compares_ways_with_the_cheapest_newer_model_and_says_when_the_training_pays():
    table = cost_of_ways(FOUND, PRICING)

    few_shot = table.loc["few-shot 10"]
    assert few_shot["USD per 1,000"] == pytest.approx(0.255)
    assert few_shot["cached"] == pytest.approx(0.255 - 1_280 * 0.075 / 1_000)
    assert few_shot["gpt-6-luna"] == pytest.approx((1_500 * 0.1 + 50 * 0.5) / 1_000)
    # By hand: 144 × 150 tokens × 3 USD per million = 0.0648; each request saves 0.000255 - 0.00009.
    assert few_shot["training pays after"] == 393
    # With the cache a request to few-shot costs 0.000159: 0.0648 / 0.000069.
    assert few_shot["pays after, cached"] == 940
    assert pd.isna(table.loc["base", "training pays after"])  # never: its request costs less
    assert pd.isna(table.loc["fine-tuned", "gpt-6-luna"])


def test_a_price_that_nobody_knows_is_refused():
    with pytest.raises(FineTuneError, match="No base price for 'gpt-9' at openai"):
        options_in_usd(FOUND, Pricing("gpt-9"))


def test_another_base_model_is_a_smaller_model_only_where_it_is_cheaper():
    def offered(main, **others):
        found = summarize([line(), line(base_model=SMALL)], main)
        return {
            option.kind for option in options_in_usd(found, Pricing("gpt-4.1-mini", today=TODAY, **others))
        }

    small = {"others": {SMALL: "gpt-4o-mini"}}
    assert offered(BIG, **small) == {"prompt", "smaller model"}
    assert offered(SMALL, **small) == {"prompt"}  # The other one is the larger and dearer one.
    assert offered(BIG) == {"prompt"}  # The same price.


@pytest.mark.parametrize(("seconds", "kinds"), [(4.9, ["prompt", "smaller model"]), (5.0, ["prompt"])])
def test_in_seconds_another_base_model_is_offered_only_where_it_is_faster(seconds, kinds):
    found = summarize([line(), line(base_model=SMALL, seconds=seconds)], BIG)

    assert [option.kind for option in options_in_seconds(found)] == kinds
