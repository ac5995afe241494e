import json
from dataclasses import asdict

import pytest
from openai.types.fine_tuning import FineTuningJob

from helpers.errors import JobFailed, JobNotEnded
from helpers.jobs.facts import JobFacts, extra_body, is_terminal, job_facts, require_succeeded


@pytest.mark.parametrize("status", ["succeeded", "failed", "cancelled"])
def test_three_statuses_are_terminal(status):
    assert is_terminal(status)


@pytest.mark.parametrize("status", ["validating_files", "queued", "running", "pending", "paused", "", None])
def test_every_other_status_means_keep_waiting(status):
    assert not is_terminal(status)


def test_a_job_that_succeeded_passes_the_gate():
    require_succeeded({"id": "ftjob-1", "status": "succeeded", "error": {}})


@pytest.mark.parametrize(
    ("status", "error", "said"),
    [
        ("cancelled", {}, "ended with the status 'cancelled'; expected 'succeeded'"),
        ("failed", {"code": "invalid_n_examples", "message": "7 rows"}, "(invalid_n_examples: 7 rows)"),
        ("failed", {"code": None, "message": "7 rows"}, "(7 rows)"),
        ("failed", {"code": None, "message": None}, "ended with the status 'failed'; expected"),
        ("failed", "7 rows", "(7 rows)"),
    ],
)
def test_a_job_without_a_model_is_stopped_with_its_status_and_reason(status, error, said):
    with pytest.raises(JobFailed) as caught:
        require_succeeded({"id": "ftjob-1", "status": status, "error": error})

    assert said in str(caught.value)


@pytest.mark.parametrize("status", ["running", "pending", "paused", None])
def test_a_job_that_has_not_ended_is_no_failure(status):
    with pytest.raises(JobNotEnded, match=f"The job ftjob-1 has not ended: its status is {status!r}"):
        require_succeeded({"id": "ftjob-1", "status": status, "error": {}})


# Shapes of the services (see the sources in test_events.py); ids and numbers are ours.
OPENAI = {
    "object": "fine_tuning.job",
    "id": "ftjob-AbC",
    "model": "gpt-4o-mini-2024-07-18",
    "created_at": 1_700_000_000,
    "finished_at": 1_700_000_840,
    "estimated_finish": None,
    "fine_tuned_model": "ft:gpt-4o-mini-2024-07-18:org::AbCdEfGh",
    "organization_id": "org-1",
    "status": "succeeded",
    "training_file": "file-train",
    "validation_file": None,
    "result_files": ["file-result"],
    "trained_tokens": 12_000,
    "hyperparameters": {"n_epochs": 3, "batch_size": 1, "learning_rate_multiplier": 1.8},
    "method": {
        "type": "supervised",
        "supervised": {"hyperparameters": {"n_epochs": 3, "batch_size": 1, "learning_rate_multiplier": 1.8}},
    },
    "seed": 7,
    "error": {"code": None, "message": None, "param": None},
    "integrations": [],
    "metadata": None,
}
OPENAI_FACTS = {
    "id": "ftjob-AbC",
    "status": "succeeded",
    "model": "gpt-4o-mini-2024-07-18",
    "fine_tuned_model": "ft:gpt-4o-mini-2024-07-18:org::AbCdEfGh",
    "training_file": "file-train",
    "validation_file": None,
    "result_files": ["file-result"],
    "method": "supervised",
    "n_epochs": 3,
    "batch_size": 1,
    "learning_rate_multiplier": 1.8,
    "trained_tokens": 12_000,
    "seconds": 840,
    "error": None,
    "others": {"organization_id": "org-1", "seed": 7},
}


def known(facts):
    """The facts that have a value."""
    return {name: value for name, value in asdict(facts).items() if value not in (None, {})}


@pytest.mark.parametrize(
    "form", [dict, lambda job: FineTuningJob.construct(**job), json.dumps], ids=["dict", "SDK", "JSON"]
)
def test_the_facts_of_a_job_are_the_same_in_every_form(form):
    facts = job_facts(form(OPENAI))

    assert facts == JobFacts(**OPENAI_FACTS)


def test_an_azure_job_that_waits_says_auto_for_minus_one_and_keeps_its_own_fields():
    azure = {
        "id": "ftjob-0123abcd",
        "model": "gpt-4.1-mini-2025-04-14",
        "created_at": 1_700_000_000,
        "finished_at": 1_700_000_000,
        "status": "pending",
        "training_file": "file-0123",
        "hyperparameters": {"n_epochs": -1, "batch_size": -1, "learning_rate_multiplier": -1},
        "error": {},
        "suffix": "limerick",
        "trainingType": "globalStandard",
    }

    facts = job_facts(FineTuningJob.construct(**azure))

    assert known(facts) == {
        "id": "ftjob-0123abcd",
        "status": "pending",
        "model": "gpt-4.1-mini-2025-04-14",
        "training_file": "file-0123",
        "method": "supervised",
        "n_epochs": "auto",
        "batch_size": "auto",
        "learning_rate_multiplier": "auto",
        "others": {"suffix": "limerick", "trainingType": "globalStandard"},
    }


