"""TRL's GRPO trainer as it is used here: many answers to a prompt, the better ones become likelier."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from datasets import Dataset
from trl import GRPOConfig, GRPOTrainer

from local_server.training import frame
from local_server.training.choice.memory import Load
from local_server.training.rewards.rollouts import Rollouts
from local_server.training.rewards.rows import Prompt
from local_server.training.specification import SMALL_PARAMETERS, Chosen, Specification

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

# Answers to each prompt at compute_multiplier 1; TRL's default, too. Fewer say less about which is better.
ANSWERS = 8
# Tokens that are read at once on the way to gradients: a step is taken after all parts.
_TOKENS_AT_ONCE = {True: 8192, False: 1024}


def answers_of(job: Specification) -> int:
    """How many answers each prompt gets in a step; at least two, or none would be better than another."""
    return max(2, round(ANSWERS * job.get("compute_multiplier", 1.0)))


def part(answers: int, longest: int, parameters: int) -> int:
    """How many answers of a step are read at once: as many as divide them, and as memory allows.

    Args:
        answers: Of a step.
        longest: Tokens of the longest prompt with its answer.
        parameters: Of the model.
    """
    most = max(1, _TOKENS_AT_ONCE[parameters < SMALL_PARAMETERS] // longest)
    return max(number for number in range(1, answers + 1) if answers % number == 0 and number <= most)


def load_of(rows: Sequence[Prompt], limit: int, at_once: int) -> Load:
    """What the largest part of a step has to read, at most."""
    longest = max(len(row.tokens) for row in rows) + limit
    return Load(rows=at_once, tokens=longest, trained=limit)


def config(
    folder: Path, job: Specification, rate: float, chosen: Chosen, *, at_once: int, limit: int
) -> GRPOConfig:
    """Make TRL's settings.

    Args:
        folder: The job folder.
        job: The content of job.json.
        rate: The learning rate of the first step; it falls to 0.
        chosen: What is trained.
        at_once: Answers that are read at once.
        limit: Tokens of an answer.
    """
    answers = answers_of(job)
    settings = frame.settings(folder, job, rate, chosen) | {
        # The rows of all epochs stand one after the other: so a job goes on where it stopped.
        "num_train_epochs": 1,
        "shuffle_dataset": False,
        "per_device_train_batch_size": at_once,
        "gradient_accumulation_steps": job["batch_size"] * answers // at_once,
        "num_generations": answers,
        "max_completion_length": limit,
        "temperature": 1.0,
        # No second model beside the one that is trained, as in TRL's default.
        "beta": 0.0,
    }
    return frame.on_one_device(GRPOConfig(**settings))


def trainer_of(
    model: "PreTrainedModel | PeftModel",
    tokenizer: "PreTrainedTokenizerBase",
    settings: GRPOConfig,
    rollouts: Rollouts,
    rows: Sequence[int],
) -> GRPOTrainer:
    """Make TRL's trainer.

    Args:
        model: What is trained.
        tokenizer: Of the model.
        settings: From `config`.
        rollouts: Answers and rewards.
        rows: The numbers of the rows in the order in which they are trained.
    """
    # The hook for own answers is new in TRL and may change: the lock file holds the version that is tested.
    os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"
    return GRPOTrainer(
        model,
        rollouts.reward,
        settings,
        Dataset.from_dict({"prompt": [str(row) for row in rows]}),
        processing_class=tokenizer,
        rollout_func=rollouts.answer,
    )
