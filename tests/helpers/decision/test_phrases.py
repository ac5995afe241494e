"""Parts of sentences, each true of the number that it rounds."""

import pytest
from options import PROMPT, TUNED

from helpers.decision.phrases import floor, named, not_tried, points, span, sure


@pytest.mark.parametrize(
    ("share", "words"), [(0.8985, "89.8 %"), (0.8, "80 %"), (0.9999, "99.9 %"), (0.0, "0 %")]
)
def test_a_share_is_rounded_down(share, words):
    assert floor(share) == words


@pytest.mark.parametrize(
    ("chance", "words"),
    [
        (0.0009, ", p < 0.001"),
        (0.0312, ", p = 0.031"),
        (1.0, ", p = 1"),
        (None, ", their answers are not known one by one"),
    ],
)
def test_a_chance_ends_a_sentence(chance, words):
    assert sure(chance) == words


def test_differences_and_intervals_are_written_in_points_and_percent():
    assert (points(-0.147), span(TUNED)) == ("-15 points", "90% to 100%")


def test_ways_are_tried_or_not():
    assert named([PROMPT, TUNED], "fine-tune") == ["tuned"]
    assert not_tried([PROMPT, TUNED]) == "smaller model, retrieve"