@pytest.mark.parametrize("status", ["running", "queued", "paused", "checking", None])
def test_the_end_of_a_job_that_has_not_ended_means_nothing(status):
    facts = job_facts(OPENAI | {"status": status})

    assert facts.seconds is None
    assert "finished_at" not in facts.others


def test_hyperparameters_of_another_method_and_of_a_service_are_facts_too():
    method = {"type": "dpo", "dpo": {"hyperparameters": {"n_epochs": "auto", "beta": 0.1}}}
    job = {"id": "ftjob-1", "status": "running", "hyperparameters": {"lora": True}, "method": method}

    facts = job_facts(job)

    assert (facts.method, facts.n_epochs, facts.others) == ("dpo", "auto", {"beta": 0.1, "lora": True})


def test_hyperparameters_and_method_of_one_word_are_no_obstacle():
    facts = job_facts({"id": "ftjob-1", "hyperparameters": "auto", "method": "dpo"})

    assert known(facts) == {"id": "ftjob-1", "method": "dpo"}


def test_the_reason_of_a_failed_job_is_one_text():
    error = {"code": "invalid_training_file", "message": "Line 3 is not JSON", "param": "training_file"}

    assert job_facts(OPENAI | {"error": error}).error == "invalid_training_file: Line 3 is not JSON"


def test_a_job_with_almost_no_fields_has_facts():
    facts = job_facts({"id": "ftjob-1"})

    assert known(facts) == {"id": "ftjob-1", "method": "supervised"}


def test_in_a_notebook_the_facts_that_are_known_are_a_table():
    assert job_facts({"id": "ftjob-1", "suffix": "<b>"})._repr_html_() == (
        "<table><tr><th>id</th><td>ftjob-1</td></tr><tr><th>method</th><td>supervised</td></tr>"
        "<tr><th>suffix</th><td>&lt;b&gt;</td></tr></table>"
    )


@pytest.mark.parametrize("odd", [{"finished_at": "later"}, {"finished_at": None}, {"created_at": None}])
def test_a_job_that_ended_without_times_has_no_length(odd):
    assert job_facts(OPENAI | odd).seconds is None


@pytest.mark.parametrize(
    "nothing",
    [None, "", " ", "None", "null", "{}", {}, [], 0, {"code": None, "message": None, "param": "file"},
     '{"code": null, "message": null}', "Error(code=None, message=None, param=None)", {"error": {}}, [{}]],
)  # fmt: skip
@pytest.mark.parametrize("status", ["succeeded", "failed", "running"])
def test_an_error_without_content_says_nothing_however_it_was_stored(nothing, status):
    assert job_facts({"id": "ftjob-1", "status": status, "error": nothing}).error is None


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ("7 rows", "7 rows"),
        ('{"code": "invalid_n_examples", "message": "7 rows"}', "invalid_n_examples: 7 rows"),
        ("Error(code='invalid_n_examples', message=\"it's 7\", param=None)", "invalid_n_examples: it's 7"),
        ("The file (train.jsonl) is empty", "The file (train.jsonl) is empty"),
        ("{broken", "{broken"),
        ({"message": "7 rows"}, "7 rows"),
        ({"detail": "Out of memory"}, "Out of memory"),
        ({"error": {"message": "7 rows"}}, "7 rows"),
        ([{"message": "7 rows"}, "no validation"], "7 rows; no validation"),
        (7, "7"),
    ],
)
def test_an_error_is_one_text_however_it_was_stored(stored, said):
    assert job_facts({"id": "ftjob-1", "status": "failed", "error": stored}).error == said


def test_a_text_in_error_does_not_make_a_job_fail():
    require_succeeded({"id": "ftjob-1", "status": "succeeded", "error": "one row was skipped"})

    with pytest.raises(JobNotEnded, match=r"status is 'running'\. The service adds: one row was skipped\."):
        require_succeeded({"id": "ftjob-1", "status": "running", "error": "one row was skipped."})


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("running", "It goes on. To use its model, run this cell again"),
        ("paused", 'It waits until you resume it: client.fine_tuning.jobs.resume("ftjob-1"). To use'),
        ("stalled", "The course does not know this status: see what your service says"),
    ],
)
def test_only_a_job_that_goes_on_by_itself_is_said_to_go_on(status, said):
    with pytest.raises(JobNotEnded) as caught:
        require_succeeded({"id": "ftjob-1", "status": status})

    assert said in str(caught.value)
    assert ("goes on" in str(caught.value)) == (status == "running")


@pytest.mark.parametrize(
    ("backend", "chosen", "body"),
    [
        ("azure", None, {"trainingType": "globalStandard"}),
        ("azure", "developerTier", {"trainingType": "developerTier"}),
        ("openai", "developerTier", None),
        ("local", None, None),
    ],
)
def test_azure_alone_wants_a_tier_in_each_create(monkeypatch, backend, chosen, body):
    monkeypatch.delenv("FINETUNE_TRAINING_TYPE", raising=False)
    if chosen:
        monkeypatch.setenv("FINETUNE_TRAINING_TYPE", chosen)

    assert extra_body(backend) == body
