"""The trained answer that an answer is nearest to, word by word."""

from difflib import SequenceMatcher

import pytest
from hypothesis import given, strategies as st

from helpers.evaluation.nearness import Nearest, nearest


def test_the_nearest_answer_is_the_one_with_most_words_in_the_same_order():
    found = nearest("_ sat on the train.", ["A cat slept.", "_ sat on the mat.", "_ train the on sat."])

    # "_ sat on the ." of six tokens each: 2 * 5 / 12.
    assert found == Nearest(pytest.approx(5 / 6), "_ sat on the mat.")


@pytest.mark.parametrize(
    ("answer", "share"), [("a b", 1.0), ("a  b", 1.0), ("a b.", 0.8), ("c d", 0.0), ("", 0.0)]
)
def test_a_share_of_1_is_the_same_words_and_signs_and_0_no_common_one(answer, share):
    assert nearest(answer, ["a b"]) == Nearest(pytest.approx(share), "a b")


words = st.lists(st.sampled_from("abcd"), max_size=8).map(" ".join)


@given(words, st.lists(words, min_size=1, max_size=6))
def test_no_trained_answer_is_nearer_than_the_nearest(answer, trained):
    shares = {
        text: SequenceMatcher(None, text.split(), answer.split(), autojunk=False).ratio() for text in trained
    }

    found = nearest(answer, trained)

    assert found.share == shares[found.text] == max(shares.values())


def test_nothing_trained_is_refused():
    with pytest.raises(ValueError, match="no trained answer"):
        nearest("a", [])
