"""Say in words what the loss curves of jobs show, for readers who cannot see them."""

import math
from collections.abc import Mapping

import pandas as pd

from helpers.jobs.losses.overfitting import REAL_RISE, SMALLEST_RISE
from helpers.jobs.losses.report import LossReport, best_values, read_losses, read_runs
from helpers.jobs.losses.values import number, percent, share_above


def describe_loss(metrics: pd.DataFrame, *, checkpoints: pd.DataFrame | None = None) -> str:
    """Say what `plot_loss` shows, in one to three sentences, for readers who cannot see it.

    It says what can be known from the measurements, and that nothing can be said where
    they are too few.

    Args:
        metrics: The table given to `plot_loss`.
        checkpoints: Described in place of metrics that have no value.

    Returns:
        From where to where the training went; the best full validation; whether there
        is a sign of overfitting; whether the training diverges.

    Raises:
        FineTuneError: The table has no column "step".
    """
    return loss_sentences(read_losses(metrics, checkpoints=checkpoints))


def loss_sentences(report: LossReport) -> str:
    """Say what a report says, as `describe_loss` does.

    Args:
        report: The losses, read by `read_losses`.

    Returns:
        One to three sentences.
    """
    if report.empty:
        return f"No {report.quantity.name} has been reported."
    sentences = [_training_sentence(report), _rise_sentence(report), _validation_sentence(report)]
    return " ".join(filter(None, sentences))


def _training_sentence(report: LossReport) -> str:
    values, name, window = report.training, report.quantity.name, report.window
    if values.empty and report.rise:  # Then it is no number, and never was.
        return f"Training {name} is no number from step {report.rise.step} on: the training has diverged."
    if values.empty:
        return f"No training {name} has been reported yet."
    start = f"{number(values.iloc[0])} at step {values.index[0]}"
    if window is None:
        to = f", then {number(values.iloc[-1])} at step {values.index[-1]}" if len(values) > 1 else ""
        many = f"{len(values)} values are" if len(values) > 1 else "one value is"
        return f"Training {name} is {start}{to}; {many} too few to see a direction."
    first, last = values.iloc[:window], values.iloc[-window:]
    end = f"{number(last.mean())} (mean of the last {window} values, up to step {values.index[-1]})"
    # Twice the standard error of a difference: the usual limit for two means (95 %).
    if abs(last.mean() - first.mean()) <= 2 * math.sqrt((_noise(first) + _noise(last)) / window):
        return f"Training {name} shows no clear direction: {start}, at the end {end}."
    falls = last.mean() < first.mean()
    if falls != (last.mean() < values.iloc[0]):  # The first value alone would tell the opposite.
        start = f"{number(first.mean())} (mean of the first {window} values)"
    return f"Training {name} {'falls' if falls else 'rises'} from {start} to {end}."


def _noise(values: pd.Series) -> float:
    """Return the variance without the trend: half the mean square of the differences between neighbors.

    J. von Neumann and others, "The mean square successive difference", Annals of Mathematical
    Statistics 12, 1941. The usual variance would take the steep fall of the first steps for noise.
    """
    return float((values.diff() ** 2).mean() / 2)


def _rise_sentence(report: LossReport) -> str:
    rise = report.rise
    if rise is None or report.training.empty:
        return ""
    if rise.is_no_number:
        return f"From step {rise.step} on it is no number: the training has diverged."
    return (
        f"Its mean was {number(rise.lowest)} around step {rise.step}, and has risen since by more "
        f"than its usual jumps{': the training diverges' if rise.diverges else ''}."
    )


def _validation_sentence(report: LossReport) -> str:
    values, what, label = report.validation, report.quantity, report.validation_name
    if values.empty and report.training.empty and report.rise:
        return ""  # All is said.
    if values.empty:
        return "Without validation loss, overfitting cannot be seen." if what.lower_is_better else ""
    final, final_step = float(values.iloc[-1]), values.index[-1]
    last = f"{number(final)} at step {final_step}"
    if not report.has_full_validation:
        return f"The last {label} is {last}; a part is too little to judge overfitting by it."
    step = what.best_step(values)
    best = float(values[step])
    lowest = f"{label} is {what.best_is} at step {step}: {number(best)}".capitalize()
    if len(values) <= 2:
        times = "once" if len(values) == 1 else "twice"
        return f"The last {label} is {last}; measured {times}, it cannot show overfitting yet."
    if not what.lower_is_better or report.diverges:
        return f"{lowest}; the last is {last}."
    if report.overfitting:
        return f"{lowest}. It then rises to {last} ({percent(report.overfitting.rise)}): the job overfits."
    if step == final_step:
        return f"{lowest}, the last measurement: no sign of overfitting."
    if number(final) == number(best):
        return f"{lowest}; the last, at step {final_step}, is the same: no sign of overfitting."
    rise = share_above(final, best)
    if rise <= REAL_RISE or final - best <= SMALLEST_RISE:
        return f"{lowest}; the last is {last}: too small a rise to call it overfitting."
    return (
        f"{lowest}; the last is {last} ({percent(rise)}): perhaps the beginning of overfitting, "
        "but too short or too uneven a rise to be sure."
    )


def describe_runs(runs: Mapping[str, pd.DataFrame]) -> str:
    """Say what `compare_runs` shows, one line for each job and one for the best.

    Args:
        runs: Name → table of `metrics_frame`.

    Returns:
        The lines; the best job first. Losses of different validation files do not compare.

    Raises:
        FineTuneError: A table has no column "step".
    """
    if not runs:
        return "There is no job to compare."
    reports = read_runs(runs)
    lines = {name: f"{name}: {_run_words(report)}" for name, report in reports.items()}
    best = best_values(reports)
    if not best:
        what = next(iter(reports.values())).quantity
        return "\n".join([*lines.values(), f"Without validation {what.name}, no job can be called the best."])
    rest = [name for name in lines if name not in best]
    shown = {name: number(value) for name, (value, _) in best.items()}
    return "\n".join([*(lines[name] for name in [*best, *rest]), _verdict(shown)])


def _run_words(report: LossReport) -> str:
    values, what, rise = report.validation, report.quantity, report.rise
    if rise and rise.is_no_number:
        seen = f"; {_best_words(report)}" if len(values) else ""
        return f"diverged, the training loss is no number from step {rise.step} on{seen}."
    if values.empty:
        return f"no validation {what.name}."
    best = _best_words(report)
    if report.overfitting:
        last = f"{number(report.overfitting.last)} at step {report.overfitting.last_step}"
        return f"{best}, then {last} ({percent(report.overfitting.rise)}: overfitting)."
    return f"{best}; last {number(values.iloc[-1])} at step {values.index[-1]}."


def _best_words(report: LossReport) -> str:
    values, what = report.validation, report.quantity
    step = what.best_step(values)
    return f"{what.best_is} {report.validation_name} {number(values[step])} at step {step}"


def _verdict(shown: Mapping[str, str]) -> str:
    """Name the best job, if there is one: a job alone is not the best, and equal ones are equal.

    `shown` has each job's value as it is written, the best first.
    """
    first = next(iter(shown))
    equal = [name for name, value in shown.items() if value == shown[first]]
    if len(shown) == 1:
        return f"There is no other job to compare {first} with."
    if len(equal) > 1:
        return f"Equal on validation data: {', '.join(equal)}."
    return f"Best on validation data: {first}."
