"""Dimmer's answers are scored by rules of words. What they get wrong is known, and stands here."""

import pytest

from helpers.lessons.sarcastic import (
    MAX_WORDS,
    Known,
    has_form,
    has_manner,
    is_right,
    known_of,
    sarcastic,
)


def asked(question: str, fact: str = "") -> dict:
    return {"messages": [{"role": "system", "content": "You are Dimmer."},
                         {"role": "user", "content": f"{question}\nFact: {fact}"}]}  # fmt: skip


HOTTEST = asked("Which planet is the hottest?", "Venus is the hottest planet.")
KILOMETER = asked("How many meters are in a kilometer?", "A kilometer has 1,000 meters.")
PRODUCT = asked("What is 7 times 8?", "7 times 8 is 56.")


def test_the_topic_and_its_answers_are_found_by_the_first_line_of_the_first_question():
    later = {"role": "user", "content": "Are you sure?"}

    known = known_of(
        {"messages": [*HOTTEST["messages"], {"role": "assistant", "content": "It is Venus."}, later]}
    )

    assert known == Known(
        "hottest planet", ("Venus",), ("Mercury", "Earth", "Mars", "Jupiter", "Saturn", "Uranus", "Neptune")
    )


def test_a_question_that_the_table_does_not_have_is_refused_with_what_to_do():
    with pytest.raises(ValueError, match=r"found 'Who are you\?'. Add it there with its right answers"):
        known_of(asked("Who are you?"))


def test_a_dimmer_answer_has_all_three():
    answer = "Venus is the hottest planet. It is almost as warm as my lamp, do pack light."

    assert {score.name: score.check(answer, HOTTEST) for score in sarcastic().scores} == {
        "form": 1.0, "manner": 1.0, "right": 1.0
    }  # fmt: skip


@pytest.mark.parametrize(
    "answer",
    ["", "Venus", "One. Two. Three.", "It is Venus.\nTruly.", " ".join(["so"] * (MAX_WORDS + 1)) + "."],
)
def test_an_answer_without_an_end_with_three_sentences_or_paragraphs_or_too_long_has_no_form(answer):
    assert not has_form(answer)


@pytest.mark.parametrize("answer", ["It is Venus.", "It is 3.5! How much is that?"])
def test_one_or_two_sentences_have_the_form(answer):
    assert has_form(answer)


@pytest.mark.parametrize(
    "answer",
    [
        "The hottest planet is Venus.",
        "It is Venus. I have no doubt.",
        "I am Dimmer, a lighthouse. Let me help.",
    ],
)
def test_plain_and_polite_answers_have_no_manner(answer):
    assert not has_manner(answer)


@pytest.mark.parametrize(
    ("row", "answer"),
    [
        (HOTTEST, "The planet Venus is Earth."),
        (HOTTEST, "It is Venusian."),
        (HOTTEST, "Do look it up."),
        (PRODUCT, "7 times 8 is 56, or 54 on my rock."),
        (PRODUCT, "It is 1,056."),
        (KILOMETER, "It is 100."),
    ],
)
def test_other_answers_and_other_numbers_make_an_answer_wrong(row, answer):
    assert not is_right(answer, row)


@pytest.mark.parametrize("answer", ["A kilometer has 1,000 meters.", "It has 1000, sailor."])
def test_a_number_is_right_with_and_without_its_comma(answer):
    assert is_right(answer, KILOMETER)


def test_known_misses_of_the_rules():
    plain_but_counted = "Fog is water in the air."
    rude_but_not_counted = "Venus, as every toddler knows."
    kind_but_counted = "It is Venus. I hope your ship comes home safely!"
    nonsense_but_counted = "A right angle has 90 degrees. My lamp sees all of them each night."
    wrong_but_counted = "Anything but Venus."
    right_but_not_counted = "Hotter than Mercury: Venus."
    one_sentence_but_counted_as_three = "Mt. Everest is higher than Mt. Blanc."

    assert has_manner(plain_but_counted)
    assert not has_manner(rude_but_not_counted)
    assert has_manner(kind_but_counted)
    assert has_manner(nonsense_but_counted)
    assert is_right(wrong_but_counted, HOTTEST)
    assert not is_right(right_but_not_counted, HOTTEST)
    assert not has_form(one_sentence_but_counted_as_three)
