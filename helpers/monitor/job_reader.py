"""Read jobs, events and checkpoints through a client: all pages, and only what can be new."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

import pandas as pd
from openai import InternalServerError, OpenAI
from openai.pagination import SyncCursorPage
from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent
from openai.types.fine_tuning.jobs import FineTuningJobCheckpoint

from helpers.errors import UnreadableContent
from helpers.jobs.event_messages import METRICS
from helpers.jobs.events import checkpoints_frame, metrics_frame
from helpers.jobs.facts import is_terminal, job_facts
from helpers.jobs.progress import describe_progress
from helpers.jobs.result_file import read_result_file
from helpers.jobs.snapshot import JobSnapshot, PastJob, past_job
from helpers.monitor.refusals import PageInstead, PartRefused, explained, no_such_route, part_refused
from helpers.monitor.retry import PART_TRIES, Answer, Retry

ALL = 100
"""Objects in a page: as many as a service gives at once."""

_FEW = 20
"""Events in a page: a few new ones between two looks."""

_LOOKS_WITHOUT_METRICS = 15
"""Some services report losses in checkpoints only (Nebius, Dec 2025): look there after so many looks."""

_Item = TypeVar("_Item", FineTuningJobEvent, FineTuningJobCheckpoint)
_Mark = tuple[object, ...]


def all_events(client: OpenAI, job_id: str) -> list[FineTuningJobEvent]:
    """Read every event of a job, from all pages.

    One page of `list_events` holds the newest events only; its plot shows the end of the training. A
    service without events has none to give: one printed sentence says so, and what the job has instead.

    Args:
        client: The client to ask.
        job_id: Such as "ftjob-...".

    Returns:
        The events, oldest first; none where the service has none.

    Raises:
        ServerStopped: The server does not answer.
        BackendUnavailable: The service does not accept the key, or forbids to read the job.
        JobNotFound: The service does not know the job.
    """
    jobs = client.fine_tuning.jobs
    try:
        with explained(f"the job {job_id}"):
            try:
                first = _json(lambda: jobs.list_events(job_id, limit=ALL))
            except InternalServerError as error:
                if no_such_route(error):
                    raise
                patient = client.with_options(max_retries=PART_TRIES - 2).fine_tuning.jobs
                first = _json(lambda: patient.list_events(job_id, limit=ALL))
            return _read_unknown(first, set(), _json)
    except Exception as error:
        why = no_such_route(error)
        if why is None and isinstance(error, InternalServerError):
            # Whether it answers about the job is seen below.
            why = str(part_refused(error, PART_TRIES))
        if why is None:
            raise
        with explained(f"the job {job_id}"):
            # Here an unknown job is refused; a job that is known has no events.
            job = _json(lambda: jobs.retrieve(job_id))
    print(f"{_no_events(why)}\n{_what_it_has(job)}")
    return []


class JobReader:
    """Looks at one job again and again, and keeps what is known about it.

    Args:
        client: The client to ask; without retries of its own, which would be silent.
        job_id: Such as "ftjob-...".
        retry: Sends each request.
        history: So many of the newest jobs are read, too, for a view that shows them.

    Attributes:
        seen: The job as last seen, and what is known about it; None before the first look.
        ended: Whether the job has ended.
    """

    def __init__(self, client: OpenAI, job_id: str, retry: Retry, *, history: int = 0) -> None:
        self._newest, self._history = history, tuple[PastJob, ...]()
        self._client, self._jobs, self._job_id = client, client.fine_tuning.jobs, job_id
        self._send = retry.send
        self._broken: dict[str, PartRefused] = {}
        self._note = ""
        self._events: list[FineTuningJobEvent] = []
        self._checkpoints = checkpoints_frame([])
        self._checkpoints_at: tuple[object, ...] = (0, 0, 0, "")
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
            self._events = self._new_events(set(), ALL) or self._events
            self._read_history()
        else:
            self._events += self._new_events({_mark(event) for event in self._events}, _FEW)
        metrics = metrics_frame(self._events)
        self._looks_without_metrics += _has_no_value(metrics)
        progress = describe_progress(job, self._events, metrics=metrics)
        self._read_checkpoints(progress.epoch, ended=ended)
        for other in (lambda: metrics_frame(self._checkpoints), lambda: self._result_file(job, ended=ended)):
            if _has_no_value(metrics) and not _has_no_value(told := other()):
                metrics = told
                progress = describe_progress(job, self._events, metrics=metrics)
        snapshot = JobSnapshot(
            job_facts(job), progress, metrics, self._checkpoints, self._note, self._history
        )
        self.seen, self.ended = (job, snapshot), ended
        return snapshot

    def _new_events(self, known: set[_Mark], page_size: int) -> list[FineTuningJobEvent]:
        try:
            send = partial(self._send_for, "events")
            first = send(lambda: self._jobs.list_events(self._job_id, limit=page_size))
            fresh = _read_unknown(first, known, send)
        except Exception as error:
            # The job itself was found a moment ago.
            why = no_such_route(error)
            if why is None:
                raise
            self._note = _no_events(why)
            return []
        self._note = ""
        return fresh

    def _send_for(self, part: str, request: Callable[[], Answer]) -> Answer:
        """Ask for a part of the job; what the service failed at before is tried once at each look."""
        tries = 1 if part in self._broken else PART_TRIES
        try:
            answer = self._send(request, whole=lambda: self._jobs.retrieve(self._job_id), tries=tries)
        except PartRefused as refused:
            raise self._broken.setdefault(part, refused) from None
        self._broken.pop(part, None)
        return answer

    def _read_checkpoints(self, epoch: float | None, *, ended: bool) -> None:
        """Ask only when there can be new ones: after an epoch, an event about one, the end."""
        told = sum("heckpoint" in (event.message or "") for event in self._events)
        moment = (int(epoch or 0), told, self._looks_without_metrics // _LOOKS_WITHOUT_METRICS, self._note)
        if moment == self._checkpoints_at and not ended:
            return
        self._checkpoints_at = moment
        try:
            send = partial(self._send_for, "checkpoints")
            found = send(lambda: self._jobs.checkpoints.list(self._job_id))
            self._checkpoints = checkpoints_frame(_read_unknown(found, set(), send))
        except Exception as error:
            if no_such_route(error) is None:
                raise

    def _read_history(self) -> None:
        with suppress(Exception):  # Once: nothing waits for a list that a service may not have.
            jobs = self._jobs.list(limit=self._newest).data if self._newest else []
            self._history = tuple(map(past_job, jobs[: self._newest]))

    def _result_file(self, job: FineTuningJob, *, ended: bool) -> pd.DataFrame:
        """Read the table that a job leaves at its end; an empty one where there is none to read."""
        for file_id in job.result_files or () if ended else ():
            try:
                content = self._send_for("result files", partial(self._client.files.content, file_id))
                return read_result_file(content.read())
            except UnreadableContent:
                continue
            except Exception as error:
                if no_such_route(error) is None:
                    raise
        return metrics_frame([])


def _no_events(why: str) -> str:
    return f"This service has no events for the job ({why})."


def _what_it_has(job: FineTuningJob) -> str:
    facts = job_facts(job)
    return (
        f"What the job {facts.id} has: status {facts.status}, model {facts.fine_tuned_model or 'none yet'}, "
        f"result files {', '.join(facts.result_files or ()) or 'none'}. "
        "client.fine_tuning.jobs.checkpoints.list shows checkpoints, where there are any; watch shows all."
    )


def _has_no_value(metrics: pd.DataFrame) -> bool:
    return bool(metrics[list(METRICS)].isna().all(axis=None))


def _json(request: Callable[[], Answer]) -> Answer:
    answer = request()
    if isinstance(answer, str):  # The SDK passes on an answer that is no JSON (openai 3.54).
        raise PageInstead(f"The service answered with text in place of JSON: {answer.strip()[:60]!r}.")
    return answer


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
        if "data" not in page.model_fields_set:  # The SDK makes a page of any object.
            raise PageInstead(f"The service answered with something else than a list: {str(page)[:60]!r}.")
        for item in page.data or ():
            if _mark(item) in known:
                return fresh[::-1]
            known.add(_mark(item))
            fresh.append(item)
        if not fresh or not page.has_next_page():
            return fresh[::-1]
        page = send(page.get_next_page)


def _mark(item: FineTuningJobEvent | FineTuningJobCheckpoint) -> _Mark:
    """Give what tells an event or a checkpoint from others; not every service gives each its own id."""
    return item.id, item.created_at, getattr(item, "message", None), getattr(item, "step_number", None)
