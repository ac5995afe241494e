"""Read jobs, events and checkpoints through a client: all pages, and only what can be new."""

from collections.abc import Callable
from typing import TypeVar

from openai import APIStatusError, OpenAI
from openai.pagination import SyncCursorPage
from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent
from openai.types.fine_tuning.jobs import FineTuningJobCheckpoint

from helpers.errors import JobNotFound
from helpers.jobs.events import checkpoints_frame, metrics_frame
from helpers.jobs.facts import is_terminal, job_facts
from helpers.jobs.progress import describe_progress
from helpers.jobs.snapshot import JobSnapshot
from helpers.monitor.retry import Retry, explained

ALL = 100
"""Objects in a page: as many as a service gives at once."""

_FEW = 20
"""Events in a page: a few new ones between two looks."""

_LOOKS_WITHOUT_METRICS = 15
"""Some services report losses in checkpoints only (Nebius, Dec 2025): look there after so many looks."""

_NO_SUCH_ROUTE = (405, 501)
"""Method not allowed, not implemented: answers of services without a route (RFC 9110)."""

_Item = TypeVar("_Item", FineTuningJobEvent, FineTuningJobCheckpoint)
_Mark = tuple[object, ...]


def all_events(client: OpenAI, job_id: str) -> list[FineTuningJobEvent]:
    """Read every event of a job, from all pages.

    One page of `list_events` holds the newest events only; a plot of one page
    shows the end of the training and nothing else.

    Args:
        client: The client to ask.
        job_id: Such as "ftjob-...".

    Returns:
        The events, oldest first.

    Raises:
        ServerStopped: The server does not answer.
        BackendUnavailable: The service does not accept the key, or forbids to read the job.
        JobNotFound: The service does not know the job.
    """
    with explained(f"the job {job_id}"):
        first = client.fine_tuning.jobs.list_events(job_id, limit=ALL)
        return _read_unknown(first, set(), lambda request: request())


class JobReader:
    """Looks at one job again and again, and keeps what is known about it.

    Args:
        client: The client to ask; without retries of its own, which would be silent.
        job_id: Such as "ftjob-...".
        retry: Sends each request.

    Attributes:
        seen: The job as last seen, and what is known about it; None before the first look.
        ended: Whether the job has ended.
    """

    def __init__(self, client: OpenAI, job_id: str, retry: Retry) -> None:
        self._jobs, self._job_id, self._send = client.fine_tuning.jobs, job_id, retry.send
        self._events: list[FineTuningJobEvent] = []
        self._checkpoints = checkpoints_frame([])
        self._checkpoints_at = (0, 0, 0)
        self._looks_without_metrics = 0
        self.seen: tuple[FineTuningJob, JobSnapshot] | None = None
        self.ended = False

    def look(self) -> JobSnapshot:
        """Ask for the job and what is new, and keep it.

        Returns:
            The job as it is now.

        Raises:
            ServerStopped: There is no answer for too long.
            BackendUnavailable: The service does not accept the key, or forbids to read the job.
            JobNotFound: The service does not know the job.
        """
        job = self._send(lambda: self._jobs.retrieve(self._job_id))
        ended = is_terminal(job.status)
        if ended or self.seen is None:
            # At the end from the start once more: the last events may come after the last status,
            # and a second look at an ended job asks exactly this.
            self._events = self._new_events(set(), ALL)
        else:
            self._events += self._new_events({_mark(event) for event in self._events}, _FEW)
        metrics = metrics_frame(self._events)
        self._looks_without_metrics += metrics.empty
        progress = describe_progress(job, self._events, metrics=metrics)
        self._read_checkpoints(progress.epoch, ended=ended)
        if metrics.empty and len(self._checkpoints):
            metrics = metrics_frame(self._checkpoints)
            progress = describe_progress(job, self._events, metrics=metrics)
        snapshot = JobSnapshot(job_facts(job), progress, metrics, self._checkpoints)
        self.seen, self.ended = (job, snapshot), ended
        return snapshot

    def _new_events(self, known: set[_Mark], page_size: int) -> list[FineTuningJobEvent]:
        first = self._send(lambda: self._jobs.list_events(self._job_id, limit=page_size))
        return _read_unknown(first, known, self._send)

    def _read_checkpoints(self, epoch: float | None, *, ended: bool) -> None:
        """Ask only when there can be new ones: after an epoch, an event about one, the end."""
        told = sum("heckpoint" in (event.message or "") for event in self._events)
        moment = (int(epoch or 0), told, self._looks_without_metrics // _LOOKS_WITHOUT_METRICS)
        if moment == self._checkpoints_at and not ended:
            return
        self._checkpoints_at = moment
        try:
            found = self._send(lambda: self._jobs.checkpoints.list(self._job_id))
        except JobNotFound:
            return  # A service without this route; the job itself was found a moment ago.
        except APIStatusError as error:
            if error.status_code in _NO_SUCH_ROUTE:
                return
            raise
        self._checkpoints = checkpoints_frame(_read_unknown(found, set(), self._send))


def _read_unknown(
    page: SyncCursorPage[_Item],
    known: set[_Mark],
    send: Callable[[Callable[[], SyncCursorPage[_Item]]], SyncCursorPage[_Item]],
) -> list[_Item]:
    """Read pages up to the first known object (see `_mark`), and return the others oldest first.

    Services send newest first. One that ignores the cursor sends the same page for
    ever, so an object that comes a second time ends the reading too.
    """
    fresh: list[_Item] = []
    while True:
        for item in page.data:
            if _mark(item) in known:
                return fresh[::-1]
            known.add(_mark(item))
            fresh.append(item)
        if not page.has_next_page():
            return fresh[::-1]
        page = send(page.get_next_page)


def _mark(item: FineTuningJobEvent | FineTuningJobCheckpoint) -> _Mark:
    """Give what tells an event or a checkpoint from others; not every service gives each its own id."""
    return item.id, item.created_at, getattr(item, "message", None), getattr(item, "step_number", None)
