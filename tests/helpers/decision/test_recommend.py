"""The recommendation: each of the five choices can come out, with its reasons, on any day."""

import json
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings, strategies as st
from options import PROMPT, RETRIEVE, SMALLER, TUNED, option

from finetune_dataset.errors import FineTuneError
from helpers.decision import KINDS, Needs, Option, decide
from helpers.decision.places import places_to_train

TODAY = date(2026, 11, 29)
BUSY = Needs(requests_per_day=1_000, days=100, hours={})
ALL = [PROMPT, RETRIEVE, SMALLER, TUNED]


def badly(one):
    return replace(one, quality=0.5, n=34, by_group={}, runs=())


@pytest.mark.parametrize(
    ("options", "needs", "choice"),
    [
        (ALL, BUSY, "fine-tune"),  # 13 USD against 20, 30 and 40
        (ALL, replace(BUSY, requests_per_day=10), "retrieve"),  # 0.2 USD against 3.1
        (ALL, replace(BUSY, hours={"retrieve": 9, "fine-tune": 9}, usd_per_hour=40), "smaller model"),
        (ALL, Needs(requests_per_day=10, days=100, usd_per_hour=40), "prompt"),
        (ALL, replace(BUSY, quality=0.95), "not yet"),
        ([PROMPT, badly(RETRIEVE), badly(TUNED)], BUSY, "prompt"),
        ([badly(PROMPT), RETRIEVE, badly(TUNED)], BUSY, "retrieve"),
        ([badly(PROMPT), badly(RETRIEVE), SMALLER], BUSY, "smaller model"),
        ([badly(PROMPT), badly(RETRIEVE), TUNED], replace(BUSY, requests_per_day=1), "fine-tune"),
        ([badly(one) for one in ALL], BUSY, "not yet"),
    ],
)
def test_each_choice_comes_out_where_its_option_is_the_cheapest_that_is_good_enough(options, needs, choice):
    assert decide(options, needs, TODAY).choice == choice


def test_a_recommendation_to_fine_tune_says_why_and_what_would_change_it():
    found = decide([PROMPT, RETRIEVE, TUNED], BUSY, TODAY)

    assert (found.choice, found.option) == ("fine-tune", TUNED)
    assert found.reasons[:4] == (
        "Wanted: 80% right. tuned: 100% right, 90% to 100% over 34 questions; 100% to 100% over 3 runs: "
        "shown.",
        "few-shot: 100% right, 90% to 100% over 34 questions: shown, too. "
        "In 100 days it costs 40.00 USD, and tuned 13.00 USD.",
        "looked up: 100% right, 90% to 100% over 34 questions: shown, too. "
        "In 100 days it costs 20.00 USD, and tuned 13.00 USD.",
        "few-shot or tuned: which is right more often is undecided (few-shot has +0 points, p = 1).",
    )
    assert found.what_would_change_it == (
        "Below 300 requests a day: retrieve (looked up).",
        "If a request to tuned costs more than 1.70 times as much: retrieve (looked up).",
        "With more than 89.8 % wanted: not yet.",
        "Not tried: smaller model. If it is good enough and costs less, it is the better choice.",
    )


@pytest.mark.parametrize(
    ("today", "openai"),
    [(TODAY, "new jobs until 2027-01-05"), (date(2027, 2, 15), "no new jobs after 2027-01-05")],
)
def test_a_recommendation_to_fine_tune_says_where_one_still_can_on_that_day(today, openai):
    found = decide([TUNED], BUSY, today)

    assert found.places == tuple(places_to_train(today))
    assert "Where one can train\n- On your own computer" in str(found)
    assert f"OpenAI: {openai}" in str(found)
    assert decide([PROMPT], BUSY, today).places == ()


def test_a_cheaper_option_whose_quality_is_open_is_named_with_the_questions_that_would_close_it():
    open_ = option("few-shot", right=31, per_request=1e-5)

    found = decide([open_, TUNED], BUSY, TODAY)

    assert found.choice == "fine-tune"
    assert (
        "few-shot would cost less, and 80% is open for it (77% to 97%). About 54 questions "
        "would show it, if the share stays at 91%." in found.what_would_change_it
    )


def test_one_training_is_called_one_training():
    once = replace(TUNED, runs=())

    assert any("tuned was trained once" in reason for reason in decide([once], BUSY, TODAY).reasons)
    assert not any("trained once" in reason for reason in decide([TUNED], BUSY, TODAY).reasons)


