"""Pairs of answers as tokens."""

from pathlib import Path
from typing import Any, NamedTuple

import torch
from transformers import PreTrainedTokenizerBase
from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

from finetune_dataset.chat import PREFERRED, PROMPT, REJECTED
from local_server.training.choice.memory import Load
from local_server.training.job_log import Log
from local_server.training.rows.reading import Tokens, read_tokens
from local_server.training.rows.tokenize import IGNORED


class Pair(NamedTuple):
    """Two answers after the same prompt, each with it; only the tokens of the answers have labels.

    Args:
        chosen: `input_ids` and `labels` of the better one.
        rejected: Of the other one.
    """

    chosen: Tokens
    rejected: Tokens

    @property
    def tokens(self) -> int:
        """Those of the prompt once, and those of both answers. No bill for pairs is public."""
        prompt = next(place for place, label in enumerate(self.chosen["labels"]) if label != IGNORED)
        return len(self.chosen["input_ids"]) + len(self.rejected["input_ids"]) - prompt


def read_pairs(path: Path, tokenizer: PreTrainedTokenizerBase, context: int, log: Log) -> list[Pair]:
    """Read the rows of a file as tokens; arguments and errors as in `read_tokens`."""
    return [Pair(*both) for both in read_tokens(path, tokenizer, context, log, _chats)]


def _chats(row: dict[str, Any]) -> list[dict[str, Any]]:
    prompt = row[PROMPT]
    # Earlier answers belong to the question: both sides have them.
    asked = [
        {**message, "weight": 0} if message["role"] == "assistant" else message
        for message in prompt["messages"]
    ]
    answers = ([{**each, "weight": 1} for each in row[side]] for side in (PREFERRED, REJECTED))
    return [{**prompt, "messages": asked + answer} for answer in answers]


def load_of(pairs: list[Pair], batch_size: int) -> Load:
    """What the largest step has to read, at most: each pair is two rows."""
    sides = [side for pair in pairs for side in pair]
    longest = max(len(side["input_ids"]) for side in sides)
    rows = 2 * min(batch_size, len(pairs))
    most = max(sum(label != IGNORED for label in side["labels"]) for side in sides)
    return Load(rows=rows, tokens=longest, trained=min(longest, rows * most))


class Collator:
    """Makes one padded batch of pairs: first all preferred answers, then the others in the same order.

    Args:
        pad_token: Id of the token that fills the shorter ones up.
        multiple: Of which the length is one; None for any.
    """

    def __init__(self, pad_token: int, multiple: int | None) -> None:
        self._pad = DataCollatorForLanguageModeling(pad_token, pad_to_multiple_of=multiple)

    def __call__(self, rows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """Make the batch, with `reference` where the rows have it: shape (2, pairs)."""
        sides = [row[name] for name in ("chosen", "rejected") for row in rows]
        batch: dict[str, torch.Tensor] = self._pad(sides)
        if "reference" in rows[0]:
            batch["reference"] = torch.tensor([row["reference"] for row in rows]).t().contiguous()
        return batch
