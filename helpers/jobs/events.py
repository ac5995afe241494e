"""Turn what a fine-tuning job reports into tables.

The SDK hands over events one by one, newest first and page by page. These
functions make tables of them, whichever service and year they are from. They are
pure: they take SDK objects, dicts or JSON lines, and never call a service.

Numbers come from `data` where an event has it, otherwise from its message, which
is rounded. Unknown wording never fails, and nothing unknown is lost: texts stay
in `message`, other values in `extra`.
"""

import json
from collections.abc import Iterable
from contextlib import suppress

import numpy as np
import pandas as pd

from helpers.errors import UnreadableContent
from helpers.jobs.event_messages import METRICS, PREFERENCE_METRICS, checkpoint_in, numbers_in, real_number
from helpers.jobs.records import SdkObject, record, records

_TRAINING = "train_loss"
_WHOLE = ("step", "total_steps")
_NUMBERS = (*_WHOLE, *METRICS)
_METRIC_NAMES = frozenset((*METRICS, *PREFERENCE_METRICS))
_NAMES_OF_NUMBERS = frozenset((*_NUMBERS, *PREFERENCE_METRICS))
_EVENT_TEXTS = ("id", "level", "type", "message")
_EVENT_COLUMNS = ("id", "created_at", "level", "type", "message", "checkpoint", *_NUMBERS, "extra")
_EVENT_FIELDS = frozenset({"id", "object", "created_at", "level", "type", "message", "data"})
_CHECKPOINT_FIELDS = frozenset(
    {"id", "object", "created_at", "fine_tuned_model_checkpoint", "fine_tuning_job_id", "step_number"}
    | {"metrics"}
)
# Steps: a larger float is not exact. Times: the year 2242; pandas counts nanoseconds, and much later times
# (milliseconds, say) do not fit.
_LARGEST = {"step": 2**53, "total_steps": 2**53, "created_at": 2**33}


def events_to_frame(events: Iterable[SdkObject] | str | bytes) -> pd.DataFrame:
    """Show a job's events as a table.

    Args:
        events: Events of one job: a list of SDK objects, dicts or JSON texts, a page of the SDK
            (reading it fetches all pages), or the text of a JSON Lines file.

    Returns:
        One row per event, in the order given; one that comes twice, as from pages that overlap, is
        shown once. Columns: id, created_at (UTC), level, type, message, checkpoint (model name, where
        the message announces one), step, total_steps, the metrics (see METRICS), and extra. Numbers
        are missing where an event reports none. `extra` is a dict of everything else: other fields of
        the event, other keys of `data`, `data` that is no dict (under "data"), and known values that
        are no number, such as a loss "nan", or a training loss of a step that is null.

    Raises:
        UnreadableContent: A line is not JSON, or an item is no event at all.
    """
    things = _without_repeats(records(events))
    texts = {name: [str(thing.get(name) or "") for thing in things] for name in _EVENT_TEXTS}
    checkpoints = [checkpoint_in(message) for message in texts["message"]]
    texts["checkpoint"] = [found[1] if found else "" for found in checkpoints]
    extras = [_others(thing, _EVENT_FIELDS) for thing in things]
    data = [_content(thing, "data", extra) for thing, extra in zip(things, extras, strict=True)]
    told = [_told(*each) for each in zip(texts["message"], checkpoints, data, strict=True)]
    for extra, sent, known in zip(extras, data, told, strict=True):
        # JSON has no NaN: many programs write null in its place.
        if sent.get(_TRAINING, 0) is None and known.get("step") is not None and _TRAINING not in known:
            extra[_TRAINING] = None
    frame = _frame(things, texts, told, extras)
    return frame[[*_EVENT_COLUMNS[:-1], *_of_preferences(frame), "extra"]]