def test_fewer_rows_than_were_measured_say_nothing_about_a_training():
    found = decide([TUNED], replace(BUSY, rows=20), TODAY)

    assert found.choice == "not yet"
    assert found.reasons[1].startswith(
        "tuned was trained on 144 rows, and you have 20: its quality says nothing"
    )


def test_not_yet_says_what_to_measure():
    found = decide([option(right=31), option("poor", "retrieve", right=3)], replace(BUSY, quality=0.9), TODAY)

    assert found.what_would_change_it == (
        "More questions: with 34, even if all were right, 90% would not be shown. Ask at least 35.",
        "few-shot: about 2,537 questions would show 90%, if the share stays at 91%; it had 34.",
        "A lower wish: at 77 % wanted, it would be prompt (few-shot).",
        "Not tried yet: smaller model, fine-tune.",
        "Better options: more or better rows, another prompt, a larger base model; then measure again.",
    )


def test_costs_that_nobody_knows_are_not_needed_where_they_decide_nothing():
    unknown = [replace(PROMPT, per_request=None), replace(badly(TUNED), per_request=None)]

    assert decide(unknown, BUSY, TODAY).choice == "prompt"
    assert decide([badly(one) for one in unknown], BUSY, TODAY).choice == "not yet"


def test_the_form_goes_into_the_text():
    needs = replace(BUSY, use_case="a bot for elements", improve="its form", reuse="other tables", rows=144,
                    hosting_usd_per_day=2, usd_per_hour=40)  # fmt: skip

    assert decide([PROMPT, TUNED], needs, TODAY).case == (
        "Use case: a bot for elements. What should improve: its form.",
        "Alternatives tried: prompt (few-shot), fine-tune (tuned). Not tried: smaller model, retrieve.",
        "Use: 1,000 requests a day for 100 days.",
        "Effort, in hours of work: prompt 0, smaller model 0, retrieve 0, fine-tune 0 at 40 USD.",
        "Compute: one training costs up to 3.00 USD. Hosting: 2 USD a day.",
        "Data: 144 training rows; the largest measured training had 144 rows.",
        "Benefit: tuned against the best without training, few-shot: +0 points, p = 1; 1,000 requests "
        "cost 0.1 "
        "against 0.4 USD.",
        "Reuse: other tables.",
        "Written on 2026-11-29.",
    )


def test_printed_it_is_a_page_and_stored_it_is_json():
    found = decide(ALL, BUSY, TODAY)

    assert str(found).startswith(
        "FINE-TUNE (tuned): Fine-tune, and keep the test for the next model.\n\nWhy\n- "
    )
    assert max(map(len, str(found).splitlines())) <= 100
    stored = json.loads(json.dumps(found.as_json()))
    assert (stored["choice"], stored["option"]) == ("fine-tune", "tuned")
    assert stored["reasons"] == list(found.reasons)


def test_what_is_stored_is_the_same_on_any_day():
    days = (TODAY, date(2027, 2, 15))

    assert decide(ALL, BUSY, days[0]).as_json() == decide(ALL, BUSY, days[1]).as_json()


@pytest.mark.parametrize(
    ("options", "needs", "words"),
    [
        ([], BUSY, "There is no option to decide about"),
        ([PROMPT], replace(BUSY, quality=80), "Needs: quality is 80; expected a share above 0 and below 1"),
        (
            [PROMPT, replace(TUNED, per_request=None)],
            BUSY,
            "'tuned' is good enough, and what a request to it",
        ),
    ],
)
def test_what_cannot_be_decided_is_refused(options, needs, words):
    with pytest.raises(FineTuneError, match=words):
        decide(options, needs, TODAY)


def marks(right):
    return {str(place): float(place < right) for place in range(40)}


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.sampled_from(KINDS), st.integers(0, 40), st.floats(0, 1e-2), st.booleans()),
        min_size=1,
        max_size=5,
    ),
    st.floats(0.01, 0.99),
    st.floats(1e-3, 1e7),
    st.sampled_from(["USD", "seconds"]),
)
def test_any_options_and_needs_have_a_recommendation_in_whole_sentences(measured, quality, requests, unit):
    options = [
        Option(str(place), kind, right / 40, 40, marks(right) if known else {}, per_request=cost)
        for place, (kind, right, cost, known) in enumerate(measured)
    ]  # fmt: skip

    found = decide(options, Needs(quality=quality, requests_per_day=requests, unit=unit), TODAY)

    sentences = [*found.reasons, *found.what_would_change_it, *found.case]
    assert (found.choice == "not yet") is (found.option is None)
    assert all(text.endswith(".") and not {"nan", "None", "inf"} & set(text.split()) for text in sentences)
