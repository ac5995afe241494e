"""Good answers before and after, in a table, in words and in a plot."""

import pytest
from figures import line
from judging import RIGHT, Check, prediction

from helpers.evaluation import wilson
from helpers.lost.chart import lost_in_words, lost_table, plot_lost
from helpers.plots.style import BLUE, GRAY

OTHER = Check("other", RIGHT.check)


def answers(probe, before, after, n=10):
    """So many good answers of n, before and after."""
    counts = {"base": before, "fine_tuned": after}
    return [
        prediction(model, str(place), "right" if place < good else "no") | {"set": probe.name}
        for model, good in counts.items()
        for place in range(n)
    ]


def test_each_set_has_its_shares_its_intervals_and_the_chance_of_such_a_difference():
    found = lost_table(answers(RIGHT, 9, 1) + answers(OTHER, 5, 5), [OTHER, RIGHT])

    low, high = wilson(9, 10)
    assert found["set"].tolist() == ["other", "right"]
    assert found.iloc[1].to_dict() == {
        "set": "right",
        "n": 10,
        "base": 0.9,
        "base_low": low,
        "base_high": high,
        "fine_tuned": 0.1,
        "fine_tuned_low": pytest.approx(1 - high),
        "fine_tuned_high": pytest.approx(1 - low),
        "p": pytest.approx(2 * 2 / 2**8),  # One of two sets.
    }


def test_what_is_clear_alone_is_not_clear_among_many_sets():
    others = [Check(f"other {number}", RIGHT.check) for number in range(9)]
    answered = answers(RIGHT, 9, 1) + [answer for other in others for answer in answers(other, 5, 5)]

    alone, among = (
        lost_in_words(lost_table(answered, probes)).splitlines()[0] for probes in ([RIGHT], [RIGHT, *others])
    )

    assert alone.endswith("worse (p = 0.008).")
    assert among.endswith("too few questions to tell (p = 0.078).")


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (9, 1, "right: 90% good before, 10% after, of 10: worse (p = 0.008)."),
        (0, 10, "right: 0% good before, 100% after, of 10: better (p = 0.002)."),
        (5, 4, "right: 50% good before, 40% after, of 10: too few questions to tell (p = 1.000)."),
        (5, 5, "right: 50% good before, 50% after, of 10: no difference."),
    ],
)
def test_each_set_is_said_in_one_sentence(before, after, sentence):
    assert lost_in_words(lost_table(answers(RIGHT, before, after), [RIGHT])) == sentence


def test_a_set_without_answers_is_refused():
    with pytest.raises(ValueError, match="No group was answered by both 'base' and 'fine_tuned'"):
        lost_table(answers(RIGHT, 1, 1), [OTHER])


def test_a_plot_has_a_square_before_and_a_dot_after():
    ax = plot_lost(lost_table(answers(RIGHT, 9, 1) + answers(OTHER, 5, 5), [OTHER, RIGHT]))

    assert {artist.get_label(): (artist.get_color(), artist.get_marker()) for artist in ax.lines} == {
        "base": (GRAY, "s"),
        "fine-tuned": (BLUE, "o"),
    }
    assert line(ax, "base").get_xdata().tolist() == [0.5, 0.9]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["other (10)", "right (10)"]
