"""TRL's trainer as it is used here: rows in, one step after the other."""

from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedTokenizerBase
from trl import SFTConfig, SFTTrainer

from local_server.training import specification
from local_server.training.choice.memory import Load, Size
from local_server.training.frame import on_one_device, settings
from local_server.training.job_log import Log
from local_server.training.measured.foretold import foretold
from local_server.training.measured.validation import FULL_VALIDATION_BATCH
from local_server.training.rows.reading import read_tokens
from local_server.training.rows.tokenize import IGNORED
from local_server.training.specification import Chosen

# Scores of the vocabulary that a validation may hold at once: 130 MB in float32. The tiny model stays below
# with every row that it can read.
_SCORES_AT_ONCE = FULL_VALIDATION_BATCH * 1024 * 2048


class Trainer(SFTTrainer):
    """TRL's trainer with the same loss at less cost.

    On a CPU, TRL 1.16 scores the vocabulary at every position, of prompts and padding too, and once more for
    the gradient: together a tenth of a step (measured Nov 2026).
    """

    accuracy = 0.0
    """Share of the last batch's trained tokens that the model ranked first, from 0 to 1."""

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: dict[str, torch.Tensor | Any],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> torch.Tensor:
        """The mean loss of a batch in nats, over its trained tokens."""
        loss, right, count = score(model, inputs)
        self.accuracy = right / count
        return loss / count


def tokenized(
    path: Path, tokenizer: PreTrainedTokenizerBase, context: int, log: Log
) -> list[dict[str, list[int]]]:
    """Read the rows of a file as tokens; arguments and errors as in `read_tokens`."""
    return [row for (row,) in read_tokens(path, tokenizer, context, log, lambda row: [row])]


def score(model: torch.nn.Module, batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, int, int]:
    """Let a model foretell the trained tokens of a batch.

    Args:
        model: The model.
        batch: As in `foretold`.

    Returns:
        The sum of the loss in nats, the number of tokens that the model ranked first, and the number of
        trained tokens.
    """
    losses, right, trained = foretold(model, batch)
    return losses.sum(), int(right.sum()), int(trained.sum())


def evaluate(model: torch.nn.Module, batches: list[dict[str, torch.Tensor]]) -> dict[str, float]:
    """Measure a model without training it.

    Args:
        model: The model.
        batches: Padded; labels are -100 where nothing counts.

    Returns:
        Over the trained tokens of all batches: mean loss in nats, and share that the model ranked first.
    """
    losses, right, counts = zip(*[score(model, batch) for batch in batches], strict=True)
    return {
        "loss": float(sum(losses) / sum(counts)),
        "mean_token_accuracy": sum(right) / sum(counts),
    }


def load_of(rows: list[dict[str, list[int]]], batch_size: int) -> Load:
    """What the largest step has to read, at most."""
    labels = [[token != IGNORED for token in row["labels"]] for row in rows]
    longest = max(map(len, labels))
    return Load(
        rows=min(batch_size, len(rows)),
        tokens=longest,
        # Rows of a batch can be trained at different places.
        trained=min(longest, batch_size * max(map(sum, labels))),
    )


def validation_rows(size: Size, rows: list[dict[str, list[int]]]) -> int:
    """How many validation rows are read at once: a large vocabulary needs much memory for each token."""
    longest = max(len(row["input_ids"]) for row in rows)
    return max(1, min(FULL_VALIDATION_BATCH, _SCORES_AT_ONCE // (longest * size.vocabulary)))


def config(folder: Path, job: specification.Specification, learning_rate: float, chosen: Chosen) -> SFTConfig:
    """Make TRL's settings.

    Args:
        folder: The job folder.
        job: The content of job.json.
        learning_rate: Of the first step; it falls to 0.
        chosen: What is trained.
    """
    return on_one_device(
        SFTConfig(
            **settings(folder, job, learning_rate, chosen),
            dataset_kwargs={"skip_prepare_dataset": True},
        )
    )
