"""Say how far a fine-tuning job is, in numbers.

Pure: a job, its events and tables in, numbers out. All times come from the
timestamps of the service, so a replayed job always ends in the same numbers.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Any

import pandas as pd

from helpers.jobs.event_messages import numbers_in, whole_number
from helpers.jobs.events import metrics_frame
from helpers.jobs.facts import is_terminal, job_facts
from helpers.jobs.losses.overfitting import find_no_number
from helpers.jobs.losses.values import read_columns
from helpers.jobs.records import SdkObject, record, records

_Fields = dict[str, Any]

MESSAGES_SHOWN = 4
_RECENT_STEPS = 100
"""Speed is that of the last hundred reports: after a pause that no event tells, it is soon right again."""

# "Fine-tuning job started" (OpenAI, Aug 2024), "... paused", "... resumed from ..." (local server): steps
# before it and after it have nothing to do with each other.
_STARTS = "Fine-tuning job "

# "Completed epoch 1/4": legacy jobs (OpenAI, before Aug 2023).
_EPOCH = re.compile(r"Completed epoch (\d+)/(\d+)")
_NOT_TRAINING = {"validating_files", "queued", "pending", "paused"}


@dataclass(frozen=True)
class Message:
    """One event, as a line of a log.

    Attributes:
        seconds: Time since the job was created.
        text: What the event says.
    """

    seconds: int
    text: str


@dataclass(frozen=True)
class Progress:
    """How far a job is; what a live view needs and no more. None means: the service does not say.

    Attributes:
        status: As the service says it.
        step: Last step that reported a loss or a reward.
        total_steps: Steps of the whole job.
        epoch: Passes over the training file that are done, such as 1.5.
        n_epochs: Passes that the job makes.
        fraction: Share of the steps done, 0 to 1.
        train_loss: Last training loss, in nats per token; NaN where it is no number any more.
        valid_loss: Last validation loss, on the whole validation file where that was measured at the
            same step.
        reward: Last mean training reward, of a reinforcement job.
        elapsed_seconds: From the creation of the job to its end, or to its last event.
        remaining_seconds: An estimate: the service's own, else from the speed of the last steps.
        steps_per_second: Speed of the last steps; of all of them when the job has ended.
        tokens_per_second: Known when the service has counted the trained tokens; most do so at the end.
        queue_position: 1 is next (local server).
        messages: The last events, oldest first; of the steps, only the last one.
        margin: Last margin of the training rewards, of a job with the method `dpo`.
    """

    status: str
    step: int | None
    total_steps: int | None
    epoch: float | None
    n_epochs: int | None
    fraction: float | None
    train_loss: float | None
    valid_loss: float | None
    reward: float | None
    elapsed_seconds: int
    remaining_seconds: int | None
    steps_per_second: float | None
    tokens_per_second: float | None
    queue_position: int | None
    messages: tuple[Message, ...]
    margin: float | None = None


def describe_progress(
    job: SdkObject, events: Iterable[SdkObject] | str | bytes, *, metrics: pd.DataFrame | None = None
) -> Progress:
    """Say how far a job is.

    Args:
        job: A fine-tuning job, as SDK object or dict.
        events: Its events so far, newest first or oldest first.
        metrics: Their `metrics_frame`, when it is there already; for a service that reports
            losses in checkpoints only, that of the `checkpoints_frame`.

    Returns:
        Status, steps, epochs, losses, times, place in the queue and the last messages.

    Raises:
        UnreadableContent: The job or an event is in no form of `record`.
    """
    fields, history = record(job), _oldest_first(records(events))
    metrics = metrics_frame(history) if metrics is None else metrics
    status = str(fields.get("status") or "unknown")
    step, total = (whole_number(_last(metrics[name])) for name in ("step", "total_steps"))
    fraction = min(step / total, 1.0) if step is not None and total else None
    epoch, n_epochs = _epochs(job, history, fraction)
    speed = _speed(history if is_terminal(status) else _recent_steps(history))
    tokens = whole_number(fields.get("trained_tokens"))
    begun = whole_number(fields.get("created_at")) or (_time(history[0]) if history else None)
    latest = _time(history[-1]) if history else None
    return Progress(
        status=status,
        step=step,
        total_steps=total,
        epoch=epoch,
        n_epochs=n_epochs,
        fraction=1.0 if status == "succeeded" else fraction,
        train_loss=_last_loss(metrics),
        valid_loss=_last(metrics["full_valid_loss"].fillna(metrics["valid_loss"])),
        reward=_last(metrics["train_mean_reward"]),
        margin=_last(metrics["train_reward_margin"]) if "train_reward_margin" in metrics else None,
        elapsed_seconds=_elapsed(fields, begun, latest),
        remaining_seconds=_remaining(fields, latest, step, total, speed),
        steps_per_second=speed,
        tokens_per_second=tokens / step * speed if tokens and step and speed else None,
        queue_position=_queue_position(history) if status == "queued" else None,
        messages=_messages(history, begun),
    )


def _time(event: _Fields) -> int:
    return whole_number(event.get("created_at")) or 0


def _oldest_first(events: list[_Fields]) -> list[_Fields]:
    if events and _time(events[0]) > _time(events[-1]):
        events = events[::-1]
    return sorted(events, key=_time)


def _data(event: _Fields) -> _Fields:
    data = event.get("data")
    return data if isinstance(data, dict) else {}


def _step(event: _Fields) -> int | None:
    """Give the step of an event that reports one: from its data, else from its message."""
    step = _data(event).get("step")
    return whole_number(numbers_in(_message(event)).get("step") if step is None else step)


def _message(event: _Fields) -> str:
    return str(event.get("message") or "")


def _recent_steps(events: Sequence[_Fields]) -> list[_Fields]:
    since_start = takewhile(lambda event: not _message(event).startswith(_STARTS), reversed(events))
    recent = islice((event for event in since_start if _step(event) is not None), _RECENT_STEPS)
    return list(recent)[::-1]


def _reports(events: Iterable[_Fields]) -> Iterator[tuple[int, int]]:
    """Give step and time of each event that reports a step."""
    for event in events:
        if (step := _step(event)) is not None:
            yield step, _time(event)


def _speed(events: Sequence[_Fields]) -> float | None:
    """Give the steps per second between the first and the last event that report a step."""
    first, last = next(_reports(events), None), next(_reports(reversed(events)), None)
    if first is None or last is None:
        return None
    steps, seconds = (end - start for start, end in zip(first, last, strict=True))
    return steps / seconds if steps > 0 and seconds > 0 else None


def _elapsed(job: _Fields, begun: int | None, latest: int | None) -> int:
    # `finished_at` means nothing while the job runs: some services fill it with a guess.
    finished = whole_number(job.get("finished_at")) if is_terminal(job.get("status")) else None
    end = finished or latest
    return max(0, int(end - begun)) if end and begun else 0


def _remaining(
    job: _Fields, latest: int | None, step: int | None, total: int | None, speed: float | None
) -> int | None:
    status = job.get("status")
    if is_terminal(status) or status in _NOT_TRAINING or latest is None:
        return None
    finish = whole_number(job.get("estimated_finish"))
    if finish and finish >= latest:
        return int(finish - latest)
    return round((total - step) / speed) if step is not None and total and speed else None


def _epochs(
    job: SdkObject, events: Sequence[_Fields], fraction: float | None
) -> tuple[float | None, int | None]:
    chosen = whole_number(job_facts(job).n_epochs)  # "auto" until the service has chosen
    if chosen:
        return (None if fraction is None else fraction * chosen), chosen
    for event in reversed(events) if fraction is None else ():
        if found := _EPOCH.match(_message(event)):
            return float(found[1]), int(found[2])
    return None, None


def _queue_position(events: Sequence[_Fields]) -> int | None:
    positions = (_data(event).get("queue_position") for event in reversed(events))
    return next((position for position in positions if position), None)


def _messages(events: Sequence[_Fields], begun: int | None) -> tuple[Message, ...]:
    newest_step = next((event for event in reversed(events) if _step(event) is not None), None)
    shown = (event for event in reversed(events) if event is newest_step or _step(event) is None)
    lines = [
        Message(max(0, int(_time(event) - (begun or 0))), _message(event))
        for event in islice(shown, MESSAGES_SHOWN)
    ]
    return tuple(lines[::-1])


def _last_loss(metrics: pd.DataFrame) -> float | None:
    """Give the last training loss; NaN for a job that goes on without one."""
    known = read_columns(metrics, ("train_loss", "train_mean_token_accuracy"))
    broken = find_no_number(metrics, *known.values())
    return _last(known["train_loss"]) if broken is None else math.nan


def _last(values: pd.Series) -> float | None:
    known = values.dropna()
    return float(known.iloc[-1]) if len(known) else None
