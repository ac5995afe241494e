"""Rows with a question and an answer: one reading becomes a chat, two are refused."""

import pytest

from finetune_dataset.formats.build import UnclearError
from finetune_dataset.formats.pairs import PAIRS, graded_prompt, pair, pair_name, unpaired

EVERY = [
    (name, asked, told)
    for name, (questions, _, answers) in PAIRS.items()
    for asked in questions
    for told in answers
]


@pytest.mark.parametrize(("name", "asked", "told"), EVERY)
def test_every_pair_of_keys_in_the_table_becomes_a_chat(name, asked, told):
    row = {asked: "Tide?", told: "04:10"}

    assert pair_name(row)
    assert [message["content"] for message in pair(row)["messages"]] == ["Tide?", "04:10"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"question": "A", "query": "B", "answer": "C"}, "question and query could both"),
        ({"question": "A", "answer": "B", "response": "C"}, "answer and response could both"),
        ({"question": "A", "passage": "B", "answer": "C"}, "Put passage and the question into one text"),
        (
            {"instruction": [{"role": "user", "content": "A"}], "input": "B", "output": "C"},
            "into the last message",
        ),
        ({"prompt": ["A"], "completion": "B"}, "as texts, or as lists of messages"),
        ({"prompt": "A", "completion": "B", "history": "C"}, "history as a list"),
        ({"prompt": "A", "completion": "B", "history": [["C"]]}, "each turn of history as a pair"),
    ],
)
def test_a_pair_with_more_than_one_reading_is_refused(row, words):
    with pytest.raises(UnclearError, match=words):
        pair(row)


def test_the_text_that_alpaca_repeats_goes_and_another_text_stays():
    row = {"instruction": "Tide?", "input": "", "output": "04:10"}

    assert pair({**row, "text": "Below ... Tide? ... 04:10"}).keys() == {"messages"}
    assert pair({**row, "text": "A note."})["text"] == "A note."


def test_the_fields_of_a_grader_stay_with_the_prompt():
    row = {"system": "Be brief.", "question": "Tide?", "answer": None, "output": {"a": 1}}

    assert graded_prompt(row) == {
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Tide?"}],
        "answer": None,
        "output": {"a": 1},
    }


@pytest.mark.parametrize("row", [{"prompt": "A", "completion": "B", "label": "spam"}, {"label": True}])
def test_only_a_mark_of_good_or_bad_makes_an_unpaired_row(row):
    assert unpaired(row) == ""
