"""Keep what one look at a job has shown, for the views of `monitor`."""

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from helpers.jobs.facts import JobFacts
from helpers.jobs.losses.report import LossReport, read_losses
from helpers.jobs.progress import Progress


@dataclass(frozen=True, eq=False)
class JobSnapshot:
    """What is known about a job after one look at it.

    Attributes:
        facts: What the job is.
        progress: How far it is.
        metrics: Table of `metrics_frame`.
        checkpoints: Table of `checkpoints_frame`.
        note: What the service does not have, in one sentence; "" where it has all.
    """

    facts: JobFacts
    progress: Progress
    metrics: pd.DataFrame
    checkpoints: pd.DataFrame
    note: str = ""

    @cached_property
    def losses(self) -> LossReport:
        """Its losses, read once, whoever asks."""
        return read_losses(self.metrics, checkpoints=self.checkpoints)
