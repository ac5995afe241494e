"""Answers: empty, unfinished, all the same, or classes out of balance."""

import pytest
from quality_samples import found, numbered, pair, row


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("", "empty_answer"),
        (" \n", "empty_answer"),
        ("\u200b\ufeff", "empty_answer"),
        (" Yes.", "outer_whitespace"),
        ("Yes.\n", "outer_whitespace"),
    ],
)
def test_an_empty_answer_and_spaces_around_one_are_named(check, answer, code):
    assert found(check([*numbered(), row("Is it?", answer)])) == [
        (13, "messages[2].content", code, "warning")
    ]


def test_a_refusal_is_no_empty_answer(check):
    refusals = (
        {"content": None, "refusal": "I cannot."},
        {"content": [{"type": "refusal", "refusal": "No."}]},
    )

    assert found(check([row(f"Is {number} odd?", "", **said) for number, said in enumerate(refusals)])) == []


def test_an_answer_without_an_end_is_named_where_the_others_have_one(check):
    rows = [*numbered(20), row("Why?", "Because the -"), row("Good?", "Yes 😊"), row("Code?", "`f(x)`")]

    assert found(check(rows)) == [(21, "messages[2].content", "unfinished_answer", "warning")]


def test_where_answers_have_no_closing_signs_none_is_called_unfinished(check):
    rows = [row(f"Name number {number}", f"The name {'x' * number} of it") for number in range(12)]

    assert check(rows).problems == []


def test_answers_that_stop_at_one_length_are_called_cut_off(check):
    words = ["ship", "book", "night", "rock", "flag", "door", "tree", "road", "hand", "moon"]
    rows = numbered(20) + [
        row(f"Story {number}?", " ".join(words[number:] + words[:number]) + " and the" * 60)
        for number in range(4)
    ]

    (issue,) = [issue for issue in check(rows).problems if issue.code == "answers_cut_off"]

    assert (issue.line, issue.found) == (0, "4 unfinished answers of exactly 130 tokens, none longer")


def test_classes_that_are_unbalanced_or_spelled_in_two_ways_are_counted(check):
    labels = ["positive"] * 40 + ["Positive"] * 2 + ["negative"] * 3

    report = check([row(f"Review number {number}", label) for number, label in enumerate(labels)])

    assert [(issue.code, issue.found) for issue in report.problems] == [
        ("label_variants", 'one class as "positive" (40), "Positive" (2)'),
        ("unbalanced_labels", '2 classes: "positive" 42, "negative" 3'),
    ]


def test_balanced_classes_are_fine(check):
    labels = ["yes", "no", "unknown"] * 10

    assert check([row(f"Claim {number}", label) for number, label in enumerate(labels)]).problems == []


def test_one_answer_for_all_questions_is_an_error(check):
    report = check([row(f"Question {number}?", "I do not know.") for number in range(12)])

    assert found(report) == [(0, "", "identical_answers", "error")]


def test_one_preferred_answer_for_all_questions_still_teaches_what_not_to_say(check):
    pairs = [pair(f"Is {number} odd?", "Please ask a teacher.", f"It is {number}.") for number in range(12)]

    assert found(check(pairs)) == []
