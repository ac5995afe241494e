"""What was approved counts from then on, whether a notebook wrote the job down or not."""

import json

import pytest

from helpers.costs.spending.approvals import approved_usd, approved_without_price, note_approval
from helpers.costs.spending.limit import require_within_limit
from helpers.errors import NotApproved, UnreadableContent


@pytest.fixture(autouse=True)
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("FINETUNE_RUNS_DIR", str(tmp_path / "runs"))
    monkeypatch.delenv("FINETUNE_LIMIT_USD", raising=False)
    return tmp_path / "runs"


def test_nothing_is_approved_at_first():
    assert (approved_usd(), approved_without_price()) == (0, 0)


def test_approvals_are_added_up_and_those_without_a_price_are_counted(runs):
    for amount in (1.25, None, 0.5):
        note_approval("gpt-4o", "openai", amount)

    lines = [json.loads(line) for line in (runs / "approved.jsonl").read_text().splitlines()]
    assert [(line["model"], line["service"], line["usd_high"]) for line in lines] == [
        ("gpt-4o", "openai", 1.25), ("gpt-4o", "openai", None), ("gpt-4o", "openai", 0.5)
    ]  # fmt: skip
    assert (approved_usd(), approved_without_price()) == (1.75, 1)


def test_a_job_that_no_notebook_wrote_down_counts_for_the_limit(capsys):
    note_approval("gpt-4o", "openai", 4.0)
    note_approval("gpt-5", "openai", None)

    require_within_limit(0.5, 5.0)
    with pytest.raises(NotApproved, match=r"cost up to 4\.00 USD already"):
        require_within_limit(1.5, 5.0)

    assert capsys.readouterr().out.splitlines() == [
        "Limit: 5.00 USD for all jobs; up to 4.00 USD are spent.",
        "Not counted: 1 approved of unknown price.",
    ]


def test_a_damaged_file_is_named_with_its_line_and_the_way_out(runs):
    note_approval("gpt-4o", "openai", 4.0)
    with open(runs / "approved.jsonl", "a", encoding="utf-8") as file:
        file.write("{half\n")

    with pytest.raises(UnreadableContent, match=r"approved\.jsonl.*line 2(.|\n)*remove the file"):
        approved_usd()
