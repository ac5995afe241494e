"""What is measured at a step: the data of an event, and the columns of the result file."""

from typing import TypedDict


class ValidationMetrics(TypedDict, total=False):
    """What was measured on validation rows at one step; accuracies from 0 to 1.

    Losses are in nats: per trained token, or per pair of answers with the method `dpo`.

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


class RewardMetrics(TypedDict, total=False):
    """What only the method `dpo` measures.

    The reward of an answer: by how many nats the model finds it likelier than the model that the job starts
    from does, times beta.

    OpenAI's own names are not public. A client of Azure looks for `train_reward_margin` and
    `train_reward_accuracy` (found in Nov 2026); the others follow them.

    Attributes:
        train_chosen_reward: Of the preferred answers, mean over the step's batch, before the step.
        train_rejected_reward: Of the others.
        train_reward_margin: The difference of both.
        train_reward_accuracy: Share of the pairs whose preferred answer has the higher reward.
        valid_reward_margin: On one small batch of validation rows, after the step.
        valid_reward_accuracy: On the same batch.
        full_valid_reward_margin: On all validation rows, where an epoch ends.
        full_valid_reward_accuracy: On the same rows.
    """

    train_chosen_reward: float
    train_rejected_reward: float
    train_reward_margin: float
    train_reward_accuracy: float
    valid_reward_margin: float
    valid_reward_accuracy: float
    full_valid_reward_margin: float
    full_valid_reward_accuracy: float


class TrainMetrics(RewardMetrics):
    """What each method measures on the batch of a step beside the loss.

    Attributes:
        train_mean_token_accuracy: Share of the trained tokens that the model ranked first, from 0 to 1; of
            a pair those of the preferred answer.
    """

    train_mean_token_accuracy: float


class StepMetrics(TrainMetrics, ValidationMetrics):
    """What was measured at one step.

    Attributes:
        step: Counted from 1.
        total_steps: Of the whole job.
        train_loss: Mean over the trained tokens of the step's batch in nats, or over its pairs of answers.
    """

    step: int
    total_steps: int
    train_loss: float
