"""Put a job's progress into words: one line, labeled numbers, and the facts that remain.

Plain text only; the views of `monitor` show it.
"""

import math
from collections.abc import Callable, Mapping

from helpers.jobs.event_messages import whole_number
from helpers.jobs.facts import PAUSED, is_terminal
from helpers.jobs.losses.describe import loss_sentences
from helpers.jobs.progress import Progress
from helpers.jobs.snapshot import JobSnapshot

UNKNOWN = "–"
SYMBOLS = {"succeeded": "✓", "failed": "✗", "cancelled": "■", "running": "►", "paused": "‖"}
"""Signs beside the status, so that color is never the only one. Any other status waits: "…"."""

_VERBS = {"succeeded": "succeeded", "failed": "failed", "cancelled": "was cancelled"}


def status_line(progress: Progress) -> str:
    """Say how far a job is, in one line of a log.

    Args:
        progress: How far the job is.

    Returns:
        Plain text; what is not known is left out.
    """
    parts = [status_words(progress)]
    if progress.queue_position:
        parts.append(f"number {progress.queue_position} in the queue")
    told = _known(_steps_done(progress) | _measures(progress))
    parts += [f"{label.lower()} {value}" for label, value in told.items()]
    left = f", about {duration(progress.remaining_seconds)} left" if progress.remaining_seconds else ""
    return " · ".join([*parts, f"{duration(progress.elapsed_seconds)} elapsed{left}"])


def status_words(progress: Progress) -> str:
    """Name the status of a job, with a sign beside it.

    Args:
        progress: How far the job is.

    Returns:
        Such as "► running 40%"; the share that is done is left out when the job has ended.
    """
    done = (
        ""
        if progress.fraction is None or is_terminal(progress.status)
        else f" {int(100 * progress.fraction)}%"
    )
    return f"{SYMBOLS.get(progress.status, '…')} {progress.status}{done}"


def progress_numbers(progress: Progress) -> dict[str, str]:
    """Give the numbers of a live view.

    Args:
        progress: How far the job is.

    Returns:
        Label → value; always the same labels for one kind of job, UNKNOWN where there is no value.
    """
    times = {
        "Elapsed": duration(progress.elapsed_seconds),
        "Left, estimated": _shown(progress.remaining_seconds, duration),
    }
    return _steps_done(progress) | times | _measures(progress)


def result_sentence(snapshot: JobSnapshot) -> str:
    """Say how a job ended and what its curve shows.

    Args:
        snapshot: The job as last seen.

    Returns:
        A few sentences in one line.
    """
    progress, facts = snapshot.progress, snapshot.facts
    steps = f" and {progress.step:,} step{'s' * (progress.step > 1)}" if progress.step else ""
    how = f"The job {facts.id} {_VERBS.get(progress.status, 'is ' + progress.status)}"
    said = "The reason" if _went_wrong(progress) else "The service adds"
    why = f" {said}: {facts.error.rstrip('.')}." if facts.error else ""
    curve = loss_sentences(snapshot.losses)
    return f"{how} after {duration(progress.elapsed_seconds)}{steps}.{why} {curve}"


def result_facts(snapshot: JobSnapshot) -> dict[str, str]:
    """Give what remains of a job.

    Args:
        snapshot: The job as last seen.

    Returns:
        Label → value; what is not known is left out.
    """
    progress, facts = snapshot.progress, snapshot.facts
    tokens = whole_number(facts.trained_tokens)
    in_full = snapshot.metrics["full_valid_loss"].notna().any()
    shown: dict[str, object] = {
        "Job": facts.id,
        "Status": status_words(progress),
        "Reason" if _went_wrong(progress) else "Service adds": facts.error,
        "Base model": facts.model,
        "Fine-tuned model": facts.fine_tuned_model,
        **_known(_steps_done(progress)),
        "Time": duration(progress.elapsed_seconds),
        "Trained tokens": f"{tokens:,}" if tokens else None,
        **_known(_measures(progress, validation="Full validation loss" if in_full else "Validation loss")),
        "Checkpoints": len(snapshot.checkpoints) or None,
        "Note": snapshot.note,
    }
    return {label: str(value) for label, value in shown.items() if value}


def hint(snapshot: JobSnapshot) -> str:
    """Say what the status alone does not say.

    Args:
        snapshot: The job as last seen.

    Returns:
        One or two sentences; "" where there is nothing to say.
    """
    progress, facts = snapshot.progress, snapshot.facts
    if progress.queue_position:
        return f"Number {progress.queue_position} in the queue: the service trains other jobs first."
    paused = f'The job is paused. To go on: client.fine_tuning.jobs.resume("{facts.id}")'
    said = facts.error or ""
    if said and not _went_wrong(progress):
        said = f"The service adds: {said}"
    parts = (paused if progress.status == PAUSED else "", said, snapshot.note)
    return " ".join(filter(None, parts))


def as_lines(facts: Mapping[str, str]) -> str:
    """Write labels and values as aligned lines of plain text.

    Args:
        facts: Label → value; at least one.

    Returns:
        One line for each.
    """
    width = max(map(len, facts))
    return "\n".join(f"{label:<{width}}  {value}" for label, value in facts.items())


def duration(seconds: float) -> str:
    """Write a time as minutes and seconds.

    Args:
        seconds: The time; less than 0 counts as 0.

    Returns:
        Such as "2:09"; with hours where there are some: "1:02:09".
    """
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _went_wrong(progress: Progress) -> bool:
    return is_terminal(progress.status) and progress.status != "succeeded"


def _steps_done(progress: Progress) -> dict[str, str]:
    total = "" if not progress.total_steps else f" of {progress.total_steps:,}"
    epochs = "" if not progress.n_epochs or progress.epoch is None else f" of {progress.n_epochs}"
    return {
        "Step": _shown(progress.step, "{:,}".format) + total,
        "Epoch": _shown(progress.epoch, "{:.1f}".format) + epochs,
    }


def _measures(progress: Progress, *, validation: str = "Validation loss") -> dict[str, str]:
    if progress.tokens_per_second:
        speed = f"{progress.tokens_per_second:,.0f} tokens/s"
    else:
        speed = _shown(progress.steps_per_second, "{:,.3g} steps/s".format)
    if progress.reward is not None:
        return {"Speed": speed, "Training reward": f"{progress.reward:.3f}"}
    return {
        "Speed": speed,
        "Training loss": _shown(progress.train_loss, _loss),
        validation: _shown(progress.valid_loss, _loss),
        **({} if progress.margin is None else {"Reward margin": f"{progress.margin:.3f}"}),
    }


def _known(numbers: Mapping[str, str]) -> dict[str, str]:
    return {label: value for label, value in numbers.items() if value != UNKNOWN}


def _shown(value: float | None, form: Callable[[float], str]) -> str:
    return UNKNOWN if value is None else form(value)


def _loss(value: float) -> str:
    """Write three decimals; more for a loss that they would show as zero, such as 3.8e-06 (seen at Azure)."""
    if math.isnan(value):
        return "no number"
    return f"{value:.3f}" if value >= 0.0005 or value == 0 else f"{value:.2g}"
