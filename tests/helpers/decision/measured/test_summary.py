"""One way to ask, over its seeds."""

import pytest
from measured_lines import BIG, SMALL, line, tuned

from finetune_dataset.errors import FineTuneError
from helpers.decision.measured.pricing import options_in_seconds
from helpers.decision.measured.summary import Summary, kind_of, readable, summarize

ORIGIN = "2026-11-29, python benchmarks/rivals.py"


def test_seeds_of_one_way_become_one_summary_with_their_spread():
    lines = [tuned(10, seed=1), tuned(8, seed=2, seconds=7.0, latency_p95=3.0), tuned(6, seed=3, rows=10)]

    assert summarize(lines, BIG) == [
        Summary(
            name="fine-tuned",
            way="fine_tuned",
            kind="fine-tune",
            base_model=BIG,
            by_group={str(place): 1.0 if place < 8 else 0.5 for place in range(10)},
            runs=(1.0, 0.8),
            rows=144,
            looks_up=True,
            prompt_tokens=100.0,
            completion_tokens=50.0,
            latency_median=1.0,
            latency_p95=3.0,
            seconds=pytest.approx(0.6),
            training_seconds=120.0,
            origin=ORIGIN,
        )
    ]
    assert summarize(lines, BIG)[0].quality == pytest.approx(0.9)


def test_checkpoints_and_models_asked_otherwise_than_trained_are_no_options():
    lines = [line(), tuned(step=9), tuned() | {"way": "fine_tuned_asked_without_facts"}]

    assert [each.way for each in summarize(lines, BIG)] == ["base"]


@pytest.mark.parametrize(
    ("way", "base_model", "kind"),
    [
        ("base", BIG, "prompt"),
        ("few_shot_10", BIG, "prompt"),
        ("retrieval", BIG, "retrieve"),
        ("few_shot_10_retrieval", BIG, "retrieve"),
        ("fine_tuned", BIG, "fine-tune"),
        ("fine_tuned_no_facts", BIG, "fine-tune"),
        ("fine_tuned", SMALL, "smaller model"),
        ("base", SMALL, "smaller model"),
    ],
)
def test_a_way_is_what_one_would_do_to_have_it(way, base_model, kind):
    assert kind_of(way, base_model, BIG) == kind


@pytest.mark.parametrize(
    ("measured", "looks_up"),
    [
        (line(), False),
        (line("few_shot_retrieval"), True),
        (tuned(), True),
        (tuned(trained_on=None), False),
        (tuned(trained_on="no_facts") | {"way": "fine_tuned_no_facts"}, False),
    ],
)
def test_a_model_that_was_trained_with_facts_needs_them_with_each_question(measured, looks_up):
    assert [each.looks_up for each in summarize([measured], BIG)] == [looks_up]
    assert [each.looks_up for each in options_in_seconds(summarize([measured], BIG))] == [looks_up]


def test_names_are_for_readers_and_tell_the_other_base_model():
    assert readable("few_shot_10_retrieval") == "few-shot 10 retrieval"
    assert [each.name for each in summarize([tuned(), tuned(base_model=SMALL)], BIG)] == [
        "fine-tuned",
        f"fine-tuned, {SMALL}",
    ]


def test_what_was_not_measured_or_does_not_fit_is_refused():
    with pytest.raises(FineTuneError, match=rf"Nothing was measured of the base model 'x'; there is {BIG}\."):
        summarize([line()], "x")
    with pytest.raises(FineTuneError, match="there is nothing"):
        summarize([], BIG)
    with pytest.raises(FineTuneError, match=r"The seeds of 'fine_tuned' .* have different numbers"):
        summarize([tuned(seed=1), tuned(seed=2, n=12)], BIG)
