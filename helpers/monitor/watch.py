"""Watch fine-tuning jobs while they run.

The only helper that reads jobs through a client, and it only reads. It asks again
and again, patiently, and hands each look at a job to a view: a panel of widgets in
a notebook, lines of text elsewhere.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, overload

from IPython import get_ipython

from helpers.backends.connect import wait as wait_for_backend
from helpers.errors import JobNotFound
from helpers.jobs.events import checkpoints_frame, metrics_frame
from helpers.jobs.facts import is_terminal
from helpers.jobs.progress import Look, describe_progress
from helpers.jobs.records import SdkObject
from helpers.monitor.panel import Panels
from helpers.monitor.retry import REQUEST_SECONDS, Patience, explained
from helpers.monitor.text_view import Transcript

Client = Any
"""An `openai.OpenAI`; only `backends` and `replay` import the SDK."""

_PAGE, _ALL = 20, 100
"""Events in a page: a few new ones between two looks, or as many as a service gives at once."""

_LOOKS_WITHOUT_METRICS = 15
"""Some services report losses in checkpoints only (Nebius, Dec 2025): look there after so many looks."""


def all_events(client: Client, job_id: str) -> list[SdkObject]:
    """Read every event of a job, from all pages.

    One page of `list_events` holds the newest events only; a plot of one page
    shows the end of the training and nothing else.

    Args:
        client: an `openai.OpenAI`.
        job_id: such as "ftjob-...".

    Returns:
        The events, oldest first.

    Raises:
        ServerStopped: the server does not answer.
        BackendUnavailable: the service does not accept the key, or forbids to read the job.
        JobNotFound: the service does not know the job.
    """
    with explained(f"the job {job_id}"):
        return _unseen(
            client.fine_tuning.jobs.list_events(job_id, limit=_ALL), set(), lambda request: request()
        )


@overload
def watch(
    client: Client, job_id: str, *, poll_seconds: float = 2.0, wait: Callable[[float], None] | None = None
) -> SdkObject: ...
@overload
def watch(
    client: Client,
    job_id: Sequence[str],
    *,
    poll_seconds: float = 2.0,
    wait: Callable[[float], None] | None = None,
) -> list[SdkObject]: ...
def watch(
    client: Client,
    job_id: str | Sequence[str],
    *,
    poll_seconds: float = 2.0,
    wait: Callable[[float], None] | None = None,
) -> SdkObject | list[SdkObject]:
    """Show a live view of jobs until they end: status, progress, times, events, losses and their plot.

    In a notebook the view is a panel that changes in place; a figure, a sentence and
    a small table remain at the end. In a terminal it is a line of text per change.

    Interrupting the cell stops the view, not the job. When the service does not answer
    (network, 429, 5xx), the view says so and asks again, after 1 s at first, 30 s at
    last, or when the service asks for it (Retry-After).

    Args:
        client: an `openai.OpenAI`.
        job_id: such as "ftjob-...", or a list of them: their panels stand side by side.
        poll_seconds: time between two looks, in seconds.
        wait: how to wait that many seconds; None for `helpers.wait`, which waits less in replay.

    Returns:
        The job as last seen, or the list of jobs: ended, unless the cell was interrupted.

    Raises:
        ServerStopped: no server at the first look, or no answer for ten minutes (half a
            minute when the local server has ended).
        BackendUnavailable: the service does not accept the key, or forbids to read the job.
        JobNotFound: the service does not know the job, or the list of jobs is empty.
    """
    job_ids = [job_id] if isinstance(job_id, str) else list(job_id)
    if not job_ids:
        raise JobNotFound("There is no job to watch: the list of ids is empty. Give at least one job.id.")
    wait = wait or partial(wait_for_backend, client)
    view = Panels(job_ids) if _in_notebook() else Transcript(job_ids)
    reader, local = _reader(client), _is_local(client)
    watched = [
        _Watched(reader, one, Patience(f"the job {one}", wait, view.tell, local=local)) for one in job_ids
    ]
    try:
        pending = dict(enumerate(watched))
        while True:
            for number, one in pending.items():
                view.update(number, one.look(), at_once=one.ended)
                view.show()
            pending = {number: one for number, one in pending.items() if not one.ended}
            if not pending:
                break
            wait(poll_seconds)
        view.end([one.last for one in watched])
    except KeyboardInterrupt:
        for number, one in enumerate(watched):
            if one.last is None:
                # Nothing to return yet, so the cell ends as interrupted cells do.
                raise
            view.update(number, one.last, at_once=True)
        view.leave("The job goes on; this is how it was when you stopped watching.")
        print("\n".join(_interrupted_text(one.last) for one in watched if not one.ended))
    except Exception:
        view.leave("This is how the job was at the last answer. The error below says what to do.")
        raise
    jobs = [one.last.job for one in watched]
    return jobs[0] if isinstance(job_id, str) else jobs


def attach(
    client: Client, *, poll_seconds: float = 2.0, wait: Callable[[float], None] | None = None
) -> SdkObject:
    """Find the latest job again, for instance after the kernel was restarted, and watch it to its end.

    The latest is the newest job that has not ended; when all have ended, the newest.
    Its whole history is drawn.

    Args:
        client: an `openai.OpenAI`.
        poll_seconds: time between two looks, in seconds.
        wait: how to wait that many seconds; None for `helpers.wait`, which waits less in replay.

    Returns:
        The job as last seen: ended, unless the cell was interrupted.

    Raises:
        JobNotFound: the service has no job for this client.
        ServerStopped: as `watch`.
        BackendUnavailable: as `watch`.
    """
    pause = wait or partial(wait_for_backend, client)
    patience = Patience("the list of jobs", pause, Transcript([]).tell, local=_is_local(client))
    jobs = patience.ask(lambda: _reader(client).fine_tuning.jobs.list(limit=_ALL)).data
    if not jobs:
        raise JobNotFound(
            "There is no fine-tuning job to watch: the list of jobs is empty. Create one with "
            "client.fine_tuning.jobs.create. A job belongs to the service, the project and the server folder "
            "in which it was created: check what you connect to."
        )
    # Newest first as the service sends them; sorted, because not every service does.
    jobs = sorted(jobs, key=lambda job: job.created_at or 0, reverse=True)
    unfinished = [job for job in jobs if not is_terminal(job.status)]
    job = (unfinished or jobs)[0]
    which = "the newest that has not ended" if unfinished else "the newest; all have ended"
    print(f"Found the job {job.id}, {which}.\nBase model {job.model}, status {job.status}.")
    return watch(client, job.id, poll_seconds=poll_seconds, wait=wait)


def _reader(client: Client) -> Client:
    """Give a client for our own patience: the SDK's retries are silent."""
    return client.with_options(max_retries=0, timeout=REQUEST_SECONDS)


