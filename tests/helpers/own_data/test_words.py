"""What a text holds: words, numbers, names."""

import pytest

from helpers.own_data.words import (
    Telling,
    capitals_mean_names,
    facts,
    is_echo,
    numbers,
    plain,
    shortened,
    similarity,
    tokens,
)


def test_capitals_spaces_and_outer_signs_do_not_count():
    assert plain('  "The ANSWER\n is Yes!" ') == "the answer is yes"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It costs 1,200.50 dollars.", ["it", "costs", "1200.5", "dollars"]),
        ("Öffnung 8:30, don't", ["öffnung", "8:30", "don't"]),
        ("自行车 59 元", ["自", "行", "车", "59", "元"]),
        ("B12 and 007", ["b", "12", "and", "7"]),
    ],
)
def test_words_and_numbers_are_found_in_any_script(text, expected):
    assert tokens(text) == expected


def test_numbers_that_count_the_lines_of_a_list_are_none():
    assert numbers("1. Take 3 bolts\n2. Wait 40 minutes") == {"3", "40"}


def test_names_are_words_with_a_capital_inside_a_sentence():
    text = "Please ask Ms. Keller. She works at NASA in Old Harbor, I think. The rest is 7."

    assert facts(text) == {"ms", "keller", "nasa", "old", "harbor", "7"}
    assert facts(text, names=False) == {"7"}


def test_capitals_are_grammar_in_german():
    assert capitals_mean_names(["You meet Ana in the big hall of our old town."])
    assert not capitals_mean_names(["Wir fahren mit dem Bus in die Stadt.", "Er isst Brot und Käse."])


def test_what_many_answers_hold_tells_nothing_of_one():
    telling = Telling([f"The shop sells item {number} for Ana." for number in range(100, 140)])

    assert telling.facts("The shop sells item 107 for Ana.") == {"107"}
    assert telling.words("The shop sells item 107 and saddles.") == {"107", "saddles"}


def test_similar_texts_share_their_words():
    assert similarity(tokens("a b c d"), tokens("d c b a")) == 1
    assert similarity(tokens("a b"), tokens("c d")) == 0
    assert similarity([], []) == 0


def test_a_long_text_is_shown_by_its_start():
    assert shortened("word " * 100, 10) == "word word…"


def test_a_question_that_comes_again_but_for_a_word_in_ten_is_an_echo():
    question = "Where in the old town can I buy a bell for my red bike?"

    assert is_echo(question.upper(), question)
    assert is_echo(question.replace("red", "new"), question)
    assert not is_echo("You can buy a bell in the old town.", question)
    assert not is_echo("", question)
