"""Properties of the form are found in the answers themselves."""

import pytest
from own_rows import THINGS, label_rows, notice_rows

from helpers.own_data.evidence.form import find_properties, unlike_base
from helpers.own_data.table.examples import answer_of, question_of

QUESTIONS = [f"What is thing {number}?" for number in range(20)]


def kinds(answers, questions=QUESTIONS):
    return {each.kind: each.says for each in find_properties(answers, questions)}


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        ("Ahoy mate, it is {}.", "opening", 'begins with "ahoy mate it is"'),
        ("It is {}, over and out", "closing", 'ends with "over and out"'),
        ("Line {}\nmore\nend", "parts", "3 lines"),
        ("a{} - b - c - d - e", "parts", '5 parts joined with " - "'),
        ("2026-11-{:02}", "shape", "has the pattern 9999-99-99 (9 a digit, a letters)"),
        ("НОВЫЙ ответ {}", "script", "is written in Cyrillic letters"),
        ("all small {}", "case", "has no capital letter"),
        ("LOUD {}", "case", "is in capitals"),
        ("It is {} → done", "sign", "holds the signs →"),
        ("One {}. Two.", "length", "has 2 sentences"),
        ('{{"name": "n{}", "size": 3}}', "json", "JSON: an object with the keys name, size"),
        ('["n{}", "b"]', "json", "JSON: a list"),
    ],
)
def test_what_all_answers_share_is_named(answer, kind, says):
    found = find_properties([answer.format(number) for number in range(20)], QUESTIONS)

    assert says in [each.says for each in found if each.kind == kind]
    assert all(each.holds(answer.format(77)) for each in found)
    assert not all(
        each.holds("Thank you for this question! I would be happy to help you with it.") for each in found
    )


def test_a_closed_set_of_answers_is_its_own_form():
    (labels,) = find_properties([answer_of(row) for row in label_rows()], QUESTIONS)

    assert labels.says == "one of 3 fixed answers: 'positive', 'negative', 'neutral'"
    assert (labels.holds("Positive."), labels.holds("It is positive")) == (True, False)


def test_answers_of_all_sorts_share_their_range_of_lengths_only():
    answers = [
        "Yes",
        "No way, sir!",
        "it depends on what you want, as always.",
        "42",
        "Ask Ana? She knows.",
    ] * 1

    assert set(kinds(answers)) == {"length"}


def test_another_language_than_that_of_the_questions_is_a_property():
    english = ["the dog is asleep", "we drink water", "the sun is here", "she reads the book"] * 4
    german = ["der Hund schläft", "wir trinken Wasser", "die Sonne ist hier", "sie liest das Buch"] * 3
    answers = [f"{text} {number}" for number, text in enumerate(german)]

    letters = next(each for each in find_properties(answers, english) if each.kind == "letters")

    assert letters.holds("die Katze trinkt das Wasser")
    assert not letters.holds("the cat drinks the water")


def test_the_form_of_real_answers_holds_for_new_ones():
    rows = notice_rows()
    answers, questions = [answer_of(row) for row in rows], [question_of(row) for row in rows]

    found = find_properties(answers[:30], questions[:30])

    assert {each.kind for each in found} >= {"opening", "closing", "length", "phrase"}
    assert all(each.share(answers[30:]) == 1 for each in found)


def test_a_tone_is_told_from_a_base_models_where_nothing_else_differs():
    rough = [f"Shove th' {thing} in a dry hole, ye daft muppet!" for thing in THINGS]
    plain = [f"Please keep the {thing} in a dry place, dear reader!" for thing in THINGS]

    (tone,) = unlike_base(rough, plain)

    assert "not like the base model's" in tone.says
    assert [tone.holds("Mind th' clock, ye clot!"), tone.holds("Please mind the clock, dear!")] == [
        True,
        False,
    ]
    assert unlike_base(rough[:9], plain) == []