def metrics_frame(events: Iterable[SdkObject] | str | bytes | pd.DataFrame) -> pd.DataFrame:
    """Keep what `plot_loss` draws: the metrics, one row per step.

    Args:
        events: Events of one job in any order, in one of the forms of `events_to_frame`, or its table.
            Give all pages: the first page holds the newest events only. The table of
            `checkpoints_frame` is taken too, for services that report losses nowhere else (Nebius,
            Dec 2025).

    Returns:
        Columns step, total_steps and the metrics (see METRICS), ascending by step; NaN where absent. A step
        that was reported more than once has the newest value of each metric. A step whose loss is
        not a number has a row, without the loss; null counts as none where no step has a number. Empty,
        with the same columns, when no event reports a metric.

    Raises:
        UnreadableContent: A line is not JSON, or an item is no event at all.
    """
    frame = events if isinstance(events, pd.DataFrame) else events_to_frame(events)
    if missing := {"step", *METRICS} - set(frame.columns):
        raise UnreadableContent(
            f"Expected the table of `events_to_frame`; found one without {', '.join(sorted(missing))}."
        )
    names = [*METRICS, *_of_preferences(frame)]
    has_number = frame[names].notna().any(axis=1)
    reported = has_number
    if "extra" in frame:
        reported = has_number | frame["extra"].map(_names_a_metric).astype(bool)
        # Beside numbers, or alone, null stands for a step that was not measured.
        null = frame["extra"].map(_is_null) & ~has_number
        if null.sum() == 1 or frame[_TRAINING].notna().any():
            reported &= ~null
    frame = frame[frame["step"].notna() & reported]
    # The id decides between events of the same second, so that the order given does not.
    order = frame.columns.intersection(["created_at", "id"]).tolist()
    again = not frame["step"].is_unique
    if again and order:
        frame = frame.sort_values(order, kind="stable", na_position="first")
    frame = numeric(frame.reindex(columns=[*_WHOLE, *names]))
    if again:
        frame = frame.groupby("step", as_index=False).last()
    return frame.sort_values("step").reset_index(drop=True)


def checkpoints_frame(checkpoints: Iterable[SdkObject] | str | bytes) -> pd.DataFrame:
    """Show a job's checkpoints as a table, to choose a model or to mark a plot.

    Some services report losses here and not in events (Nebius, Dec 2025); such
    a table can be drawn with `plot_loss` in place of the metrics.

    Args:
        checkpoints: Checkpoints of one job, in one of the forms of `events_to_frame`.

    Returns:
        Columns step, fine_tuned_model_checkpoint, created_at (UTC), the metrics (see METRICS) and extra
        (everything else, as in `events_to_frame`), ascending by step.

    Raises:
        UnreadableContent: A line is not JSON, or an item is no checkpoint at all.
    """
    things = _without_repeats(records(checkpoints))
    model = "fine_tuned_model_checkpoint"
    extras = [_others(thing, _CHECKPOINT_FIELDS) for thing in things]
    metrics = [_content(thing, "metrics", extra) for thing, extra in zip(things, extras, strict=True)]
    steps = [thing.get("step_number") for thing in things]
    told = [
        each if step is None else {**each, "step": step} for each, step in zip(metrics, steps, strict=True)
    ]
    frame = _frame(things, {model: [str(thing.get(model) or "") for thing in things]}, told, extras)
    frame = frame[["step", model, "created_at", *METRICS, *_of_preferences(frame), "extra"]]
    return frame.sort_values("step", kind="stable").reset_index(drop=True)


def _of_preferences(frame: pd.DataFrame) -> list[str]:
    return [name for name in PREFERENCE_METRICS if name in frame]


def _without_repeats(things: list[dict[str, object]]) -> list[dict[str, object]]:
    unique: dict[object, dict[str, object]] = {}
    for place, thing in enumerate(things):
        # Not the id alone: a service that gives all its events the same one would lose them.
        key = f"{thing['id']} {thing.get('created_at')} {thing.get('message')}" if thing.get("id") else place
        unique.setdefault(key, thing)
    return list(unique.values())


