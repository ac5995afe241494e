"""Say what a fine-tuning job is and whether it has ended, whichever service runs it.

These functions are pure: they take the job as an SDK object, a dict or a line of
JSON, and never call a service.
"""

import json
import os
import re
from contextlib import suppress
from dataclasses import dataclass, fields as dataclass_fields
from typing import Any

from helpers.errors import JobFailed, JobNotEnded
from helpers.jobs.event_messages import whole_number
from helpers.jobs.records import SdkObject, record

TERMINAL_STATUSES = frozenset({"succeeded", "failed", "cancelled"})
"""Statuses after which a job never changes (OpenAI API reference, read Nov 2026)."""

PAUSED = "paused"
"""The status of a job that waits for somebody to resume it (OpenAI API reference, read Nov 2026)."""

_GO_ON = frozenset({"validating_files", "queued", "running", "pending", "finishing"})
"""Statuses of a job that goes on by itself (OpenAI, Azure)."""

# An error object of the SDK, written down as a text: "Error(code=None, message='7 rows', param=None)".
_WRITTEN_OBJECT = re.compile(r"\w*\(.*\)", re.DOTALL)
_WRITTEN_PART = re.compile(r"(code|message)=(?:None|'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\")", re.DOTALL)
_NO_ERROR_TEXTS = {"", "none", "null", "nan", "{}", "[]", '""'}

_CHOSEN = ("n_epochs", "batch_size", "learning_rate_multiplier")
# Told in another form, or by another row.
_NOT_REPEATED = {"object", "created_at", "finished_at", "hyperparameters", "method", "error"}


def is_terminal(status: str | None) -> bool:
    """Tell whether a polling loop may stop.

    Services have statuses that the SDK does not list ("pending" on Azure,
    "paused"), so an unknown status always means: keep waiting.

    Args:
        status: The job's `status`.

    Returns:
        True for succeeded, failed and cancelled only.
    """
    return status in TERMINAL_STATUSES


def extra_body(backend: str) -> dict[str, str] | None:
    """Return what a service wants in each create beside the SDK's parameters: on Azure the tier.

    Without it Azure says 400 "base model does not support fine-tuning" (LiteLLM issue 24687). Open models
    take "globalStandard" only (microsoft/azure-skills, 2026-08-21); others also "Standard", "developerTier".

    Args:
        backend: The backend of the run.
    """
    tier = os.environ.get("FINETUNE_TRAINING_TYPE") or "globalStandard"
    return {"trainingType": tier} if backend == "azure" else None


def require_succeeded(job: SdkObject) -> None:
    """Stop here if a job has no fine-tuned model; the next cells would fail with a less clear message.

    Args:
        job: The job as last seen.

    Raises:
        JobFailed: The job failed or was cancelled.
        JobNotEnded: It has not ended: it goes on, or it is paused.
    """
    fields = record(job)
    status, job_id, error = fields.get("status"), fields.get("id"), _error_text(fields.get("error"))
    if status == "succeeded":
        return
    if not is_terminal(status):
        added = f" The service adds: {error.rstrip('.')}." if error else ""
        raise JobNotEnded(
            f"The job {job_id} has not ended: its status is {status!r}.{added}\n{_what_now(status, job_id)}"
        )
    reason = f" ({error})" if error else ""
    raise JobFailed(
        f"The job {job_id} ended with the status {status!r}{reason}; expected 'succeeded'. "
        "Correct the cause, then create a new job."
    )


def _what_now(status: str | None, job_id: object) -> str:
    wait = "To use its model, run this cell again and let it wait for the end."
    if status == PAUSED:
        return f'It waits until you resume it: client.fine_tuning.jobs.resume("{job_id}"). {wait}'
    if status in _GO_ON:
        return f"It goes on. {wait}"
    return f"The course does not know this status: see what your service says about it. {wait}"


