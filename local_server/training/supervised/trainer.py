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
from local_server.training.reporter import FULL_VALIDATION_BATCH, TrainingFailed, score
from local_server.training.rows.progress import Progress
from local_server.training.rows.tokenize import IGNORED, MAX_FURTHER, read_chunks, tokenize_rows
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
    """Read the rows of a file as tokens. Rows that are too long are cut off at the end, as at OpenAI.

    Args:
        path: Of validated rows, named after the file's part in the job.
        tokenizer: Of the model.
        context: Tokens that the model can read.
        log: Where it is said that rows were cut off, and how far the reading is when it takes long.

    Returns:
        From `tokenize_rows`.

    Raises:
        TrainingFailed: A row has no answer that fits the model.
    """
    rows: list[dict[str, list[int]]] = []
    problems, cut = [], []
    progress = Progress(path, log)
    examples = 0
    for chunk in read_chunks(path):
        found = tokenize_rows([row for _, row in chunk], tokenizer, context)
        for (line, _), whole in zip(chunk, found, strict=True):
            if isinstance(whole, Exception):
                problems.append(f"Example {line} does not fit the chat template of the model: {whole}")
                continue
            if len(whole["input_ids"]) > context:
                cut.append(line)
            rows.append({name: values[:context] for name, values in whole.items()})
            if all(label == IGNORED for label in rows[-1]["labels"]):
                problems.append(
                    f"Example {line} has no answer within the first {context} tokens. "
                    "Shorten it or leave it out."
                )
        examples += len(chunk)
        progress.read(examples)
    if problems:
        first, *further = problems
        message = f"The job failed due to an invalid {path.stem} file. {first}"
        param = f"{path.stem}_file"
        raise TrainingFailed(message, f"invalid_{param}", param, further[:MAX_FURTHER])
    if cut:
        log.cut(_cut_message(path.stem, cut, len(rows), context))
    return rows


def _cut_message(part: str, cut: list[int], count: int, context: int) -> str:
    named = ", ".join(map(str, cut[:MAX_FURTHER])) + (", …" if len(cut) > MAX_FURTHER else "")
    examples = f"Example {named} was" if len(cut) == 1 else f"Examples {named} ({len(cut)} of {count}) were"
    return (
        f"{examples} cut off at the end: the model reads {context:,} tokens, and more were found in the "
        f"{part} file. What was cut off is not learned. Shorten or split them to keep it."
    )


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
