"""How services word a training step and name its numbers.

The texts changed with the years, and every service has its own. What is listed
here was read in public job logs and guides; any other text is left alone.
"""

import re

METRICS = (
    "train_loss",
    "train_mean_token_accuracy",
    "valid_loss",
    "valid_mean_token_accuracy",
    "full_valid_loss",
    "full_valid_mean_token_accuracy",
    "train_mean_reward",
    "full_valid_mean_reward",
)
"""Metric names in events and checkpoints.

Losses and accuracies: public OpenAI job logs, Aug 2024. Rewards: OpenAI's guide
to reinforcement fine-tuning, May 2025; Microsoft's notebooks use them too, Jan 2026.
"""

PREFERENCE_METRICS = (
    "train_chosen_reward",
    "train_rejected_reward",
    "train_reward_margin",
    "train_reward_accuracy",
    "valid_reward_margin",
    "valid_reward_accuracy",
    "full_valid_reward_margin",
    "full_valid_reward_accuracy",
)
"""What only a job with the method `dpo` reports; a table has these columns where its job has such numbers.

Names of the local server. No job log of another service with such numbers is public; a client of Azure looks
for `train_reward_margin` and `train_reward_accuracy` (public code, Nov 2026).
"""

# "Step 10: " (OpenAI, Aug 2023; Azure, Dec 2025), "Step 131/303: " (OpenAI, Dec 2023),
# "Step 10/20 , " (OpenAI's reinforcement guide, May 2025: a blank before the comma).
_STEP = re.compile(r"Step (\d+)(?:/(\d+))? ?[:,]")
_VALUE = re.compile(r"(\w[\w ]*)=([^\s,]+)")
_LABELS = {
    "training loss": "train_loss",
    "validation loss": "valid_loss",
    "full validation loss": "full_valid_loss",
    "train mean reward": "train_mean_reward",
    "full validation mean reward": "full_valid_mean_reward",
}
# With a snapshot id in public logs of 2024 and 2025; without one where a service only reports the step.
_CHECKPOINT = re.compile(r"Checkpoint created at step (\d+)(?:.*Snapshot ID: (\S+))?")


def numbers_in(message: str) -> dict[str, str]:
    """Read the step and its metrics from an event's message.

    Args:
        message: Such as "Step 10/100: training loss=0.50".

    Returns:
        Texts under step, total_steps and the names in METRICS; empty for a message
        that reports no step.
    """
    found = _STEP.match(message)
    if not found:
        return {}
    step, total = found.groups()
    numbers = {"step": step} if total is None else {"step": step, "total_steps": total}
    for label, value in _VALUE.findall(message, found.end()):
        if label in _LABELS:
            numbers[_LABELS[label]] = value
    return numbers


def checkpoint_in(message: str) -> tuple[str, str] | None:
    """Read which checkpoint an event's message announces.

    Args:
        message: Such as "Checkpoint created at step 100 with Snapshot ID: ft:...:ckpt-step-100".

    Returns:
        The step and the model name, "" where the message has none; None for another message.
    """
    found = _CHECKPOINT.match(message)
    return (found[1], found[2] or "") if found else None


def real_number(value: object) -> float | None:
    """Read a metric; services send numbers, and texts such as "3.81E-06" or "inf".

    Args:
        value: What stands in `data`, in a message or in a cell.

    Returns:
        The number; None for "nan" and for anything that is no number.
    """
    try:
        # What is no number at all raises TypeError.
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return None if number != number else number


def whole_number(value: object) -> int | None:
    """Read a count of steps; some services send it as 100.0 (Azure, May 2024).

    Args:
        value: What stands in `data`, in a message or in a cell.

    Returns:
        The number; None for anything that is no whole number from 0 to 2**53.
    """
    number = real_number(value)
    return int(number) if number is not None and 0 <= number <= 2**53 and number.is_integer() else None
