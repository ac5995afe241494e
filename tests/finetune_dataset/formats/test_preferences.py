"""Rows with two answers: where the prompt ends is found, or asked."""

import pytest
from samples import preference as good

from finetune_dataset.formats.build import UnclearError
from finetune_dataset.formats.preferences import SIDES, preference, preference_name, ranked_completions

Q, A, NO = (
    {"role": "user", "content": "Q"},
    {"role": "assistant", "content": "A"},
    {"role": "assistant", "content": "No"},
)


@pytest.mark.parametrize("sides", [sides for sides in SIDES if sides[0] != "preferred_output"])
def test_every_pair_of_keys_in_the_table_becomes_a_preference(sides):
    row = {"prompt": "Q", sides[0]: "A", sides[1]: "No"}

    assert preference_name(row)
    assert preference(row) == {
        "input": {"messages": [Q]},
        "preferred_output": [A],
        "non_preferred_output": [NO],
    }


def test_the_prompt_of_several_turns_ends_where_the_chats_differ():
    before = [Q, {"role": "assistant", "content": "B"}, Q]

    made = preference({"chosen": [*before, A], "rejected": [*before, NO]})

    assert made["input"]["messages"] == before


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"chosen": "The sky is blue.", "rejected": "The sky is green."}, 'share as "prompt"'),
        ({"chosen": [Q, A], "rejected": [{**Q, "content": "X"}, NO]}, "no beginning in common"),
        ({"prompt": "Other", "chosen": [Q, A], "rejected": [Q, NO]}, "begin with another chat"),
        ({"prompt": "Q", "chosen": ["A"], "rejected": "No"}, "as texts, or as lists of messages"),
    ],
)
def test_a_preference_with_more_than_one_reading_is_refused(row, words):
    with pytest.raises(UnclearError, match=words):
        preference(row)


def test_a_preference_row_of_the_service_has_no_other_name():
    assert preference_name(good()) == ""
    assert preference_name({"chosen": "A"}) == ""


@pytest.mark.parametrize("ranks", [[0, 0], [None, 1], [0, 1, 2], [0]])
def test_completions_without_two_ranks_are_refused(ranks):
    ranked = [{"rank": rank, "completion": [A]} for rank in ranks]

    with pytest.raises(UnclearError, match="Choose the better"):
        ranked_completions({"context": [Q], "completions": ranked})
