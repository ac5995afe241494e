"""Put a job's progress into words: one line, labeled numbers, and the facts that remain.

Plain text only; `panel` and `transcript` show it.
"""

import math
from collections.abc import Callable, Mapping

import pandas as pd

from helpers.jobs.facts import is_terminal, job_facts
from helpers.jobs.losses import (
    REAL_RISE,
    SMALLEST_RISE,
    SMOOTHED_FROM,
    Quantity,
    _with_values,
    best_step,
    find_divergence,
    find_overfitting,
    find_rise,
    has_values,
    measured,
    number,
    percent,
    quantity,
    share_above,
    smoothing_window,
    validation,
)
from helpers.jobs.progress import Look, Progress

UNKNOWN = "–"
SYMBOLS = {"succeeded": "✓", "failed": "✗", "cancelled": "■", "running": "►", "paused": "‖"}
"""Signs beside the status, so that color is never the only one. Any other status waits: "…"."""

_VERBS = {"succeeded": "succeeded", "failed": "failed", "cancelled": "was cancelled"}


def status_line(progress: Progress) -> str:
    """Say in one line of plain text how far a job is; what is not known is left out."""
    parts = [status_words(progress)]
    if progress.queue_position:
        parts.append(f"number {progress.queue_position} in the queue")
    parts += [
        f"{label.lower()} {value}"
        for label, value in numbers(progress)
        if value != UNKNOWN and label not in ("Elapsed", "Left, estimated")
    ]
    left = f", about {duration(progress.remaining_seconds)} left" if progress.remaining_seconds else ""
    return " · ".join([*parts, f"{duration(progress.elapsed_seconds)} elapsed{left}"])


def status_words(progress: Progress) -> str:
    """Give sign, status and, while the job runs, the share that is done."""
    done = (
        ""
        if progress.fraction is None or is_terminal(progress.status)
        else f" {int(100 * progress.fraction)}%"
    )
    return f"{SYMBOLS.get(progress.status, '…')} {progress.status}{done}"


def numbers(progress: Progress) -> list[tuple[str, str]]:
    """Give the numbers of a live view as labels and values, always the same labels for one kind of job."""
    total = "" if not progress.total_steps else f" of {progress.total_steps:,}"
    epochs = "" if not progress.n_epochs else f" of {progress.n_epochs}"
    if progress.tokens_per_second:
        speed = f"{progress.tokens_per_second:,.0f} tokens/s"
    else:
        speed = _shown(progress.steps_per_second, "{:,.3g} steps/s")
    measures = (
        [("Training reward", _shown(progress.reward, "{:.3f}"))]
        if progress.reward is not None
        else [
            ("Training loss", _shown(progress.train_loss, _loss)),
            ("Validation loss", _shown(progress.valid_loss, _loss)),
        ]
    )
    return [
        ("Step", _shown(progress.step, "{:,}") + total),
        ("Epoch", _shown(progress.epoch, "{:.1f}") + (epochs if progress.epoch is not None else "")),
        ("Elapsed", duration(progress.elapsed_seconds)),
        ("Left, estimated", _shown(progress.remaining_seconds, duration)),
        ("Speed", speed),
        *measures,
    ]


def result_sentence(look: Look) -> str:
    """Say how a job ended and what its curve shows."""
    progress = look.progress
    steps = f" and {progress.step:,} step{'s' * (progress.step > 1)}" if progress.step else ""
    how = f"The job {look.job.id} {_VERBS.get(progress.status, 'is ' + progress.status)}"
    reason = job_facts(look.job)["error"]
    why = f" The reason: {reason.rstrip('.')}." if reason else ""
    curve = describe_loss(look.metrics, checkpoints=look.checkpoints)
    return f"{how} after {duration(progress.elapsed_seconds)}{steps}.{why} {curve}"


def result_facts(look: Look) -> dict[str, str]:
    """Give what remains of a job as labels and values; what is not known is left out."""
    job, progress = look.job, look.progress
    known = {name: value for name, value in numbers(progress) if value != UNKNOWN}
    if "Validation loss" in known and look.metrics["full_valid_loss"].notna().any():
        known["Full validation loss"] = known.pop("Validation loss")
    facts = {
        "Job": job.id,
        "Status": status_words(progress),
        "Reason": job_facts(job)["error"],
        "Base model": job.model,
        "Fine-tuned model": job.fine_tuned_model,
        "Step": known.pop("Step", None),
        "Epoch": known.pop("Epoch", None),
        "Time": known.pop("Elapsed", None),
        "Trained tokens": f"{job.trained_tokens:,}" if job.trained_tokens else None,
        **{name: value for name, value in known.items() if name != "Left, estimated"},
        "Checkpoints": len(look.checkpoints) or None,
    }
    return {label: str(value) for label, value in facts.items() if value}