def _others(thing: dict[str, object], known: frozenset[str]) -> dict[str, object]:
    if thing.keys() <= known:
        return {}
    return {name: value for name, value in thing.items() if name not in known and value is not None}


def _content(thing: dict[str, object], name: str, extra: dict[str, object]) -> dict[str, object]:
    """Give the dict in a field; its unknown keys, and anything that is no dict, go to `extra`."""
    content = thing.get(name)
    if isinstance(content, str):
        with suppress(ValueError, RecursionError):
            content = json.loads(content)
    elif hasattr(content, "__dict__"):
        content = record(content)
    if not isinstance(content, dict):
        extra |= {} if content in (None, "", []) else {name: content}
        return {}
    extra |= _others(content, _NAMES_OF_NUMBERS)
    return content


def _told(message: str, checkpoint: tuple[str, str] | None, data: dict[str, object]) -> dict[str, object]:
    """Give the numbers of an event: what `data` does not know, its message may."""
    whole = "step" in data and "total_steps" in data and not _METRIC_NAMES.isdisjoint(data)
    if whole and None not in data.values():
        return data
    told = {"step": checkpoint[0]} if checkpoint else numbers_in(message)
    return told | {name: value for name, value in data.items() if value is not None}


def _frame(
    things: list[dict[str, object]],
    texts: dict[str, list[str]],
    numbers: list[dict[str, object]],
    extras: list[dict[str, object]],
) -> pd.DataFrame:
    names = [*_NUMBERS, *(name for name in PREFERENCE_METRICS if any(name in each for each in numbers))]
    columns = {name: _column(name, [each.get(name) for each in numbers], extras) for name in names}
    whole = {name: pd.array(columns[name], dtype="Int64") for name in _WHOLE}
    times = _column("created_at", [thing.get("created_at") for thing in things], extras)
    created_at = pd.to_datetime(pd.Series(times), unit="s", utc=True)
    # What `plain_tables` does; this room loads no dataset checker.
    pd.set_option("display.html.use_mathjax", False)
    return pd.DataFrame({"created_at": created_at, **texts, **columns, **whole, "extra": extras})


def _column(name: str, values: list[object], extras: list[dict[str, object]]) -> np.ndarray:
    """Read numbers, NaN where there is none; what is there and cannot be read goes to `extras`."""
    try:
        numbers = np.array(values, dtype="float64")
    except (TypeError, ValueError, OverflowError):
        numbers = np.empty(0)
    if numbers.shape != (len(values),):
        numbers = np.array([real_number(value) for value in values], dtype="float64")
    if name in _LARGEST:
        numbers[(numbers < 0) | (numbers > _LARGEST[name])] = np.nan
    if name in _WHOLE:
        numbers[numbers != np.floor(numbers)] = np.nan
    for place in np.flatnonzero(np.isnan(numbers)):
        if values[place] is not None:
            extras[place][name] = values[place]
    return numbers


def numeric(frame: pd.DataFrame) -> pd.DataFrame:
    """Give steps and metrics the same types in every table, empty ones included.

    Args:
        frame: A table with the metrics (see METRICS), and step and total_steps where it has them.

    Returns:
        The table with whole numbers (Int64, which can be missing) and float64.
    """
    kinds = {**dict.fromkeys(_WHOLE, "Int64"), **dict.fromkeys((*METRICS, *PREFERENCE_METRICS), "float64")}
    found = dict(frame.dtypes)
    # pandas goes through each column of the table, also where none changes.
    others = {name: kind for name, kind in kinds.items() if name in found and found[name] != kind}
    return frame.astype(others) if others else frame


def _is_null(extra: dict[str, object]) -> bool:
    return extra.get(_TRAINING, 0) is None


def _names_a_metric(extra: dict[str, object]) -> bool:
    return not _METRIC_NAMES.isdisjoint(extra)
