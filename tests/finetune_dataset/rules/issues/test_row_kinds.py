"""Every code of a row: one row that gets it, and nothing but it."""

import json

import pytest
from faulty import PREFERENCES, ROWS
from samples import FILE, USER, found, preference

from finetune_dataset.rules.issues.row_kinds import ROW_KINDS


@pytest.mark.parametrize("code", ROWS)
def test_a_row_with_one_mistake_gets_one_issue_at_its_place(check, code):
    row, path = ROWS[code]

    report = check(FILE + json.dumps(row))

    assert found(report) == [(13, path, code)]
    assert report.ok == (ROW_KINDS[code].severity == "warning")


@pytest.mark.parametrize("code", PREFERENCES)
def test_a_preference_with_one_mistake_gets_one_issue_at_its_place(check, code):
    row, path = PREFERENCES[code]
    good = "".join(
        json.dumps(preference(input={"messages": [{**USER, "content": f"Where is {number}?"}]})) + "\n"
        for number in range(12)
    )

    report = check(good + json.dumps(row), method="dpo")

    assert found(report) == [(13, path, code)]


def test_every_code_has_a_test_here_but_one_that_needs_a_model():
    assert sorted([*ROWS, *PREFERENCES, "row_too_long"]) == sorted(ROW_KINDS)
