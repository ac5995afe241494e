"""Every code of a file: one file that gets it, and nothing but it."""

import pytest
from faulty import FILES
from samples import FILE, found

from finetune_dataset.rules.issues.file_kinds import FILE_KINDS

# What needs a large file has a test with the limits.
APART = {"wrong_extension", "file_too_large", "large_file", "too_many_image_rows"}


@pytest.mark.parametrize("code", FILES)
def test_a_file_with_one_fault_gets_one_issue_with_its_line(check, code):
    content, line = FILES[code]

    assert found(check(content)) == [(line, "", code)]


def test_a_text_file_of_json_lines_only_has_the_wrong_name(check):
    report = check(FILE, name="train.txt")

    assert (found(report), report.ok) == ([(0, "", "wrong_extension")], True)


def test_every_code_has_a_test_here_or_with_the_limits():
    assert sorted([*FILES, *APART]) == sorted(FILE_KINDS)
