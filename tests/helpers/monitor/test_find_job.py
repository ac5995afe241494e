"""A request finds the job that it has created before."""

import pytest

from helpers.backends.connect import connect
from helpers.monitor.find_job import find_job


@pytest.fixture
def client(monkeypatch):
    monkeypatch.setenv("FINETUNE_RECORDING", "elle-tiny")
    return connect("replay", step="03_job")


def test_a_job_is_found_by_its_mark_and_a_cancelled_one_is_not(client):
    # The recorded notebook has looked before it created its job, and again when it had.
    jobs = [job for _ in range(4) for job in client.fine_tuning.jobs.list(limit=50)]
    marked = next(job for job in jobs if (job.metadata or {}).get("request") and job.status != "cancelled")

    assert find_job(client, marked.metadata["request"]).id == marked.id


def test_an_unknown_mark_finds_none(client):
    assert find_job(client, "0123456789abcdef") is None
