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
        "**Q: What is it?**\nA: A bell.\n\n**Q: How much?**\nA: 5 euros.",
        "### Q: What is it?\n- A: A bell.\n\n### Q: How much?\n- A: 5 euros.",
        "1. What is it?\nA bell.\n\n2. How much?\n5 euros.",
        "1) What is it?\n2) A bell.\n3) How much?\n4) 5 euros.".replace("2) ", "").replace("4) ", ""),
    ],
)
def test_a_list_is_read_in_each_usual_layout(text):
    assert list(pasted_pairs(text)) == TWO


def test_headings_and_rules_between_the_pairs_are_named_and_belong_to_no_answer():
    left = []
    marked = (
        "# Our shop\n\n**Q: What is it?**\nA: A bell.\n\n---\n\n## Prices\n\n**Q: How much?**\nA: 5 euros."
    )

    assert list(pasted_pairs(marked, left)) == TWO
    assert left == [(1, "# Our shop"), (6, "---"), (8, "## Prices")]


def test_a_title_above_counted_questions_is_named_and_a_second_paragraph_goes_on_with_the_answer():
    left = []
    text = "Questions - Our shop\n\n1. What is it?\nA bell.\n\nIt is loud.\n\n2. How much?\n5 euros."

    assert list(pasted_pairs(text, left)) == [("What is it?", "A bell.\n\nIt is loud."), TWO[1]]
    assert left == [(1, "Questions - Our shop")]


def test_code_with_a_comment_stays_in_its_answer():
    text = "Q: How do I print?\nA: Write this:\n# a comment\nprint(1)\n# done\nQ: How much?\nA: 5 euros."

    assert next(pasted_pairs(text))[1] == "Write this:\n# a comment\nprint(1)\n# done"


def test_a_question_without_an_answer_gives_no_pair():
    assert list(pasted_pairs("Q: One?\nQ: Two?\nA: 2")) in ([("Two?", "2")], [("One?\nQ: Two?", "2")])


def test_a_text_that_is_no_list_is_refused():
    with pytest.raises(DatasetError, match=r"It begins 'Dear all,'.*a tab between question and answer"):
        list(pasted_pairs("Dear all,\nthis is a letter."))
