"""What can be said before a job."""

import pytest
from own_rows import chat, label_rows, notice_rows, shop_rows

from finetune_dataset import write_jsonl
from helpers.own_data.checks import check_rows, is_unrelated, relation


@pytest.fixture
def check(tmp_path):
    def run(rows):
        write_jsonl(tmp_path / "rows.jsonl", rows)
        return {each.check: each for each in check_rows(tmp_path / "rows.jsonl", rows)}

    return run


def test_good_rows_are_called_good(check):
    assert {name: each.level for name, each in check([*notice_rows(), *label_rows()]).items()} == {
        "number of rows": "good",
        "format": "good",
        "quality": "good",
        "facts": "good",
    }


def test_facts_that_no_question_holds_are_a_warning_with_the_way_out(check):
    facts = check(shop_rows())["facts"]

    assert facts.level == "warning"
    assert facts.found.startswith(
        "42 of 42 answers state numbers or names that their question does not hold, 84 in"
    )
    assert "write them into the question (retrieval)" in facts.advice


def test_too_few_rows_are_an_error(check):
    found = check(shop_rows(8))

    assert (found["number of rows"].level, found["format"].level) == ("error", "error")
    assert found["format"].found == "1 error; line 0: 8 examples"


def test_copies_and_private_data_are_named_with_their_rows(check):
    rows = [
        *notice_rows(),
        notice_rows()[0],
        chat("Who can help with my order, please?", "Write to ana.pop@posta-mea.ro."),
    ]

    found = check(rows)

    assert any("row 50" in each.found for each in found.values())
    assert any("row 51" in each.found and "ana.pop" not in each.found for each in found.values())


def test_answers_of_other_questions_are_pointed_out(check):
    rows = notice_rows()
    asked = [
        chat(row["messages"][0]["content"], f"Item {place * 31} wobbles softly")
        for place, row in enumerate(rows)
    ]

    assert check(asked)["relation"].level == "warning"
    assert is_unrelated(asked)
    assert not is_unrelated(rows)
    assert relation(rows)[0] > 0.9


def test_the_findings_are_a_table_and_lines(tmp_path):
    write_jsonl(tmp_path / "rows.jsonl", shop_rows())
    findings = check_rows(tmp_path / "rows.jsonl", shop_rows())

    assert list(findings.table().columns) == ["check", "level", "found", "advice"]
    assert (
        "warning  number of rows: 42 rows, 42 different questions\n         → Enough for the form."
        in repr(findings)
    )
