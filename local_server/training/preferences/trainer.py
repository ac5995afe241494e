"""TRL's trainer for pairs of answers, as it is used here."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import torch
from datasets import Dataset
from torch.nn.functional import logsigmoid
from transformers import PreTrainedModel, PreTrainedTokenizerBase
from trl import DPOConfig, DPOTrainer

from local_server.training.frame import on_one_device, settings
from local_server.training.measured.foretold import foretold
from local_server.training.measured.metrics import RewardMetrics
from local_server.training.specification import Chosen, Specification

if TYPE_CHECKING:
    from peft import PeftModel


class Compared(NamedTuple):
    """What a model makes of a batch of pairs.

    Args:
        losses: Of each pair, in nats.
        rewards: Of both answers of each pair, shape (2, pairs).
        right: How many tokens of the preferred answers the model ranked first.
        tokens: Of the preferred answers.
    """

    losses: torch.Tensor
    rewards: torch.Tensor
    right: int
    tokens: int


def compare(model: torch.nn.Module, batch: dict[str, torch.Tensor], beta: float) -> Compared:
    """Compare a model with the one that the job starts from, on a batch of pairs.

    Args:
        model: The model.
        batch: From `Collator`, with `reference`.
        beta: How strongly the model is held to the one that the job starts from.
    """
    batch = dict(batch)
    reference = batch.pop("reference")
    losses, right, trained = foretold(model, batch)
    rewards = beta * (-losses.sum(dim=1).view(2, -1) - reference.to(losses.device))
    pairs = rewards.shape[1]
    return Compared(
        -logsigmoid(rewards[0] - rewards[1]), rewards, int(right[:pairs].sum()), int(trained[:pairs].sum())
    )


class Trainer(DPOTrainer):
    """TRL's trainer with the same loss at less cost.

    On a CPU, TRL 1.16 scores the vocabulary at every position, of prompts and padding too.

    Attributes:
        measured: What the last batch has shown beside the loss.
        accuracy: Share of the tokens of its preferred answers that the model ranked first, from 0 to 1.
    """

    measured: RewardMetrics
    accuracy = 0.0

    # TRL would make tokens of texts, and read the pairs with the starting model at every start.
    def _prepare_dataset(self, dataset: Any, *_: object) -> Any:  # noqa: ANN401 - TRL's own types
        return dataset

    def _precompute_ref_logps(self, dataset: Any, *_: object) -> Any:  # noqa: ANN401
        return dataset

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: dict[str, torch.Tensor | Any],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> torch.Tensor:
        """The mean loss of a batch in nats, over its pairs."""
        found = compare(model, inputs, self.beta)
        chosen, rejected = found.rewards.detach().mean(dim=1).tolist()
        self.accuracy = found.right / found.tokens
        self.measured = {
            "train_chosen_reward": chosen,
            "train_rejected_reward": rejected,
            "train_reward_margin": chosen - rejected,
            "train_reward_accuracy": _share_won(found.rewards),
        }
        return found.losses.mean()


def made(
    model: "PreTrainedModel | PeftModel",
    config: DPOConfig,
    tokenizer: PreTrainedTokenizerBase,
    collate: Any,  # noqa: ANN401
    rows: list[dict[str, object]],
) -> Trainer:
    """Make the trainer.

    Args:
        model: The model to train, whole or with an adapter.
        config: From `config`.
        tokenizer: Of the model.
        collate: Makes batches of rows.
        rows: From `with_reference`.
    """
    trainer = Trainer(
        model,
        args=config,
        processing_class=tokenizer,
        data_collator=collate,
        train_dataset=Dataset.from_list(rows),
    )
    if "ref" in getattr(model, "peft_config", {}):
        # TRL's copy of the adapter, to compare with. We have compared, and it would be kept in checkpoints.
        cast("PeftModel", model).delete_adapter("ref")
    return trainer


def evaluate(model: torch.nn.Module, batches: list[dict[str, torch.Tensor]], beta: float) -> dict[str, float]:
    """Measure a model on pairs without training it.

    Args:
        model: The model.
        batches: From `Collator`, with `reference`.
        beta: Of the job.

    Returns:
        Over all pairs: mean loss in nats, margin of the rewards, share of the pairs whose preferred answer
        has the higher one; and the share of the preferred answers' tokens that the model ranked first.
    """
    found = [compare(model, batch, beta) for batch in batches]
    rewards = torch.cat([each.rewards for each in found], dim=1)
    chosen, rejected = rewards.mean(dim=1).tolist()
    return {
        "loss": float(torch.cat([each.losses for each in found]).mean()),
        "mean_token_accuracy": sum(each.right for each in found) / sum(each.tokens for each in found),
        "reward_margin": chosen - rejected,
        "reward_accuracy": _share_won(rewards),
    }


def _share_won(rewards: torch.Tensor) -> float:
    return float((rewards[0] > rewards[1]).float().mean())


def config(folder: Path, job: Specification, learning_rate: float, chosen: Chosen) -> DPOConfig:
    """Make TRL's settings.

    Args:
        folder: The job folder.
        job: The content of job.json.
        learning_rate: Of the first step; it falls to 0.
        chosen: What is trained.
    """
    return on_one_device(
        DPOConfig(
            **settings(folder, job, learning_rate, chosen),
            beta=job["beta"],
            # The rows have been cut to what the model reads.
            max_length=None,
            # Without it, TRL loads a second model.
            precompute_ref_log_probs=True,
            remove_unused_columns=False,
        )
    )