@dataclass(frozen=True)
class JobFacts:
    """What a job is, read the same for every service; None where the service does not say.

    In a notebook it shows itself as a table.

    Attributes:
        id: Such as "ftjob-...".
        status: As the service says it; services have more of them than the SDK lists.
        model: The base model.
        fine_tuned_model: The model that the job made.
        training_file: Id of the file.
        validation_file: Id of the file.
        result_files: Ids of the files with the table of metrics.
        method: Such as "supervised" or "dpo".
        n_epochs: Passes over the training file; "auto" where the service chooses (Azure says -1, Dec 2025).
        batch_size: Rows in a step, or "auto".
        learning_rate_multiplier: A number above 0, or "auto".
        trained_tokens: Tokens that were trained, all epochs together.
        seconds: From creation to end; None until the job has ended.
        error: What the service says is wrong, as one text; None when it says nothing. The status alone
            decides whether the job has failed.
        others: Every other field that has a value, under its own name.
    """

    id: str | None
    status: str | None
    model: str | None
    fine_tuned_model: str | None
    training_file: str | None
    validation_file: str | None
    result_files: list[str] | None
    method: str
    n_epochs: int | str | None
    batch_size: int | str | None
    learning_rate_multiplier: float | str | None
    trained_tokens: int | str | None
    seconds: int | None
    error: str | None
    others: dict[str, object]

    def _repr_html_(self) -> str:
        """Show the facts that are known, one in a row."""
        from finetune_dataset.display.html_text import html_text  # Here: most jobs are read, not shown.

        known = {name: value for name, value in vars(self).items() if value is not None and name != "others"}
        rows = (
            f"<tr><th>{html_text(name)}</th><td>{html_text(value)}</td></tr>"
            for name, value in (known | self.others).items()
        )
        return f"<table>{''.join(rows)}</table>"


_FACTS = frozenset(field.name for field in dataclass_fields(JobFacts)) - {"others"}


def job_facts(job: SdkObject) -> JobFacts:
    """Read a job so that it is the same for every service.

    Args:
        job: The job, as SDK object, dict or line of JSON.

    Returns:
        Its facts.

    Raises:
        UnreadableContent: It is no job at all.
    """
    fields = record(job)
    method, numbers = _method(fields)
    chosen = {name: "auto" if numbers.get(name) == -1 else numbers.get(name) for name in _CHOSEN}
    others = {
        name: value
        for name, value in {**numbers, **fields}.items()
        if name not in _FACTS and name not in _NOT_REPEATED and value not in (None, [], {})
    }
    return JobFacts(
        id=fields.get("id"),
        status=fields.get("status"),
        model=fields.get("model"),
        fine_tuned_model=fields.get("fine_tuned_model"),
        training_file=fields.get("training_file"),
        validation_file=fields.get("validation_file"),
        result_files=fields.get("result_files"),
        method=method,
        n_epochs=chosen["n_epochs"],
        batch_size=chosen["batch_size"],
        learning_rate_multiplier=chosen["learning_rate_multiplier"],
        trained_tokens=fields.get("trained_tokens"),
        seconds=_seconds(fields),
        error=_error_text(fields.get("error")),
        others=others,
    )


def _method(fields: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Give the method and its hyperparameters, which jobs from before Dec 2024 hold at the top level."""
    numbers, told = _parts(fields.get("hyperparameters")), fields.get("method")
    if isinstance(told, str):
        return told, numbers
    method = _parts(told)
    name = method.get("type") or "supervised"
    inner = _parts(_parts(method.get(name)).get("hyperparameters"))
    return name, numbers | {key: value for key, value in inner.items() if value is not None}


def _parts(thing: SdkObject) -> dict[str, Any]:
    """Give the fields of a part of a job; a part that is one word, such as "auto", has none."""
    return record(thing) if thing and not isinstance(thing, str) else {}


def _seconds(fields: dict[str, Any]) -> int | None:
    # Only a job that has ended has an end, whatever `finished_at` holds before.
    if not is_terminal(fields.get("status")):
        return None
    begun, ended = whole_number(fields.get("created_at")), whole_number(fields.get("finished_at"))
    return None if begun is None or ended is None else ended - begun


def _error_text(error: SdkObject) -> str | None:
    """Put an error into words. OpenAI gives a healthy job one without content, which Python calls true."""
    if isinstance(error, str):
        error = _read_error(error.strip())
    if isinstance(error, str):
        return error
    if not error:
        return None
    if isinstance(error, list | tuple):
        return "; ".join(filter(None, map(_error_text, error))) or None
    if not isinstance(error, dict) and not hasattr(error, "__dict__"):
        return str(error)
    fields = record(error)
    told = [str(fields[name]) for name in ("code", "message") if fields.get(name)]
    if not told:  # Another service's own fields; "param" alone only names a place.
        others = (_error_text(value) for name, value in fields.items() if name != "param")
        told = list(filter(None, others))
    return ": ".join(told) or None


def _read_error(text: str) -> SdkObject:
    """Read an error that something has stored as a text: a sentence, JSON, or a written object."""
    if text.lower() in _NO_ERROR_TEXTS:
        return None
    if text[0] in '{["':
        with suppress(ValueError, RecursionError):
            return json.loads(text)
    if _WRITTEN_OBJECT.fullmatch(text) and (parts := _WRITTEN_PART.findall(text)):
        return {name: single or double for name, single, double in parts}
    return text
