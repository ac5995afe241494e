"""Leaks: what is trained and held out too."""

from quality_samples import LONG, found, numbered, row

from finetune_dataset.files import write_jsonl
from finetune_dataset.quality.leaks import trained_lines


def test_each_leak_is_named_with_its_line_on_both_sides(check):
    story = row("Please tell me this: " + LONG, "Done.")
    rows = [*numbered(6), story, row("What is it?", "A cat.", system="Look.")]
    held = [
        row("what is 2 times 2?", "It is 4."),
        row("What is 3 times 3?", "Nine."),
        row("Please tell me this: " + LONG.replace("thick", "thin"), "All right, then."),
        row("What is it?", "A dog.", system="Listen."),
        row("What is 100 times 100?", "It is 10000."),
    ]

    report = check(rows, test=held)

    assert found(report) == [
        (3, "", "leaked_row", "error"),
        (4, "", "leaked_prompt", "error"),
        (7, "", "near_leak", "warning"),
        (8, "", "leaked_question", "warning"),
    ]
    assert not report.ok
    assert report.problems[0].found == "an example that repeats the whole example of line 1 of test.jsonl"


def test_a_row_of_both_held_out_files_is_named_too(check):
    shared = row("What is 50 times 50?", "It is 2500.")

    (issue,) = check(numbered(), validation=[row("Other?", "Yes."), shared], test=[shared]).problems

    assert (issue.line, issue.code, issue.severity) == (0, "held_out_twice", "warning")
    assert issue.found == "line 1 of test.jsonl repeats the whole example of line 2 of validation.jsonl"


def test_held_out_rows_that_are_trained_too_are_given_by_line(tmp_path):
    training, held_out = tmp_path / "train.jsonl", tmp_path / "validation.jsonl"
    write_jsonl(training, numbered(6))
    parts = row("", "It is 9.")
    parts["messages"][1]["content"] = [{"type": "text", "text": "What is 3\ntimes 3?"}]
    held = [row("New?", "Yes."), row("what is 2  times 2?", "It is 4."), row("What is it?", "No."), parts]
    write_jsonl(held_out, held)

    assert trained_lines(training, held_out) == [2, 4]
