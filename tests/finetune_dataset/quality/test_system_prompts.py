"""System prompts: missing in some rows, or written a little differently."""

from quality_samples import found, numbered, row


def test_rows_without_the_system_prompt_of_the_others_are_named(check):
    assert found(check([*numbered(), row("Why?", "Because.", system="")])) == [
        (13, "messages", "missing_system_prompt", "warning")
    ]


def test_a_system_prompt_that_few_rows_have_is_one_issue(check):
    rows = [row(f"Question {number}?", f"Answer {number}.", system="") for number in range(12)]

    (issue,) = check([row("Why?", "Because."), *rows]).problems

    assert (issue.line, issue.code) == (0, "missing_system_prompt")
    assert issue.found == "a system prompt in only 1 of 13 rows, first on line 1"


def test_a_slip_in_the_system_prompt_is_shown_and_another_prompt_is_not(check):
    rows = [
        *numbered(),
        row("Who?", "Elle.", system="Answer in one wrod."),
        row("Where?", "Here.", system="You are a guide for mountain walks in the Alps."),
    ]

    (issue,) = check(rows).problems

    assert (issue.line, issue.code) == (13, "system_prompt_variants")
    assert issue.found == (
        '"Answer in one wrod." instead of "Answer in one word." in 1 row; the prompt of line 1 is in 12 rows'
    )


def test_system_prompts_that_carry_a_date_are_no_slips(check):
    rows = [
        row(f"Question {number}?", f"Answer {number}.", system=f"Today is day {number} of the year.")
        for number in range(30)
    ]

    assert check(rows).problems == []
