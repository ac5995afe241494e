"""Every code of a file: one file that gets it, and nothing but it."""

import json

import pytest
from samples import FILE, GOOD, PLAIN, found

from finetune_dataset.rules.issues.file_kinds import FILE_KINDS
from finetune_dataset.strict_json import MAX_VALUES

# Code → the bytes of the file that gets it, and the line.
FILES = {
    "byte_order_mark": (f"\ufeff{FILE}", 1),
    "windows_line_ends": (FILE.replace("\n", "\r\n"), 0),
    "blank_line": (f"{GOOD[0]}\n\n{FILE}".replace(GOOD[0], json.dumps(PLAIN), 1), 2),
    "not_utf8": (FILE.encode().replace(b"At shelf 5", b"\xc0 shelf 5"), 6),
    "json_array": (f"[{','.join(GOOD)}]", 1),
    "pretty_printed_json": ("\n".join(json.dumps(json.loads(line), indent=2) for line in GOOD), 1),
    "trailing_comma": (FILE.replace("\n", ",\n", 1), 1),
    "invalid_json": (FILE.replace('"At shelf 3."', "NaN"), 4),
    "duplicate_key": (FILE.replace('"role": "user"', '"role": "user", "role": "user"', 1), 1),
    "row_too_large": (f"{FILE}[{'[],' * MAX_VALUES}[]]", 13),
    "too_few_examples": (GOOD[0], 0),
    "duplicate_row": (f"{FILE}{GOOD[4]}\n", 13),
}


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
