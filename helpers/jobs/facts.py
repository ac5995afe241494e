"""Say what a fine-tuning job is and whether it has ended, whichever service runs it.

These functions are pure: they take the job as an SDK object, a dict or a line of
JSON, and never call a service.
"""

import pandas as pd

from helpers.errors import JobFailed, JobNotEnded
from helpers.jobs.event_messages import whole_number
from helpers.jobs.records import SdkObject, record

TERMINAL_STATUSES = frozenset({"succeeded", "failed", "cancelled"})
"""Statuses after which a job never changes (OpenAI API reference, read Nov 2026)."""

_HYPERPARAMETERS = ("n_epochs", "batch_size", "learning_rate_multiplier")
# Told in another form, or by another row.
_NOT_REPEATED = {"object", "created_at", "finished_at", "hyperparameters", "method", "error"}


def is_terminal(status: str | None) -> bool:
    """Tell whether a polling loop may stop.

    Services have statuses that the SDK does not list ("pending" on Azure,
    "paused"), so an unknown status always means: keep waiting.

    Args:
        status: `job.status`.

    Returns:
        True for succeeded, failed and cancelled only.
    """
    return status in TERMINAL_STATUSES


def require_succeeded(job: SdkObject) -> None:
    """Stop here if a job has no fine-tuned model; the next cells would fail with a less clear message.

    Args:
        job: the job as last seen.

    Raises:
        JobFailed: the job failed or was cancelled.
        JobNotEnded: it still goes on.
    """
    fields = record(job)
    status, job_id, error = fields.get("status"), fields.get("id"), _error_text(fields.get("error"))
    if status == "succeeded":
        return
    if not is_terminal(status):
        raise JobNotEnded(
            f"The job {job_id} has not ended: its status is {status!r}.\n"
            "It goes on. To use its model, run this cell again and let it wait for the end."
        )
    reason = f" ({error})" if error else ""
    raise JobFailed(
        f"The job {job_id} ended with the status {status!r}{reason}; expected 'succeeded'. "
        "Correct the cause, then create a new job."
    )


def job_facts(job: SdkObject) -> pd.Series:
    """Show a job as a short table that reads the same for every service.

    Args:
        job: the job, as SDK object, dict or line of JSON.

    Returns:
        One row per fact: id, status, model, fine_tuned_model, training_file, validation_file,
        result_files, method, n_epochs, batch_size, learning_rate_multiplier, trained_tokens,
        seconds (from creation to end; missing until the job has ended), error (one text; missing
        when there is none). Then every other field that has a value, under its own name.
        A hyperparameter that the service chooses is "auto" (Azure says -1, Dec 2025).

    Raises:
        UnreadableContent: it is no job at all.
    """
    fields = record(job)
    method, numbers = _method(fields)
    known = ("id", "status", "model", "fine_tuned_model", "training_file", "validation_file", "result_files")
    facts = {
        **{name: fields.get(name) for name in known},
        "method": method,
        **{name: _chosen(numbers.get(name)) for name in _HYPERPARAMETERS},
        "trained_tokens": fields.get("trained_tokens"),
        "seconds": _seconds(fields),
        "error": _error_text(fields.get("error")),
    }
    others = {
        name: value
        for name, value in {**numbers, **fields}.items()
        if name not in facts and name not in _NOT_REPEATED and value not in (None, [], {})
    }
    return pd.Series({**facts, **others}, dtype=object, name=str(fields.get("id") or "job"))


def _method(fields: dict[str, object]) -> tuple[str, dict[str, object]]:
    """The method and its hyperparameters, which jobs from before Dec 2024 hold at the top level."""
    numbers, method = _parts(fields.get("hyperparameters")), fields.get("method")
    if isinstance(method, str):
        return method, numbers
    method = _parts(method)
    name = method.get("type") or "supervised"
    inner = _parts(_parts(method.get(name)).get("hyperparameters"))
    return name, numbers | {key: value for key, value in inner.items() if value is not None}


def _parts(thing: SdkObject) -> dict[str, object]:
    """Give the fields of a part of a job; a part that is one word, such as "auto", has none."""
    return record(thing) if thing and not isinstance(thing, str) else {}


def _chosen(value: object) -> object:
    return "auto" if value == -1 else value


def _seconds(fields: dict[str, object]) -> int | None:
    # Only a job that has ended has an end, whatever `finished_at` holds before.
    if not is_terminal(fields.get("status")):
        return None
    begun, ended = whole_number(fields.get("created_at")), whole_number(fields.get("finished_at"))
    return None if begun is None or ended is None else ended - begun


def _error_text(error: SdkObject) -> str | None:
    """OpenAI gives a healthy job an error object without content, which Python calls true."""
    if not error or isinstance(error, str):
        return error or None
    fields = record(error)
    return ": ".join(str(part) for part in (fields.get("code"), fields.get("message")) if part) or None
