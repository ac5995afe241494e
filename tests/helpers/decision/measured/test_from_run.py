"""What notebook 05 of a run asked, in the form of what the course measured."""

import math

import pytest
from judging import RIGHT, SHARE, prediction

from finetune_dataset.errors import FineTuneError
from helpers.decision.measured.from_run import lines_of_run
from helpers.decision.measured.pricing import Pricing, cost_of_ways, options_in_seconds, options_in_usd
from helpers.decision.measured.summary import summarize
from helpers.evaluation.usage import rival_records

TOOK = {"prompt_tokens": 100, "completion_tokens": 40, "cached_tokens": None, "seconds": 2.0}


def test_a_way_is_right_about_a_group_when_all_its_answers_are():
    predictions = [
        prediction("base", "Gold", "right 1") | TOOK,
        prediction("base", "Gold", "no 1") | TOOK,
        prediction("base", "Tin", "right 0.5") | TOOK | {"seconds": 4.0},
        prediction("fine_tuned", "Gold", "right 1") | TOOK,
        prediction("fine_tuned", "Tin", "right 1") | TOOK | {"prompt_tokens": 50},
    ]

    base, tuned = lines_of_run(
        predictions, [RIGHT, SHARE], base_model="tiny", trained_rows=144, training_seconds=30.0
    )

    assert base["marks"] == {"right": "01", "share": "10"}  # Gold, Tin
    assert (base["n"], base["trained_rows"], base["training_seconds"]) == (2, 0, 0.0)
    assert (base["latency_median"], base["seconds"]) == (2.0, pytest.approx(8 / 3 * 2 / 16))
    assert tuned["marks"] == {"right": "11", "share": "11"}
    assert (tuned["prompt_tokens"], tuned["trained_rows"], tuned["training_seconds"]) == (75.0, 144, 30.0)


def test_notebooks_05_and_05b_sum_up_the_same_answers_alike():
    predictions = [
        prediction("base", "Gold", "right 1") | TOOK,
        prediction("base", "Gold", "no 0.5") | TOOK | {"seconds": 3.0},
        prediction("base", "Tin", "right 1") | TOOK | {"completion_tokens": 70, "seconds": 4.0},
    ]

    [record] = rival_records(predictions, [RIGHT, SHARE], "tiny")
    [line] = lines_of_run(predictions, [RIGHT, SHARE], base_model="tiny", trained_rows=9)

    same = set(record) & set(line)
    assert same >= {"n", "scores", "prompt_tokens", "completion_tokens", "latency_median", "latency_p95"}
    assert {name: line[name] for name in same} == {name: record[name] for name in same}
    assert record["all"] == 0.5  # Tin


def test_tokens_that_a_run_does_not_know_leave_its_cost_open():
    lines = lines_of_run([prediction("base", "Gold", "right")], [RIGHT], base_model="tiny", trained_rows=9)
    found = summarize(lines, "tiny")

    assert [option.per_request for option in options_in_usd(found, Pricing())] == [None]
    assert [option.per_request for option in options_in_seconds(found)] == [None]
    assert math.isnan(cost_of_ways(found, Pricing()).loc["base", "USD per 1,000"])


def test_a_training_whose_tokens_or_seconds_nobody_counted_has_no_known_cost():
    lines = lines_of_run([prediction("fine_tuned", "Gold", "right")], [RIGHT], base_model="t", trained_rows=9)
    found = summarize(lines, "t")

    assert [option.once for option in options_in_usd(found, Pricing())] == [None]
    assert [option.once for option in options_in_seconds(found)] == [None]


def test_a_run_without_answers_is_refused():
    with pytest.raises(FineTuneError, match=r"has no answers\. Run 05_evaluate\.ipynb again"):
        lines_of_run([], [RIGHT], base_model="tiny", trained_rows=1)
