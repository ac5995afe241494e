"""How many jobs a project may have at a time, and how long they may be. Without projects: no limit."""

from local_server.http.errors import ApiError
from local_server.jobs.answers import Job
from local_server.jobs.methods import settle
from local_server.jobs.store import UNFINISHED, JobStore
from local_server.settings import Settings
from local_server.training.specification import Specification


def check_number(settings: Settings, store: JobStore) -> None:
    """Refuse a job beyond those that a project may have; call it in the transaction that adds the job.

    Args:
        settings: The limits.
        store: As the project sees it.

    Raises:
        ApiError: 429, as OpenAI answers too many requests for jobs (public bug report, Feb 2026).
    """
    if store.project is None or settings.projects is None:
        return
    limits = settings.projects.limits
    unfinished = store.jobs(*UNFINISHED)
    most = limits.running_jobs + limits.queued_jobs
    if len(unfinished) < most:
        return
    jobs = ", ".join(f"{job['id']} ({job['status']})" for job in unfinished)
    message = (
        f"This fine-tune request has been rate-limited. Your project has reached the maximum of {most} jobs "
        f"that have not ended ({limits.running_jobs} running, {limits.queued_jobs} waiting): {jobs}. Wait "
        "until one of them has ended, or cancel it with fine_tuning.jobs.cancel."
    )
    raise ApiError(429, message, code="rate_limit_exceeded")


def too_long(settings: Settings, store: JobStore, job: Job, rows: int, parameters: int) -> str | None:
    """Say why a job of a project is longer than it may be.

    Args:
        settings: The limits.
        store: Where the job is.
        job: The job.
        rows: Rows of its training file.
        parameters: Of its base model.

    Returns:
        The message; None where it may train.
    """
    project = store.project_of(job["id"])
    if project is None or settings.projects is None:
        return None
    settled = settle.settled(job["method"], rows=rows, seed=job["seed"], parameters=parameters)
    steps, most = steps_of(settled, rows), settings.projects.limits.steps_per_job
    if steps <= most:
        return None
    return (
        f"This job would train {steps:,} steps ({settled['n_epochs']} epochs of {rows:,} rows, "
        f"{settled['batch_size']} in a step); a job of the project '{project}' has at most {most:,}. "
        "Ask for fewer epochs (n_epochs) or more rows in a step (batch_size), or upload fewer rows."
    )


def steps_of(settled: Specification, rows: int) -> int:
    """Count the steps of a job.

    Args:
        settled: Its numbers.
        rows: Of the training file.

    Returns:
        Steps. A reinforcement job leaves out what an epoch has below a whole step.
    """
    in_epoch, left = divmod(rows, settled["batch_size"])
    whole = settled.get("method") == "reinforcement"
    return settled["n_epochs"] * (in_epoch + (left > 0 and not whole))
