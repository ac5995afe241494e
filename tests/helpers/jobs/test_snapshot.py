from curve_samples import REAL_JOB, checkpoints

from helpers.jobs.facts import job_facts
from helpers.jobs.progress import describe_progress
from helpers.jobs.snapshot import JobSnapshot


def test_the_losses_of_a_snapshot_are_read_once():
    job = {"id": "ftjob-1", "status": "running"}
    progress = describe_progress(job, [], metrics=REAL_JOB)
    snapshot = JobSnapshot(job_facts(job), progress, REAL_JOB, checkpoints({216: 0.05}))

    assert snapshot.losses is snapshot.losses
    assert (snapshot.losses.best_checkpoint.step, len(snapshot.losses.training)) == (216, 216)
