"""Turn what a fine-tuning job reports into tables.

The SDK hands over events one by one, newest first and page by page. These
functions make tables of them. They are pure: they take events, jobs and
checkpoints as SDK objects or as plain dicts, and never call a service.

Wording and keys differ between services and years. Losses come from `data`
where an event has it, otherwise from its message. Unknown wording never fails.
"""

import base64
import binascii
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from helpers.errors import JobFailed

SdkObject = Any
"""A job, event or checkpoint as the SDK returns it, or as a plain dict (only `backends` imports the SDK)."""

METRICS = (
    "train_loss",
    "train_mean_token_accuracy",
    "valid_loss",
    "valid_mean_token_accuracy",
    "full_valid_loss",
    "full_valid_mean_token_accuracy",
)
"""Metric names in events and checkpoints (observed in public OpenAI job logs, Aug 2024)."""

TERMINAL_STATUSES = frozenset({"succeeded", "failed", "cancelled"})
"""Statuses after which a job never changes (OpenAI API reference, read Nov 2026)."""

_STEP = re.compile(r"Step (\d+)(?:/(\d+))?:")
_LOSS = re.compile(r"(full validation|validation|training) loss=([-+.\w]+)")
_LOSS_NAMES = {"training": "train_loss", "validation": "valid_loss", "full validation": "full_valid_loss"}

# Header of OpenAI's result file (seen in public code, 2023-2024) and of Azure's
# results.csv (Azure fine-tuning guide, Oct 2026), against the names of events.
_RESULT_FILE_NAMES = {
    "train_accuracy": "train_mean_token_accuracy",
    "validation_mean_token_accuracy": "valid_mean_token_accuracy",
}


