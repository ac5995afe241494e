"""Watch fine-tuning jobs while they run.

The only room of `helpers` that reads jobs through a client, and it only reads. It asks
again and again, patiently, and hands each look at a job to a view: a panel of widgets in
a notebook, lines of text elsewhere.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import overload

from IPython import get_ipython
from openai import OpenAI
from openai.types.fine_tuning import FineTuningJob

from helpers.backends.connect import wait as wait_for_backend
from helpers.errors import JobNotFound
from helpers.jobs.facts import PAUSED, is_terminal
from helpers.jobs.snapshot import JobSnapshot
from helpers.monitor.asking.refusals import no_such_route
from helpers.monitor.asking.retry import REQUEST_SECONDS, Retry
from helpers.monitor.job_reader import ALL, JobReader
from helpers.monitor.text_view import TextView
from helpers.monitor.view import View

NEAR_THE_END_SECONDS = 0.5
"""Time between two looks at a job of the local server that is about to end: its learner waits for that."""


@overload
def watch(
    client: OpenAI, job_id: str, *, poll_seconds: float = 2.0, wait: Callable[[float], None] | None = None
) -> FineTuningJob: ...
@overload
def watch(
    client: OpenAI,
    job_id: list[str] | tuple[str, ...],
    *,
    poll_seconds: float = 2.0,
    wait: Callable[[float], None] | None = None,
) -> list[FineTuningJob]: ...
def watch(
    client: OpenAI,
    job_id: str | list[str] | tuple[str, ...],
    *,
    poll_seconds: float = 2.0,
    wait: Callable[[float], None] | None = None,
) -> FineTuningJob | list[FineTuningJob]:
    """Show a live view of jobs until they end: status, progress, times, events, losses and their plot.

    In a notebook the view is a panel that changes in place; a figure, a sentence and
    a small table remain at the end. In a terminal it is a line of text per change.

    Interrupting the cell stops the view, not the job. When the service does not answer
    (network, 429, 5xx), the view says so and asks again, after 1 s at first, 30 s at
    last, or when the service asks for it (Retry-After).

    Args:
        client: The client to ask.
        job_id: Such as "ftjob-...", or a list of them: their panels stand side by side.
        poll_seconds: Time between two looks, in seconds; less near the end of a job of the local server.
        wait: How to wait that many seconds; None for `helpers.wait`, which waits less in replay.

    Returns:
        The job as last seen, or the list of jobs: ended, unless the cell was interrupted.

    Raises:
        ServerStopped: No server at the first look, or no answer for ten minutes (half a
            minute when the local server has ended).
        BackendUnavailable: The service does not accept the key, or forbids to read the job.
        JobNotFound: The service does not know the job, or the list of jobs is empty.
    """
    if isinstance(job_id, str):
        return _watch(client, [job_id], poll_seconds, wait)[0]
    return _watch(client, list(job_id), poll_seconds, wait)


def attach(
    client: OpenAI, *, poll_seconds: float = 2.0, wait: Callable[[float], None] | None = None
) -> FineTuningJob:
    """Find the latest job again, for instance after the kernel was restarted, and watch it to its end.

    The latest is the newest job that has not ended; when all have ended, the newest.
    Its whole history is drawn.

    Args:
        client: The client to ask.
        poll_seconds: Time between two looks, in seconds.
        wait: How to wait that many seconds; None for `helpers.wait`, which waits less in replay.

    Returns:
        The job as last seen: ended, unless the cell was interrupted.

    Raises:
        JobNotFound: There is no job.
        ServerStopped: As `watch`.
        BackendUnavailable: As `watch`.
    """
    retry = Retry(
        "the list of jobs",
        wait or partial(wait_for_backend, client),
        TextView([]).tell,
        local=_is_local(client),
    )
    try:
        jobs = retry.send(lambda: _without_retries(client).fine_tuning.jobs.list(limit=ALL)).data
    except Exception as error:
        if why := no_such_route(error):
            raise JobNotFound(
                f"This service does not list its jobs ({why}), so the latest cannot be found. "
                "Give the id that jobs.create returned: watch(client, job_id)."
            ) from error
        raise
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
    model = f", fine-tuned model {job.fine_tuned_model}" if job.fine_tuned_model else ""
    which = "the newest that has not ended" if unfinished else "the newest; all have ended"
    print(f"Found the job {job.id}, {which}.\nBase model {job.model}, status {job.status}{model}.")
    # Of a job that has ended, these lines and the curve say all; its facts stand where it was watched.
    return _watch(client, [job.id], poll_seconds, wait, facts=bool(unfinished))[0]


def _watch(
    client: OpenAI,
    job_ids: list[str],
    poll_seconds: float,
    wait: Callable[[float], None] | None,
    *,
    facts: bool = True,
) -> list[FineTuningJob]:
    if not job_ids:
        raise JobNotFound("There is no job to watch: the list of ids is empty. Give at least one job.id.")
    wait = wait or partial(wait_for_backend, client)
    view = _new_view(job_ids)
    # The SDK's retries are silent; those of `Retry` are not.
    quick, local = _without_retries(client), _is_local(client)
    readers = [
        JobReader(quick, one, Retry(f"the job {one}", wait, view.tell, local=local), history=view.history)
        for one in job_ids
    ]
    try:
        _show_until_ended(readers, view, poll_seconds, wait, local=local)
        view.end([snapshot for _, snapshot in _seen(readers)], facts=facts)
    except KeyboardInterrupt:
        if len(_seen(readers)) < len(readers):
            # Nothing to return yet, so the cell ends as interrupted cells do.
            raise
        for number, (_, snapshot) in enumerate(_seen(readers)):
            view.update(number, snapshot, at_once=True)
        unfinished = [reader for reader in readers if not reader.ended]
        paused = unfinished and all(_is_paused(snapshot) for _, snapshot in _seen(unfinished))
        how = "is paused" if paused else "goes on"
        view.leave(f"The job {how}; this is how it was when you stopped watching.")
        print("\n".join(_interrupted_text(snapshot) for _, snapshot in _seen(unfinished)))
    except Exception:
        view.leave("This is how the job was at the last answer. The error below says what to do.")
        raise
    return [job for job, _ in _seen(readers)]


def _new_view(job_ids: Sequence[str]) -> View:
    if not _in_notebook():
        return TextView(job_ids)
    # Here, because a terminal needs neither widgets nor a plotting library.
    from helpers.monitor.notebook_view import NotebookView

    return NotebookView(job_ids)


def _in_notebook() -> bool:
    """Whether widgets can be shown: in a kernel, but not in IPython's terminal or a plain program."""
    shell = get_ipython()
    # By name: importing the class would load the whole terminal.
    kinds = {kind.__name__ for kind in type(shell).__mro__}
    return shell is not None and "TerminalInteractiveShell" not in kinds


