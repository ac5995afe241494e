"""The cheapest option that is good enough, and the numbers at which another one becomes it."""

from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st
from options import PROMPT, RETRIEVE, TUNED, option

from finetune_dataset.errors import FineTuneError
from helpers.decision.choose import (
    Change,
    able,
    cheapest,
    crossings,
    price_change,
    quality_changes,
    request_changes,
)
from helpers.decision.needs import Needs
from helpers.decision.options import KINDS

NEEDS = Needs(days=100, hours={})
amounts = st.floats(1e-6, 1e-2)


@st.composite
def measured(draw):
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=6))
    return [
        option(str(place), kind, draw(st.integers(0, 34)), per_request=draw(amounts),
               once=draw(st.floats(0, 50)) if kind == "fine-tune" else 0.0,
               rows=144 if kind == "fine-tune" else 0)
        for place, kind in enumerate(kinds)
    ]  # fmt: skip


needed = st.builds(
    Needs,
    requests_per_day=st.floats(0.1, 1e6),
    days=st.integers(1, 1000),
    quality=st.floats(0.05, 0.95),
    usd_per_hour=st.floats(0, 100),
)


def chosen(options, needs):
    return cheapest(able(options, needs), needs)


def test_the_cheapest_of_those_that_are_good_enough_is_chosen():
    needs = replace(NEEDS, requests_per_day=1_000)

    # In 100 days: prompt 40, looked up 20, tuned 3 + 10.
    assert chosen([PROMPT, RETRIEVE, TUNED], needs) is TUNED
    assert chosen([PROMPT, RETRIEVE, replace(TUNED, once=10.1)], needs) is RETRIEVE
    assert chosen([PROMPT, option("bad", "fine-tune", right=20, per_request=0.0)], needs) is PROMPT


def test_of_two_that_cost_the_same_the_one_that_is_less_work_is_chosen():
    same = [option(kind, kind) for kind in reversed(KINDS)]

    assert chosen(same, NEEDS).kind == "prompt"


def test_a_request_of_unknown_cost_is_refused_only_where_it_matters():
    unknown = replace(PROMPT, per_request=None)

    assert chosen([unknown], NEEDS) is unknown
    with pytest.raises(FineTuneError, match=r"'few-shot' is good enough, and what a request to it costs is"):
        chosen([unknown, TUNED], NEEDS)


def test_a_training_of_unknown_cost_is_not_chosen_as_if_it_were_free():
    unknown = replace(TUNED, once=None)

    assert chosen([unknown], NEEDS) is unknown
    with pytest.raises(FineTuneError, match=r"'tuned' is good enough, and what its training costs is not"):
        chosen([PROMPT, unknown], NEEDS)


def test_requests_a_day_at_which_two_cost_the_same_are_computed():
    # By hand: 3 USD / (100 days × 0.0003) = 100 requests a day; against 0.0002 a request, 300.
    assert crossings([PROMPT, RETRIEVE, TUNED], NEEDS) == pytest.approx([100, 300])
    needs = replace(NEEDS, requests_per_day=1_000)
    assert request_changes([PROMPT, RETRIEVE, TUNED], needs, TUNED) == [
        Change("requests_per_day", "below", pytest.approx(300), RETRIEVE)
    ]


def test_a_price_factor_at_which_another_one_is_chosen_is_computed():
    # By hand: looked up costs 20, tuned 3 + 10 × factor: 1.7.
    needs = replace(NEEDS, requests_per_day=1_000)

    assert price_change([RETRIEVE, TUNED], needs, TUNED) == [
        Change("price", "above", pytest.approx(1.7), RETRIEVE)
    ]
    assert price_change([TUNED], needs, TUNED) == []


def test_qualities_at_which_another_one_is_chosen_are_the_levels_of_the_options():
    good, fair = option("tuned", "fine-tune", rows=9), option("fair", right=31, per_request=1e-5)

    assert quality_changes([good, fair], NEEDS, good) == [
        Change("quality", "below", fair.level, fair),
        Change("quality", "above", good.level, None),
    ]


def test_an_option_with_too_few_questions_is_chosen_at_no_quality():
    few, plain = option("few", right=5, n=5), option("plain", right=50, n=100)
    needs = replace(NEEDS, quality=0.35)

    assert quality_changes([plain, few], needs, plain) == [Change("quality", "above", plain.level, None)]


def test_a_training_on_more_rows_than_the_learner_has_says_nothing():
    assert able([TUNED], replace(NEEDS, rows=143)) == []
    assert able([TUNED], replace(NEEDS, rows=144)) == [TUNED]


@settings(max_examples=40)
@given(measured(), needed, st.floats(1, 1000))
def test_more_requests_never_turn_fine_tune_into_prompt_when_prices_are_equal(options, needs, factor):
    # Equal prices: the tuned model needs no longer prompt, so its request costs no more.
    least = min(option.per_request for option in options)
    options = [replace(o, per_request=least) if o.kind == "fine-tune" else o for o in [TUNED, *options]]

    before = chosen(options, needs)
    after = chosen(options, replace(needs, requests_per_day=needs.requests_per_day * factor))

    if before is not None and before.kind == "fine-tune":
        assert after.kind == "fine-tune"


@settings(max_examples=40)
@given(measured(), needed, st.floats(0, 0.5))
def test_who_wants_more_never_gets_something_from_not_yet(options, needs, more):
    wanted = min(0.99, needs.quality + more)

    if chosen(options, needs) is None:
        assert chosen(options, replace(needs, quality=wanted)) is None


@settings(max_examples=40)
@given(measured(), needed, st.randoms())
def test_the_order_of_the_options_does_not_matter(options, needs, random):
    shuffled = options[:]
    random.shuffle(shuffled)

    assert chosen(shuffled, needs) == chosen(options, needs)


@settings(max_examples=40)
@given(measured(), needed)
def test_the_chosen_option_is_good_enough_and_none_that_is_costs_less(options, needs):
    found = chosen(options, needs)

    if found is not None:
        assert found.reaches(needs.quality)
        assert all(needs.total(found) <= needs.total(other) for other in able(options, needs))


@settings(max_examples=40)
@given(measured(), needed)
def test_each_change_is_one_and_just_before_it_nothing_changes(options, needs):
    good = able(options, needs)
    found = cheapest(good, needs)

    places = [*crossings(good, needs), needs.requests_per_day]
    for change in request_changes(good, needs, found) if found else []:
        if change.at < 1e-9 or any(0 < abs(place / change.at - 1) < 1e-4 for place in places):
            continue  # Too near to look between.
        inside, outside = (1 + 1e-5, 1 - 1e-5) if change.side == "below" else (1 - 1e-5, 1 + 1e-5)
        assert cheapest(good, needs, change.at * inside).name == found.name
        assert cheapest(good, needs, change.at * outside).name != found.name
