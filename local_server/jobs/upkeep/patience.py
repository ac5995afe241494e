"""Trying again what the machine could not do just now: too many open files, no memory, a full disk."""

import logging
import time
from contextlib import suppress

from local_server.jobs.store import JobStore

log = logging.getLogger("local_server")

_LONGEST_PAUSE = 60.0
# What lasts longer is no passing trouble, and its owner should know.
LIMIT_SECONDS = 3600.0


class Patience:
    """When to try again, for each job. A restart begins anew.

    Args:
        store: Where the events of the jobs are.
    """

    def __init__(self, store: JobStore) -> None:
        self._store = store
        # By job: the seconds of its pauses so far, how often it was tried, and when to try again. A training
        # that ran for hours between two tries has not lacked anything for hours.
        self._failing: dict[str, tuple[float, int, float]] = {}

    def waits(self, job_id: str) -> bool:
        """Whether it is too early to try again."""
        return job_id in self._failing and time.monotonic() < self._failing[job_id][2]

    def try_again(self, job_id: str, what: str, error: BaseException) -> bool:
        """Note that a try has failed, and tell the job about the first one.

        Args:
            job_id: The job.
            what: What was tried, as the start of a sentence: "The training process could not be started".
            error: What the machine lacks.

        Returns:
            False when the pauses add up to an hour: it is time to give up.
        """
        first = job_id not in self._failing
        goes_on = self.note(job_id, what, str(error))
        if first:
            message = f"{what} just now: {error}. It is tried again by itself; the job keeps its place."
            # On a full disk, the log must do.
            with suppress(Exception):
                self._store.add_event(job_id, message, level="warn", data={})
        return goes_on

    def note(self, job_id: str, what: str, lack: str) -> bool:
        """Note that a try has failed, for a job that is told in another way; arguments as above."""
        waited, tries, _ = self._failing.get(job_id, (0.0, 0, 0.0))
        pause = min(2.0**tries / 2, _LONGEST_PAUSE)
        self._failing[job_id] = waited + pause, tries + 1, time.monotonic() + pause
        log.warning("%s: %s (try %d): %s", job_id, what, tries + 1, lack)
        return waited < LIMIT_SECONDS

    def succeeded(self, job_id: str) -> None:
        """Forget the failed tries of a job."""
        self._failing.pop(job_id, None)
