"""What is measured at a step: the data of an event and its words, and the columns of the result file."""

from typing import NotRequired, TypedDict

# In Python's own typing from 3.13 on.
from typing_extensions import TypeIs


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


class GraderMetrics(TypedDict):
    """What was measured at one step of a job of the method `reinforcement`, and no loss.

    Names of OpenAI's events (guide to reinforcement fine-tuning, 2025).

    Attributes:
        step: Counted from 1.
        total_steps: Of the whole job.
        train_mean_reward: Of all answers of the step, before it.
        full_valid_mean_reward: Of answers to all validation rows, after a step that has a validation.
        completion_tokens_mean: Tokens of an answer.
        reasoning_tokens_mean: 0: no model here reasons before it answers.
        mean_cut_answers: Share of answers that had no room for their end. A name of ours.
        scores: Mean rewards of each grader.
        errors: Share of the answers on which a grader has failed, by the flag of the failure.
    """

    step: int
    total_steps: int
    train_mean_reward: float
    full_valid_mean_reward: NotRequired[float]
    completion_tokens_mean: float
    reasoning_tokens_mean: float
    mean_cut_answers: float
    scores: NotRequired[dict[str, list[dict[str, float | str]]]]
    errors: NotRequired[dict[str, float]]


AnyMetrics = StepMetrics | GraderMetrics


def is_loss(metrics: AnyMetrics) -> TypeIs[StepMetrics]:
    """Whether a step has a loss, or else mean rewards."""
    return "train_loss" in metrics


def in_words(metrics: AnyMetrics) -> str:
    """The message of a step's event, in OpenAI's words.

    Args:
        metrics: Of the step.
    """
    step = f"Step {metrics['step']}/{metrics['total_steps']}"
    if is_loss(metrics):
        parts = [f"{step}: training loss={metrics['train_loss']:.2f}"]
        if "valid_loss" in metrics:
            parts.append(f"validation loss={metrics['valid_loss']:.2f}")
        if "full_valid_loss" in metrics:
            parts.append(f"full validation loss={metrics['full_valid_loss']:.2f}")
    else:
        # The blank before the comma is OpenAI's (guide to reinforcement fine-tuning, 2025).
        parts = [f"{step} ", f"train mean reward={metrics['train_mean_reward']:.2f}"]
        if "full_valid_mean_reward" in metrics:
            parts.append(f"full validation mean reward={metrics['full_valid_mean_reward']:.2f}")
    return ", ".join(parts)
