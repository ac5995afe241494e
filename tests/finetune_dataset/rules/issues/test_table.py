"""One table for all kinds: the reference shows it, and nothing else can be used."""

import pytest

from finetune_dataset.rules.issues.quality_kinds import QUALITY_KINDS
from finetune_dataset.rules.issues.table import VALIDATION_KINDS, as_markdown, issue
from helpers.paths import ROOT


@pytest.mark.parametrize("kinds", [VALIDATION_KINDS, QUALITY_KINDS], ids=["validation", "quality"])
def test_the_reference_table_is_the_table_of_the_program(kinds):
    assert as_markdown(kinds) in (ROOT / "finetune_dataset" / "DATASET_CODES.md").read_text(encoding="utf-8")


def test_a_code_outside_of_the_table_cannot_be_used():
    with pytest.raises(KeyError):
        issue("no_such_code", "", "")


def test_no_code_stands_twice():
    assert VALIDATION_KINDS.keys() & QUALITY_KINDS.keys() == set()


def test_an_issue_has_the_words_of_its_kind_unless_the_case_says_more():
    plain = issue("blank_line", "", "a blank line", line=3)
    exact = issue("wrong_type", "tools", "5", expected="a list of objects", fix="Describe each tool.")

    kind = VALIDATION_KINDS["blank_line"]
    assert (plain.line, plain.severity, plain.expected, plain.fix) == (3, "warning", kind.expected, kind.fix)
    assert (exact.severity, exact.expected, exact.fix) == (
        "error",
        "a list of objects",
        "Describe each tool.",
    )


@pytest.mark.parametrize("code", [*VALIDATION_KINDS, *QUALITY_KINDS])
def test_every_kind_says_what_is_wrong_what_is_expected_and_what_to_do(code):
    kind = (VALIDATION_KINDS | QUALITY_KINDS)[code]

    assert kind.severity in ("error", "warning")
    assert kind.meaning.endswith(".")
    assert kind.fix.endswith(".")
    assert kind.expected