def _without_retries(client: OpenAI) -> OpenAI:
    """Give a client whose requests `Retry` repeats: the SDK's own retries are silent."""
    return client.with_options(max_retries=0, timeout=REQUEST_SECONDS)


def _is_local(client: OpenAI) -> bool:
    return client.base_url.host in ("127.0.0.1", "localhost", "::1")


def _show_until_ended(
    readers: Sequence[JobReader],
    view: View,
    poll_seconds: float,
    wait: Callable[[float], None],
    *,
    local: bool,
) -> None:
    pending = dict(enumerate(readers))
    while True:
        for number, reader in pending.items():
            view.update(number, reader.look(), at_once=reader.ended)
            view.show()
        pending = {number: reader for number, reader in pending.items() if not reader.ended}
        if not pending:
            return
        # Services on the network work for minutes after the last step, and should not be asked that often.
        ends = local and any(_ends_within(poll_seconds, snapshot) for _, snapshot in _seen(pending.values()))
        wait(min(poll_seconds, NEAR_THE_END_SECONDS) if ends else poll_seconds)


def _ends_within(seconds: float, snapshot: JobSnapshot) -> bool:
    remaining = snapshot.progress.remaining_seconds
    return remaining is not None and remaining <= seconds


def _seen(readers: Iterable[JobReader]) -> list[tuple[FineTuningJob, JobSnapshot]]:
    return [reader.seen for reader in readers if reader.seen is not None]


def _is_paused(snapshot: JobSnapshot) -> bool:
    return snapshot.progress.status == PAUSED


def _interrupted_text(snapshot: JobSnapshot) -> str:
    step = f", step {snapshot.progress.step}" if snapshot.progress.step is not None else ""
    job_id = snapshot.facts.id
    is_so = "is paused" if _is_paused(snapshot) else "is not stopped"
    resume = f'To let it go on:  client.fine_tuning.jobs.resume("{job_id}")\n' if _is_paused(snapshot) else ""
    return (
        f"You stopped watching. The job itself {is_so}.\n"
        f"Last seen:        {snapshot.progress.status}{step}\n"
        f'{resume}To look again:    watch(client, "{job_id}")\n'
        "In a new kernel:  attach(client)\n"
        f'To end the job:   client.fine_tuning.jobs.cancel("{job_id}")'
    )