def _is_local(client: Client) -> bool:
    return client.base_url.host in ("127.0.0.1", "localhost", "::1")


class _Watched:
    """One job, and what is known about it."""

    def __init__(self, client: Client, job_id: str, patience: Patience) -> None:
        self._jobs, self._job_id, self._ask = client.fine_tuning.jobs, job_id, patience.ask
        self._events: list[SdkObject] = []
        self._checkpoints = checkpoints_frame([])
        self._checkpoints_at = (0, 0, 0)
        self._looks_without_metrics = 0
        self.last: Look | None = None
        self.ended = False

    def look(self) -> Look:
        """Ask for the job and what is new, and note it."""
        job = self._ask(lambda: self._jobs.retrieve(self._job_id))
        ended = is_terminal(job.status)
        if ended or self.last is None:
            # At the end from the start once more: the last events may come after the last status,
            # and a second look at an ended job asks exactly this.
            self._events = self._new_events(set(), _ALL)
        else:
            self._events += self._new_events({_mark(event) for event in self._events}, _PAGE)
        metrics = metrics_frame(self._events)
        self._looks_without_metrics += metrics.empty
        progress = describe_progress(job, self._events, metrics=metrics)
        self._read_checkpoints(progress.epoch, ended=ended)
        if metrics.empty and len(self._checkpoints):
            metrics = metrics_frame(self._checkpoints)
            progress = describe_progress(job, self._events, metrics=metrics)
        self.last, self.ended = Look(job, progress, metrics, self._checkpoints), ended
        return self.last

    def _new_events(self, known: set[tuple], page_size: int) -> list[SdkObject]:
        first = self._ask(lambda: self._jobs.list_events(self._job_id, limit=page_size))
        return _unseen(first, known, self._ask)

    def _read_checkpoints(self, epoch: float | None, *, ended: bool) -> None:
        """Ask only when there can be new ones: after an epoch, an event about one, the end."""
        told = sum("heckpoint" in (event.message or "") for event in self._events)
        moment = (int(epoch or 0), told, self._looks_without_metrics // _LOOKS_WITHOUT_METRICS)
        if moment == self._checkpoints_at and not ended:
            return
        self._checkpoints_at = moment
        try:
            found = self._ask(lambda: self._jobs.checkpoints.list(self._job_id))
        except Exception as error:
            # A service without this route; the job itself was found a moment ago.
            if isinstance(error, JobNotFound) or getattr(error, "status_code", None) in (405, 501):
                return
            raise
        self._checkpoints = checkpoints_frame(_unseen(found, set(), self._ask))


def _unseen(page: SdkObject, known: set[tuple], ask: Callable[[Callable[[], Any]], Any]) -> list[SdkObject]:
    """Read pages up to the first known object (see `_mark`), and return the others oldest first.

    Services send newest first. One that ignores the cursor sends the same page for
    ever, so an object that comes a second time ends the reading too.
    """
    fresh: list[SdkObject] = []
    while True:
        for item in page.data:
            if _mark(item) in known:
                return fresh[::-1]
            known.add(_mark(item))
            fresh.append(item)
        if not page.has_next_page():
            return fresh[::-1]
        page = ask(page.get_next_page)


def _mark(item: SdkObject) -> tuple:
    """What tells an event or a checkpoint from others; not every service gives each its own id."""
    return item.id, item.created_at, getattr(item, "message", None), getattr(item, "step_number", None)


def _in_notebook() -> bool:
    """Whether widgets can be shown: in a kernel, but not in IPython's terminal or a plain program."""
    shell = get_ipython()
    kinds = {kind.__name__ for kind in type(shell).__mro__}
    return shell is not None and "TerminalInteractiveShell" not in kinds


def _interrupted_text(look: Look) -> str:
    step = f", step {look.progress.step}" if look.progress.step is not None else ""
    job_id = look.job.id
    return (
        "You stopped watching. The job itself is not stopped.\n"
        f"Last seen:        {look.progress.status}{step}\n"
        f'To look again:    watch(client, "{job_id}")\n'
        "In a new kernel:  attach(client)\n"
        f'To end the job:   client.fine_tuning.jobs.cancel("{job_id}")'
    )