def duration(seconds: float) -> str:
    """Write a time as minutes and seconds, with hours where there are some: "2:09", "1:02:09"."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _shown(value: float | None, form: str | Callable[[float], str]) -> str:
    if value is None:
        return UNKNOWN
    return form.format(value) if isinstance(form, str) else form(value)


def _loss(value: float) -> str:
    """Write three decimals; more for a loss that they would show as zero, such as 3.8e-06 (seen at Azure)."""
    return f"{value:.3f}" if value >= 0.0005 or value == 0 else f"{value:.2g}"


def as_lines(facts: dict[str, str]) -> str:
    """Write labels and values as aligned lines of plain text."""
    width = max(map(len, facts))
    return "\n".join(f"{label:<{width}}  {value}" for label, value in facts.items())


def describe_loss(metrics: pd.DataFrame, *, checkpoints: pd.DataFrame | None = None) -> str:
    """Say what `plot_loss` shows, in one to three sentences, for readers who cannot see it.

    It says what can be known from the measurements, and that nothing can be said where
    they are too few.

    Args:
        metrics: the table given to `plot_loss`.
        checkpoints: described in place of metrics that have no value.

    Returns:
        From where to where the training went; the best full validation; whether there
        is a sign of overfitting; whether the training diverges.

    Raises:
        FineTuneError: the table has no column "step".
    """
    metrics, what = _with_values(metrics, checkpoints)
    if not has_values(metrics, what):
        return f"No {what.name} has been reported."
    sentences = [_training_sentence(metrics, what), _validation_sentence(metrics, what)]
    trouble = find_rise(metrics)
    if trouble and math.isnan(trouble.last):
        sentences.insert(1, f"From step {trouble.step} on it is no number: the training has diverged.")
    elif trouble:
        sentences.insert(
            1,
            f"Its mean was {number(trouble.lowest)} around step {trouble.step}, and has risen since by more "
            f"than its usual jumps{': the training diverges' if trouble.diverges else ''}.",
        )
    return " ".join(filter(None, sentences))


def _training_sentence(metrics: pd.DataFrame, what: Quantity) -> str:
    values = measured(metrics, what.train)
    if values.empty:
        return f"No training {what.name} has been reported yet."
    start = f"{number(values.iloc[0])} at step {values.index[0]}"
    if len(values) < SMOOTHED_FROM:
        to = f", then {number(values.iloc[-1])} at step {values.index[-1]}" if len(values) > 1 else ""
        many = f"{len(values)} values are" if len(values) > 1 else "one value is"
        return f"Training {what.name} is {start}{to}; {many} too few to see a direction."
    window = smoothing_window(values)
    first, last = values.iloc[:window], values.iloc[-window:]
    end = f"{number(last.mean())} (mean of the last {window} values, up to step {values.index[-1]})"
    # Twice the standard error of a difference: the usual limit for two means (95 %).
    if abs(last.mean() - first.mean()) <= 2 * math.sqrt((_noise(first) + _noise(last)) / window):
        return f"Training {what.name} shows no clear direction: {start}, at the end {end}."
    falls = last.mean() < first.mean()
    if falls != (last.mean() < values.iloc[0]):  # The first value alone would tell the opposite.
        start = f"{number(first.mean())} (mean of the first {window} values)"
    return f"Training {what.name} {'falls' if falls else 'rises'} from {start} to {end}."


def _noise(values: pd.Series) -> float:
    """Return the variance without the trend: half the mean square of the differences between neighbors.

    J. von Neumann and others, "The mean square successive difference", Annals of Mathematical
    Statistics 12, 1941. The usual variance would take the steep fall of the first steps for noise.
    """
    return float((values.diff() ** 2).mean() / 2)


def _validation_sentence(metrics: pd.DataFrame, what: Quantity) -> str:
    values, label = validation(metrics, what)
    if values.empty:
        return "Without validation loss, overfitting cannot be seen." if what.lower_is_better else ""
    last = f"{number(values.iloc[-1])} at step {values.index[-1]}"
    if label != f"full validation {what.name}":
        return f"The last {label} is {last}; a part is too little to judge overfitting by it."
    step = best_step(values, lower_is_better=what.lower_is_better)
    order = "lowest" if what.lower_is_better else "highest"
    lowest = f"{label} is {order} at step {step}: {number(values[step])}".capitalize()
    if len(values) <= 2:
        times = "once" if len(values) == 1 else "twice"
        return f"The last {label} is {last}; measured {times}, it cannot show overfitting yet."
    if not what.lower_is_better or find_divergence(metrics):
        return f"{lowest}; the last is {last}."
    overfitting = find_overfitting(metrics)
    if overfitting:
        return f"{lowest}. It then rises to {last} ({percent(overfitting.rise)}): the job overfits."
    if step == values.index[-1]:
        return f"{lowest}, the last measurement: no sign of overfitting."
    if number(values.iloc[-1]) == number(values[step]):
        return f"{lowest}; the last, at step {values.index[-1]}, is the same: no sign of overfitting."
    rise = share_above(values.iloc[-1], values[step])
    if rise <= REAL_RISE or values.iloc[-1] - values[step] <= SMALLEST_RISE:
        return f"{lowest}; the last is {last}: too small a rise to call it overfitting."
    return (
        f"{lowest}; the last is {last} ({percent(rise)}): perhaps the beginning of overfitting, "
        "but too short or too uneven a rise to be sure."
    )


def describe_runs(runs: Mapping[str, pd.DataFrame]) -> str:
    """Say what `compare_runs` shows, one line for each job and one for the best.

    Args:
        runs: name → table of `metrics_frame`.

    Returns:
        The lines; the best job first. Losses of different validation files do not compare.
    """
    if not runs:
        return "There is no job to compare."
    what = quantity(pd.concat(runs.values()))
    lines: dict[str, str] = {}
    for name, run in runs.items():
        values, label = validation(run, what)
        if values.empty:
            lines[name] = f"{name}: no validation {what.name}."
            continue
        step = best_step(values, lower_is_better=what.lower_is_better)
        order = "lowest" if what.lower_is_better else "highest"
        lines[name] = f"{name}: {order} {label} {number(values[step])} at step {step}"
        overfitting = find_overfitting(run)
        if overfitting:
            rise = f"{number(overfitting.last)} at step {overfitting.last_step}"
            lines[name] += f", then {rise} ({percent(overfitting.rise)}: overfitting)."
        else:
            lines[name] += f"; last {number(values.iloc[-1])} at step {values.index[-1]}."
    best = _comparable(runs, what)
    if not best:
        return "\n".join([*lines.values(), f"Without validation {what.name}, no job can be called the best."])
    order = sorted(best, key=lambda name: best[name][0], reverse=not what.lower_is_better)
    rest = [name for name in lines if name not in best]
    return "\n".join([*(lines[name] for name in [*order, *rest]), _verdict(order, best)])


def _verdict(order: list[str], best: dict[str, tuple[float, int]]) -> str:
    """Name the best job, if there is one: a job alone is not the best, and equal ones are equal."""
    shown = {name: number(best[name][0]) for name in order}
    equal = [name for name in order if shown[name] == shown[order[0]]]
    if len(order) == 1:
        return f"There is no other job to compare {order[0]} with."
    if len(equal) > 1:
        return f"Equal on validation data: {', '.join(equal)}."
    return f"Best on validation data: {order[0]}."


def _comparable(runs: Mapping[str, pd.DataFrame], what: Quantity) -> dict[str, tuple[float, int]]:
    """Return the best validation value of each job and its step.

    The loss of a part of the file jumps, so its lowest value is low by chance. It is never
    compared with that of the whole file.
    """
    found = {name: validation(run, what) for name, run in runs.items()}
    found = {name: values for name, values in found.items() if len(values[0])}
    full = f"full validation {what.name}"
    kind = full if any(label == full for _, label in found.values()) else None
    best = {}
    for name, (values, label) in found.items():
        if kind in (None, label):
            step = best_step(values, lower_is_better=what.lower_is_better)
            best[name] = (float(values[step]), step)
    return best
