"""Metrics of jobs, written by hand: what the tests of the loss curves start from."""

import math
from pathlib import Path

import pandas as pd

from helpers.jobs.events import METRICS, checkpoints_frame

REAL_JOB = pd.read_csv(Path(__file__).with_name("course_job_2026_11_21.csv"))
"""A real job of the tiny model, recorded on 2026-11-21: 216 steps, three epochs, healthy."""


def metrics(train, valid=None, full=None, steps=None):
    """Metrics of len(train) steps; `valid` and `full` map a step to its loss."""
    steps = list(steps or range(1, len(train) + 1))
    frame = pd.DataFrame(math.nan, index=range(len(train)), columns=["step", "total_steps", *METRICS])
    frame["step"] = pd.array(steps, dtype="Int64")
    frame["total_steps"] = pd.array([max(steps, default=None)] * len(train), dtype="Int64")
    frame["train_loss"] = [float(loss) for loss in train]
    frame["valid_loss"] = frame["step"].map(valid or {}).astype(float)
    frame["full_valid_loss"] = frame["step"].map(full or {}).astype(float)
    return frame


def epochs(full, train=None):
    """A job of four steps an epoch, with these full validation losses; training falls unless given."""
    train = train or [4 / step for step in range(1, 4 * len(full) + 1)]
    return metrics(train, full={4 * (epoch + 1): loss for epoch, loss in enumerate(full)})


def rewards(train, full):
    """A reinforcement job: mean rewards and no loss."""
    steps = range(1, len(train) + 1)
    frame = pd.DataFrame({"step": steps, "total_steps": len(train), "train_mean_reward": train})
    return frame.assign(full_valid_mean_reward=[full.get(step, math.nan) for step in steps])


def preferences(margins, full):
    """A preference job: a loss that falls while the margin grows; `full` maps steps to margins."""
    frame = metrics([0.7 / (1 + margin) for margin in margins], full={step: 0.7 / step for step in full})
    frame["train_reward_margin"] = [float(margin) for margin in margins]
    return frame.assign(full_valid_reward_margin=frame["step"].map(full).astype(float))


def checkpoints(losses, column="full_valid_loss"):
    """Checkpoints as the SDK gives them; `losses` maps a step to the loss that it carries, or None."""
    return checkpoints_frame(
        {
            "step_number": step,
            "created_at": 0,
            "fine_tuned_model_checkpoint": f"ft:m:ckpt-step-{step}",
            "metrics": {column: loss},
        }
        for step, loss in losses.items()
    )


OVERFITTED = epochs([3.0, 2.0, 1.5, 1.6, 1.8, 2.0])
