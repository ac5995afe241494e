"""What the jobs of all runs cost: each job once, and nothing that is not known hidden in a sum."""

import json
from datetime import date

import pytest

from helpers.costs.spending.bills import all_bills, bills, describe_bills, total_usd, without_bill
from helpers.errors import UnreadableContent

JOB = {"object": "fine_tuning.job", "status": "succeeded", "trained_tokens": 1_000_000}
LOCAL = JOB | {"id": "ftjob-local", "model": "smollm2-135m-instruct", "organization_id": "org-local"}
OPENAI = JOB | {"id": "ftjob-openai", "model": "gpt-4o-mini-2024-07-18", "organization_id": "org-redacted"}
AZURE = JOB | {
    "id": "ftjob-azure",
    "model": "gpt-4.1",
    "organization_id": None,
    "fine_tuned_model": "gpt-4.1-2025-04-14.ft-abc-elle",
}
NEBIUS = JOB | {"id": "ftjob-nebius", "model": "meta-llama/Llama-3.1-8B-Instruct", "organization_id": None}
OTHER = JOB | {"id": "ftjob-other", "model": "somebody", "organization_id": None}


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """An empty folder of runs, and a function that writes a file of one."""
    monkeypatch.setenv("FINETUNE_RUNS_DIR", str(tmp_path))

    def write(name: str, content: object) -> None:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content))

    return write


def test_each_service_has_its_price_and_this_computer_has_none(runs):
    for job in (LOCAL, OPENAI, AZURE, NEBIUS, OTHER):
        runs(f"a-run/{len(job['id'])}_job-{job['id']}.json", job)

    assert {bill.job: (bill.service, bill.usd) for bill in all_bills()} == {
        "ftjob-local": ("local", 0.0),
        "ftjob-openai": ("openai", 3.0),
        "ftjob-azure": ("azure", 2.0),
        "ftjob-nebius": ("nebius", 0.4),
        "ftjob-other": ("unknown", None),
    }
    assert total_usd(all_bills()) == pytest.approx(5.4)
    assert without_bill(all_bills()) == ["ftjob-other"]


def test_a_job_that_two_notebooks_wrote_down_counts_once_with_its_bill(runs):
    runs("a-run/03_job.json", OPENAI | {"trained_tokens": None, "status": "validating_files"})
    runs("a-run/04_job.json", OPENAI)
    runs("a-run/06b_jobs.json", {"again": OPENAI | {"trained_tokens": None}})

    assert [(bill.job, bill.usd) for bill in all_bills()] == [("ftjob-openai", 3.0)]


@pytest.mark.parametrize(
    ("status", "usd"), [("failed", 0.0), ("cancelled", None), ("running", None), ("paused", None)]
)
def test_without_tokens_only_a_failed_job_is_known_to_be_free(runs, status, usd):
    runs("a-run/03_job.json", OPENAI | {"trained_tokens": None, "status": status})

    assert all_bills()[0].usd == usd


def test_a_damaged_file_is_named(runs, tmp_path):
    runs("a-run/03_job.json", {})
    (tmp_path / "a-run" / "03_job.json").write_text("{")

    with pytest.raises(UnreadableContent, match=r"03_job\.json is damaged: .* out of the sum"):
        all_bills()


def test_the_table_says_what_the_same_tokens_would_cost_at_a_service(runs):
    runs("a-run/04_job.json", LOCAL)
    runs("b-run/04_job.json", OTHER)

    assert bills("openai", "gpt-4.1-mini").astype(object).where(lambda table: table.notna(), None).to_dict(
        "records"
    ) == [
        {
            "run": "a-run",
            "job": "ftjob-local",
            "model": "smollm2-135m-instruct",
            "trained by": "local",
            "tokens": 1_000_000,
            "USD": 0.0,
            "USD at openai, gpt-4.1-mini": 5.0,
        },
        {
            "run": "b-run",
            "job": "ftjob-other",
            "model": "somebody",
            "trained by": "unknown",
            "tokens": 1_000_000,
            "USD": None,
            "USD at openai, gpt-4.1-mini": 5.0,
        },
    ]


def test_without_a_run_there_is_no_bill(runs):
    assert bills().empty
    assert describe_bills(date(2026, 11, 29)) == "Up to 2026-11-29: 0 jobs, 0 of them at a service, 0.00 USD."


def test_the_sentence_names_what_it_does_not_count(runs):
    runs("a-run/04_job.json", OPENAI)
    runs("a-run/10_job.json", OTHER)

    assert describe_bills(date(2026, 11, 29)) == (
        "Up to 2026-11-29: 2 jobs, 2 of them at a service, 3.00 USD. Not counted, because tokens or price "
        "are not known: ftjob-other."
    )
