"""Lists as people write them."""

import pytest

from helpers.errors import DatasetError
from helpers.own_data.table.pasted import pasted_pairs

TWO = [("What is it?", "A bell."), ("How much?", "5 euros.")]


@pytest.mark.parametrize(
    "text",
    [
        "Q: What is it?\nA: A bell.\nQ: How much?\nA: 5 euros.",
        "1. Question: What is it?\nAnswer: A bell.\n2. Question: How much?\nAnswer: 5 euros.",
        "**Frage:** What is it?\n**Antwort:** A bell.\n**Frage:** How much?\n**Antwort:** 5 euros.",
        "What is it?\tA bell.\nHow much?\t5 euros.",
        "What is it?\nA bell.\n\nHow much?\n5 euros.",
        "What is it?\nA bell.\nHow much?\n5 euros.",
        "What is it? A bell.\nHow much? 5 euros.",
        "Q: What is it?\r\nA: A bell.\r\nQ: How much?\r\nA: 5 euros.\r\n",
    ],
)
def test_a_list_is_read_in_each_usual_layout(text):
    assert list(pasted_pairs(text)) == TWO


def test_a_question_without_an_answer_gives_no_pair():
    assert list(pasted_pairs("Q: One?\nQ: Two?\nA: 2")) in ([("Two?", "2")], [("One?\nQ: Two?", "2")])


def test_a_text_that_is_no_list_is_refused():
    with pytest.raises(DatasetError, match="It begins 'Dear all,'"):
        list(pasted_pairs("Dear all,\nthis is a letter."))
