"""What the pictures of a decision show, in words."""

from datetime import date

import pandas as pd
import pytest
from measured_lines import BIG, line, tuned
from options import PROMPT, RETRIEVE, TUNED, option

from finetune_dataset.errors import FineTuneError
from helpers.decision.measured.checkpoints import COLUMNS
from helpers.decision.measured.pricing import Pricing, cost_of_ways
from helpers.decision.measured.sentences import (
    describe_checkpoints,
    describe_costs,
    describe_learning_curve,
    describe_quality_cost,
    quality_and_cost,
)
from helpers.decision.measured.summary import summarize
from helpers.evaluation import wilson


def first(right, n):
    return [float(place < right) for place in range(n)]


def curve(*points):
    rows = [
        (rows, seed, right / 34, *wilson(right, 34), 34, first(right, 34)) for rows, seed, right in points
    ]
    return pd.DataFrame(rows, columns=["rows", "seed", "value", "low", "high", "n", "right"])


def checkpoints(*points):
    rows = [
        (job, step, loss, right / 40, *wilson(right, 40), 40, dict(enumerate(first(right, 40))))
        for job, step, loss, right in points
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def test_the_table_of_the_picture_holds_both_uncertainties_of_options_with_a_cost():
    table = quality_and_cost([PROMPT, TUNED, option("unknown", per_request=None)])

    assert table["name"].tolist() == ["few-shot", "tuned"]
    assert table["cost"].tolist() == [0.4, 0.1]
    assert table.loc[1, ["low", "high", "run_low", "run_high"]].tolist() == [*TUNED.interval, 1.0, 1.0]
    assert table.loc[0, ["run_low", "run_high"]].isna().all()


def test_the_ways_that_no_other_one_beats_are_named():
    cheap = option("base", right=0, per_request=1e-5)
    dear = option("dear", right=20, per_request=9e-4)

    assert describe_quality_cost(quality_and_cost([cheap, dear, RETRIEVE, TUNED])) == (
        "The highest quality has tuned (100% right, 0.1 USD for 1,000 requests); the cheapest is base "
        "(0% right, 0.01 USD for 1,000 requests). No other way is better and cheaper than base | tuned."
    )
    assert describe_quality_cost(quality_and_cost([])) == "No way has a known cost."


def test_costs_are_said_of_the_best_way_without_training():
    lines = [line("base", 2), line("few_shot_10", 6, prompt=1_500.0), tuned(10)]
    table = cost_of_ways(summarize(lines, BIG), Pricing("gpt-4o-mini", today=date(2026, 11, 29)))

    assert describe_costs(table) == (
        "The best way without training is few-shot 10: 60% right, 0.255 USD for 1,000 requests, 0.159 with "
        "the cache. The same prompt costs 0.175 at gpt-6-luna, whose quality is not measured here. Against "
        "the first price, a training pays after 393 requests; with the cache, after 940 requests."
    )
    dear = table.assign(**{"training pays after": pd.NA, "pays after, cached": pd.NA})
    assert describe_costs(dear).endswith("a training never pays.")
    assert describe_costs(table.loc[["fine-tuned"]]) == "No way without training has a known cost."


def test_the_curve_says_from_how_many_rows_on_nothing_is_seen_any_more():
    points = [(10, 1, 1), (10, 2, 3), (50, 1, 31), (144, 1, 34)]

    assert describe_learning_curve(curve(*points)) == (
        "With 144 training rows, 100% are right; with 10, 6% (trained once with 50, 144 rows, else with "
        "several seeds). From 50 rows on, 34 questions are too few to show a difference to all rows."
    )
    assert describe_learning_curve(curve((10, 1, 1), (144, 1, 34))).endswith(
        "The last step is shown (+97 points, p < 0.001): more rows may still help."
    )
    assert describe_learning_curve(curve((10, 1, 34), (144, 1, 20))).endswith(
        "With 10 rows, more answers were right (+41 points, p < 0.001): look at the rows."
    )
    assert describe_learning_curve(curve((144, 1, 34))).endswith("one number of rows is no curve.")
    with pytest.raises(FineTuneError, match="The learning curve has no row"):
        describe_learning_curve(curve())


def test_a_worse_number_of_rows_in_between_ends_the_numbers_that_are_alike():
    points = [(10, 1, 33), (20, 1, 10), (50, 1, 32), (144, 1, 34)]

    assert describe_learning_curve(curve(*points)).endswith(
        "From 50 rows on, 34 questions are too few to show a difference to all rows."
    )


def test_a_difference_that_the_pairs_show_is_shown_although_the_intervals_overlap():
    # 6 of 34 differ, all the same way: p = 2 / 64.
    table = curve((50, 1, 28), (144, 1, 34))

    assert table["high"][0] > table["low"][1]
    assert describe_learning_curve(table).endswith(
        "The last step is shown (+18 points, p = 0.031): more rows may still help."
    )


def test_numbers_of_rows_with_other_questions_are_not_compared():
    other = curve((10, 1, 5), (144, 1, 34))
    other.at[0, "right"] = [1.0] * 12

    with pytest.raises(FineTuneError, match="Expected answers to the same questions, found 12 and 34"):
        describe_learning_curve(other)


@pytest.mark.parametrize(
    ("points", "end"),
    [
        ([("a", 10, 0.5, 30), ("a", 20, 0.9, 12)], "and no checkpoint has more right answers (75%)."),
        (
            [("a", 10, 0.5, 12), ("b", 20, 0.9, 35)],
            "with 30% right; the most right answers has b, step 20: 88%; the answers choose another one than "
            "the loss (+57 points, p < 0.001).",
        ),
        ([("a", 10, 0.5, 30), ("b", 20, 0.9, 32)], "which is better is undecided (+5 points, p = 0.5)."),
        ([("a", 10, 0.5, 30), ("b", 20, 0.9, 36)], "another one than the loss (+15 points, p = 0.031)."),
    ],
)
def test_loss_and_answers_choose_one_checkpoint_or_two(points, end):
    text = describe_checkpoints(checkpoints(*points))

    assert text.startswith("The lowest validation loss has a, step 10")
    assert text.endswith(end)


def test_no_checkpoint_is_said():
    assert describe_checkpoints(checkpoints()) == "No checkpoint was measured."
