"""What is measured at a step: the data of an event, and the columns of the result file."""

from typing import TypedDict


class ValidationMetrics(TypedDict, total=False):
    """What was measured on validation rows at one step; losses in nats per token, accuracies from 0 to 1.

    Attributes:
        valid_loss: Of one small batch.
        valid_mean_token_accuracy: Share of its trained tokens that the model ranked first.
        full_valid_loss: Of all rows, where an epoch ends.
        full_valid_mean_token_accuracy: Of the same rows.
    """

    valid_loss: float
    valid_mean_token_accuracy: float
    full_valid_loss: float
    full_valid_mean_token_accuracy: float


class TrainMetrics(TypedDict):
    """What a method measures on the batch of a step beside the loss.

    Attributes:
        train_mean_token_accuracy: Share of the trained tokens that the model ranked first, from 0 to 1.
    """

    train_mean_token_accuracy: float


class StepMetrics(TrainMetrics, ValidationMetrics):
    """What was measured at one step.

    Attributes:
        step: Counted from 1.
        total_steps: Of the whole job.
        train_loss: Mean over the trained tokens of the step's batch, in nats.
    """

    step: int
    total_steps: int
    train_loss: float
