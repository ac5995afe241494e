from curve_samples import REAL_JOB, checkpoints

from helpers.jobs.facts import job_facts
from helpers.jobs.progress import describe_progress
from helpers.jobs.snapshot import JobSnapshot, past_job


def test_the_losses_of_a_snapshot_are_read_once():
    job = {"id": "ftjob-1", "status": "running"}
    progress = describe_progress(job, [], metrics=REAL_JOB)
    snapshot = JobSnapshot(job_facts(job), progress, REAL_JOB, checkpoints({216: 0.05}))

    assert snapshot.losses is snapshot.losses
    assert (snapshot.losses.best_checkpoint.step, len(snapshot.losses.training)) == (216, 216)


def test_a_job_of_a_list_has_its_facts_and_its_time_where_the_service_gives_one():
    jobs = [past_job({"id": "ftjob-1", "created_at": 1_700_000_000}), past_job({"id": "ftjob-2"})]

    assert [(job.facts.id, job.created_at) for job in jobs] == [("ftjob-1", 1_700_000_000), ("ftjob-2", None)]