@dataclass(frozen=True)
class Progress:
    """How far a job is; what a status line needs and no more."""

    status: str
    step: int | None
    """Last step that reported a loss."""
    total_steps: int | None
    """None where the service does not say (Azure)."""
    train_loss: float | None
    valid_loss: float | None
    """Last validation loss, on the whole validation file where that was measured at the same step."""
    fraction: float | None
    """Share of the steps done, 0 to 1; None while the total is not known."""
    seconds: int
    """Time between the first and the last event."""


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
        JobFailed: the job failed, was cancelled or has not ended.
    """
    status, job_id, error = _field(job, "status"), _field(job, "id"), _field(job, "error")
    if status == "succeeded":
        return
    if not is_terminal(status):
        raise JobFailed(
            f"The job {job_id} has not ended: its status is {status!r}. Run the cell that waits again."
        )
    code = _field(error, "code") if error else None
    reason = f" ({code}: {_field(error, 'message')})" if code else ""
    raise JobFailed(
        f"The job {job_id} ended with the status {status!r}{reason}; expected 'succeeded'. "
        "Correct the cause, then create a new job."
    )


def events_to_frame(events: Iterable[SdkObject]) -> pd.DataFrame:
    """Show a job's events as a table.

    Args:
        events: events of one job, as SDK objects or dicts.

    Returns:
        One row per event, in the order given: created_at (UTC), level, type,
        message, step, total_steps and the six metrics (see METRICS). Numbers
        are missing where an event reports none.
    """
    columns = ["created_at", "level", "type", "message", "step", "total_steps", *METRICS]
    frame = pd.DataFrame([_event_row(event) for event in events], columns=columns)
    frame["created_at"] = pd.to_datetime(frame["created_at"], unit="s", utc=True)
    return _numeric(frame)


def metrics_frame(events: Iterable[SdkObject]) -> pd.DataFrame:
    """Keep what `plot_loss` draws: the losses, one row per step.

    Args:
        events: events of one job in any order, as SDK objects or dicts. Give
            all pages: the first page holds the newest events only.

    Returns:
        step, total_steps and the six metrics (see METRICS), ascending by step.
        Empty, with the same columns, when no event reports a loss.
    """
    frame = events_to_frame(events)
    measured = frame["step"].notna() & frame[list(METRICS)].notna().any(axis=1)
    frame = frame[measured].sort_values("created_at", kind="stable").drop_duplicates("step", keep="last")
    return frame.sort_values("step")[["step", "total_steps", *METRICS]].reset_index(drop=True)


def checkpoints_frame(checkpoints: Iterable[SdkObject]) -> pd.DataFrame:
    """Show a job's checkpoints as a table, to choose a model or to mark a plot.

    Some services report losses here and not in events (Nebius, Dec 2025); such
    a table can be drawn with `plot_loss` in place of the metrics.

    Args:
        checkpoints: checkpoints of one job, as SDK objects or dicts.

    Returns:
        step, fine_tuned_model_checkpoint, created_at (UTC) and the six metrics,
        ascending by step.
    """
    columns = ["step", "fine_tuned_model_checkpoint", "created_at", *METRICS]
    frame = pd.DataFrame([_checkpoint_row(checkpoint) for checkpoint in checkpoints], columns=columns)
    frame["created_at"] = pd.to_datetime(frame["created_at"], unit="s", utc=True)
    return _numeric(frame).sort_values("step").reset_index(drop=True)


def parse_result_file(content: bytes | str) -> pd.DataFrame:
    """Read the result file of a job, whichever service wrote it.

    OpenAI sends base64 of CSV, Azure plain CSV, and they spell columns
    differently (observed 2024 and 2026).

    Args:
        content: `client.files.content(file_id).read()`, or the text.

    Returns:
        step and the six metrics (see METRICS), ascending by step; a metric that
        the file does not hold is missing.

    Raises:
        ValueError: the content is not a table with a step column.
    """
    raw = content.encode() if isinstance(content, str) else content
    text = _decoded(raw).decode("utf-8-sig", errors="replace")
    first_line = text.partition("\n")[0].strip()
    if "step" not in first_line.split(","):
        raise ValueError(
            f"Result file: expected CSV, or base64 of CSV, with a column 'step'; found {first_line[:60]!r}. "
            "Give the content of a file named in job.result_files."
        )
    frame = pd.read_csv(io.StringIO(text)).rename(columns=_RESULT_FILE_NAMES)
    return _numeric(frame.reindex(columns=["step", *METRICS])).sort_values("step").reset_index(drop=True)


def describe_progress(job: SdkObject, events: Iterable[SdkObject]) -> Progress:
    """Say how far a job is.

    Args:
        job: a fine-tuning job, as SDK object or dict.
        events: its events so far, in any order.

    Returns:
        The status, the last step and its losses.
    """
    events = list(events)
    metrics = metrics_frame(events)
    status = str(_field(job, "status") or "unknown")
    step, total = _last(metrics["step"]), _last(metrics["total_steps"])
    times = [time for event in events if (time := _field(event, "created_at")) is not None]
    fraction = min(step / total, 1.0) if step is not None and total else None
    return Progress(
        status=status,
        step=step,
        total_steps=total,
        train_loss=_last(metrics["train_loss"]),
        valid_loss=_last(metrics["full_valid_loss"].fillna(metrics["valid_loss"])),
        fraction=1.0 if status == "succeeded" else fraction,
        seconds=max(times) - min(times) if times else 0,
    )


def _field(thing: SdkObject, name: str) -> object:
    return thing.get(name) if isinstance(thing, dict) else getattr(thing, name, None)


def _event_row(event: SdkObject) -> dict[str, object]:
    message = str(_field(event, "message") or "")
    data = _field(event, "data") or {}
    numbers = {
        name: value for name in ("step", "total_steps", *METRICS) if (value := _field(data, name)) is not None
    }
    # Missing text is "", because pandas 2 and 3 print a missing text differently.
    texts = {name: str(_field(event, name) or "") for name in ("level", "type")}
    return {
        "created_at": _field(event, "created_at"),
        **texts,
        "message": message,
        **_numbers_in(message),
        **numbers,
    }


def _numbers_in(message: str) -> dict[str, str]:
    """Read a step's message, as in the two forms seen.

    "Step 10/100: training loss=0.50" (OpenAI, 2023 and 2024) and
    "Step 8250: training loss=3.8E-06" (Azure, Dec 2025).
    """
    found = _STEP.match(message)
    if not found:
        return {}
    step, total = found.groups()
    losses = {_LOSS_NAMES[name]: value for name, value in _LOSS.findall(message)}
    return {"step": step, **({"total_steps": total} if total else {}), **losses}


def _checkpoint_row(checkpoint: SdkObject) -> dict[str, object]:
    metrics = _field(checkpoint, "metrics") or {}
    return {
        "step": _field(checkpoint, "step_number"),
        "fine_tuned_model_checkpoint": str(_field(checkpoint, "fine_tuned_model_checkpoint") or ""),
        "created_at": _field(checkpoint, "created_at"),
        **{name: _field(metrics, name) for name in METRICS},
    }


def _numeric(frame: pd.DataFrame) -> pd.DataFrame:
    for name in frame.columns.intersection(["step", "total_steps"]):
        frame[name] = pd.to_numeric(frame[name], errors="coerce").astype("Int64")
    for name in METRICS:
        frame[name] = pd.to_numeric(frame[name], errors="coerce").astype("float64")
    return frame


def _decoded(raw: bytes) -> bytes:
    try:
        # A CSV holds commas, which strict base64 refuses: nothing can be both.
        return base64.b64decode(b"".join(raw.split()), validate=True)
    except binascii.Error:
        return raw


def _last(values: pd.Series) -> int | float | None:
    known = values.dropna().tolist()
    return known[-1] if known else None
