"""Jobs of written services, as the watching loop hands them to a view."""

from services import Job

from helpers.jobs.events import checkpoints_frame, metrics_frame
from helpers.jobs.facts import job_facts
from helpers.jobs.progress import describe_progress
from helpers.jobs.snapshot import JobSnapshot


def look_at(job: Job, state: int) -> JobSnapshot:
    """The job in one of its states, from 0."""
    job.looks = state + 1
    answer, events = job.answer(), job.events[: job.state()[1]]
    checkpoints = checkpoints_frame(job.checkpoints or [] if answer["status"] == "succeeded" else [])
    return JobSnapshot(
        job_facts(answer), describe_progress(answer, events), metrics_frame(events), checkpoints
    )
