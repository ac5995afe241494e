"""Issues: as a sentence, and in a log that stays small."""

import pytest

from finetune_dataset.rules.issues.issue import KEPT_PER_CODE, Issue, IssueLog, show


def fault(line):
    return Issue(line, "messages", "wrong_type", "error", "5", "a list", "Write a list.")


def test_an_issue_reads_as_place_code_detail_and_fix():
    assert str(fault(3)) == "line 3, messages: wrong_type: found 5; expected a list. Write a list."


def test_a_log_counts_all_issues_and_keeps_the_first_of_each_code():
    first, later = IssueLog(), IssueLog()
    for line in range(1, KEPT_PER_CODE):
        first.add(fault(line))
    for line in range(1, 4):
        later.add(fault(line))

    first.extend(later, shift=50_000)

    assert first.counts == {"wrong_type": KEPT_PER_CODE + 2}
    assert len(first.kept) == KEPT_PER_CODE
    assert first.kept[-1].line == 50_001


@pytest.mark.parametrize(
    ("value", "shown"),
    [({}, "an empty object"), ([5], "a list"), (None, "null"), ("é" * 90, '"' + "é" * 56 + "...")],
)
def test_a_value_is_shown_in_at_most_60_characters(value, shown):
    assert show(value) == shown
    assert len(shown) <= 60
