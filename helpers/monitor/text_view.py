"""The plain text twin of the live view, for terminals and for programs whose output is a file.

One line per change, and never two for less than a tenth of the job. The lines hold
no clock time: a replayed job prints the same text every time.
"""

import sys
from collections.abc import Sequence

from helpers.jobs.describe import as_lines, hint, result_facts, result_sentence, status_line
from helpers.jobs.facts import is_terminal
from helpers.jobs.snapshot import JobSnapshot

_SHARE = 0.1
"""A line is printed when so much more of the job is done."""

_GROWTH = 1.25
"""A service that does not say the total (Azure): a line when the step has grown by a quarter."""


class TextView:
    """Prints what happens to jobs.

    Args:
        job_ids: The jobs; with more than one, each line names its job.

    Attributes:
        history: 0: it shows no other jobs.
    """

    def __init__(self, job_ids: Sequence[str]) -> None:
        self.history = 0
        self._names = [f"{job_id}: " if len(job_ids) > 1 else "" for job_id in job_ids]
        self._printed: list[JobSnapshot | None] = [None] * len(job_ids)
        self._hints = [""] * len(job_ids)
        self._in_trouble = False

    def show(self) -> None:
        """Nothing to do: the first look at a job prints its first line."""

    def update(self, number: int, snapshot: JobSnapshot, *, at_once: bool = False) -> None:
        """Print a line if the job has changed enough.

        Args:
            number: Place of the job, from 0.
            snapshot: The job.
            at_once: Print a line for every change.
        """
        last = self._printed[number]
        if last is None or _has_news(last, snapshot) or (at_once and last.progress != snapshot.progress):
            self._printed[number] = snapshot
            _print(self._names[number] + status_line(snapshot.progress))
        # The place in the queue stands in the line, and why a job ended in its last sentence.
        told = (
            ""
            if snapshot.progress.queue_position or is_terminal(snapshot.progress.status)
            else hint(snapshot)
        )
        if told and told != self._hints[number]:
            _print(self._names[number] + told)
        self._hints[number] = told

    def tell(self, trouble: str) -> None:
        """Print that the connection is in trouble, once, and that it is over.

        Args:
            trouble: One sentence; "" when it is over.
        """
        if trouble and not self._in_trouble:
            _print(trouble)
        if not trouble:
            _print("The service answers again.")
        self._in_trouble = bool(trouble)

    def leave(self, why: str) -> None:
        """Nothing to do: no line that was printed says that it is the present.

        Args:
            why: One sentence.
        """

    def end(self, snapshots: Sequence[JobSnapshot], *, facts: bool = True) -> None:
        """Print a sentence and the facts of each job.

        Args:
            snapshots: The jobs as last seen, in their order.
            facts: Also print the facts.
        """
        for snapshot in snapshots:
            table = f"\n\n{as_lines(result_facts(snapshot))}" if facts else ""
            _print(f"\n{result_sentence(snapshot)}{table}")


def _print(text: str) -> None:
    """Print at once, also to a file; what its encoding does not have, such as ✓ in cp1252, becomes a "?"."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print(text.encode(encoding, errors="replace").decode(encoding), flush=True)


def _has_news(last: JobSnapshot, snapshot: JobSnapshot) -> bool:
    before, now = last.progress, snapshot.progress
    if (now.status, now.queue_position) != (before.status, before.queue_position):
        return True
    if now.fraction is not None:
        return now.fraction >= (before.fraction or 0) + _SHARE
    return now.step is not None and now.step >= (before.step or 0) * _GROWTH + 1
