"""What a live view of jobs can do, whether it is made of widgets or of lines of text."""

from collections.abc import Sequence
from typing import Protocol

from helpers.jobs.snapshot import JobSnapshot


class View(Protocol):
    """Shows jobs while they run. `watch` tells it what is new, and knows nothing else about it.

    Attributes:
        history: So many of the newest jobs it shows.
    """

    history: int

    def show(self) -> None:
        """Come into sight, if that has not happened yet."""

    def update(self, number: int, snapshot: JobSnapshot, *, at_once: bool = False) -> None:
        """Show a job as last seen, unless it is too soon or too little has changed.

        Args:
            number: Place of the job, from 0.
            snapshot: The job.
            at_once: Leave out nothing that has changed.
        """

    def tell(self, trouble: str) -> None:
        """Say what is wrong with the connection.

        Args:
            trouble: One sentence; "" when it is over.
        """

    def leave(self, why: str) -> None:
        """Say that the view stands still from now on.

        Args:
            why: One sentence.
        """

    def end(self, snapshots: Sequence[JobSnapshot], *, facts: bool = True) -> None:
        """Say how the jobs have ended.

        Args:
            snapshots: The jobs as last seen, in their order.
            facts: Also show the table of each job's facts.
        """
