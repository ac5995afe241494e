"""Repeats: copies, and other answers to the same prompt."""

from quality_samples import LONG, found, numbered, pair, row


def test_a_copy_is_found_behind_capitals_spacing_and_unicode_forms(check):
    rows = [*numbered(), row("Un café?", "Oui."), row("UN  cafe\u0301? ", "Oui.")]

    forms, issue = check(rows).problems

    assert forms.code == "mixed_unicode_forms"
    assert (issue.line, issue.code) == (14, "repeated_row")
    assert issue.found == "the same example as on line 13, capitals and spacing ignored"


def test_two_answers_to_one_prompt_are_a_conflict_but_not_after_another_system_prompt(check):
    rows = [row("Is it?", "Yes."), row("is it? ", "No."), row("Is it?", "Maybe.", system="Be vague.")]

    (issue,) = check(rows).problems

    assert (issue.line, issue.code, issue.found) == (
        2,
        "conflicting_answers",
        "another answer to the prompt of line 1",
    )


def test_several_preferences_of_one_prompt_are_fine_and_a_reversed_one_is_a_conflict(check):
    ranked = [
        pair("How does the story go?", LONG, "I do not know."),
        pair("How does the story go?", LONG, "There is no story."),
        pair("How does the story go?", "There is no story.", "I do not know."),
    ]
    reversed_one = pair("How does the story go?", "I do not know.", LONG)

    report = check([*ranked, reversed_one, ranked[0]])

    assert found(report) == [
        (4, "", "conflicting_answers", "warning"),
        (5, "", "repeated_row", "warning"),
    ]
    assert report.problems[0].found == "the other choice between the two answers of line 1"


def test_one_prompt_with_other_fields_for_the_grader_is_a_conflict(check):
    prompt = {"messages": [{"role": "user", "content": "Solve the puzzle of line 7."}]}

    report = check([{**prompt, "solution": 1}, {**prompt, "solution": 2}, {**prompt, "solution": 1}])

    assert found(report) == [
        (2, "", "conflicting_answers", "warning"),
        (3, "", "repeated_row", "warning"),
    ]
