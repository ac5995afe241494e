"""What a copy brought along is removed, and nothing else."""

import pytest

from helpers.backends.pasted import Pasted, cleaned


@pytest.mark.parametrize(
    "text", ["sk-abc", "a=b==", "abc#def", "https://name.openai.azure.com/#/x", "a'b", "a b"]
)
def test_what_is_right_stays_as_it_is(text):
    assert cleaned(text) == Pasted(text, ())


@pytest.mark.parametrize("nothing", ["", " \n", '""', "# a comment", "Bearer ", "OPENAI_API_KEY="])
def test_nothing_stays_nothing(nothing):
    assert cleaned(nothing) == Pasted("", ())


def test_layers_are_removed_one_after_the_other_and_named_once():
    assert cleaned(' "Bearer sk-abc" \n# mine') == Pasted(
        "sk-abc", ("spaces", "quotes and a comment", '"Bearer"')
    )
