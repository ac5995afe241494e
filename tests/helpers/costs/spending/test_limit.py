"""A limit holds for all jobs together, and where nobody knows whether it would, it stops."""

import json

import pytest

from helpers.costs.spending.limit import limit_usd, require_within_limit
from helpers.errors import FineTuneError, NotApproved

JOB = {
    "object": "fine_tuning.job",
    "id": "ftjob-1",
    "model": "gpt-4o-mini-2024-07-18",
    "organization_id": "org-redacted",
    "status": "succeeded",
    "trained_tokens": 1_000_000,
}


@pytest.fixture(autouse=True)
def spent(tmp_path, monkeypatch):
    """A run whose job cost 3.00 USD."""
    monkeypatch.setenv("FINETUNE_RUNS_DIR", str(tmp_path))
    monkeypatch.delenv("FINETUNE_LIMIT_USD", raising=False)
    (tmp_path / "my-run-openai").mkdir()
    (tmp_path / "my-run-openai" / "04_job.json").write_text(json.dumps(JOB))
    return tmp_path / "my-run-openai"


def test_without_a_limit_nothing_is_asked(spent):
    (spent / "04_job.json").write_text("{")

    require_within_limit(1e6)


def test_a_job_that_fits_says_what_is_spent(capsys):
    require_within_limit(2.0, 5.0)

    assert capsys.readouterr().out == "Limit: 5.00 USD for all jobs; up to 3.00 USD are spent.\n"


def test_a_job_that_does_not_fit_is_stopped_with_both_amounts(monkeypatch):
    monkeypatch.setenv("FINETUNE_LIMIT_USD", "5")

    with pytest.raises(
        NotApproved, match=r"limit is 5\.00 USD .* cost up to 3\.00 USD already, .* cost 2\.01 USD"
    ):
        require_within_limit(2.01)


def test_a_job_without_a_price_is_stopped():
    with pytest.raises(NotApproved, match="the price of this job is not known"):
        require_within_limit(None, 5.0)


def test_a_job_without_a_bill_yet_is_named(spent, capsys):
    (spent / "10_job.json").write_text(
        json.dumps(JOB | {"id": "ftjob-2", "trained_tokens": None, "status": "running"})
    )

    require_within_limit(1.0, 5.0)

    assert "nothing is known of their cost yet: ftjob-2." in capsys.readouterr().out


@pytest.mark.parametrize(("asked", "limit"), [("", None), (" ", None), ("0", 0.0), (" 2.50 ", 2.5)])
def test_the_limit_is_an_amount_in_usd(monkeypatch, asked, limit):
    monkeypatch.setenv("FINETUNE_LIMIT_USD", asked)

    assert limit_usd() == limit


@pytest.mark.parametrize("asked", ["5 USD", "-1", "inf", "nan"])
def test_another_limit_is_refused(monkeypatch, asked):
    monkeypatch.setenv("FINETUNE_LIMIT_USD", asked)

    with pytest.raises(FineTuneError, match="expected an amount in USD, such as 5"):
        limit_usd()
