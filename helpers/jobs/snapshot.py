"""Keep what one look at a job has shown, for the views of `monitor`."""

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from helpers.jobs.event_messages import whole_number
from helpers.jobs.facts import JobFacts, job_facts
from helpers.jobs.losses.report import LossReport, read_losses
from helpers.jobs.progress import Progress
from helpers.jobs.records import SdkObject, record


@dataclass(frozen=True)
class PastJob:
    """A job in a list of jobs.

    Attributes:
        facts: What the job is.
        created_at: Unix seconds; None where the service does not say.
    """

    facts: JobFacts
    created_at: int | None


def past_job(job: SdkObject) -> PastJob:
    """Read a job of a list.

    Args:
        job: The job, as SDK object, dict or line of JSON.

    Raises:
        UnreadableContent: It is no job at all.
    """
    return PastJob(job_facts(job), whole_number(record(job).get("created_at")))


@dataclass(frozen=True, eq=False)
class JobSnapshot:
    """What is known about a job after one look at it.

    Attributes:
        facts: What the job is.
        progress: How far it is.
        metrics: Table of `metrics_frame`.
        checkpoints: Table of `checkpoints_frame`.
        note: What the service does not have, in one sentence; "" where it has all.
        history: The newest jobs of the service, newest first; empty where nobody asked for them.
    """

    facts: JobFacts
    progress: Progress
    metrics: pd.DataFrame
    checkpoints: pd.DataFrame
    note: str = ""
    history: tuple[PastJob, ...] = ()

    @cached_property
    def losses(self) -> LossReport:
        """Its losses, read once, whoever asks."""
        return read_losses(self.metrics, checkpoints=self.checkpoints)
