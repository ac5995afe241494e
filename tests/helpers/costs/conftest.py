"""Reports of small training files, counted for a model."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from finetune_dataset.files import write_jsonl
from finetune_dataset.report import DatasetReport, Statistics
from finetune_dataset.tokens.count import count_row


@pytest.fixture
def word_model(tmp_path: Path) -> Path:
    """A local model's folder whose tokenizer has one token per word."""
    words = ["[UNK]", "tiktoken", "is", "great", "!"]
    tokenizer = Tokenizer(models.WordLevel({word: number for number, word in enumerate(words)}, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens(["<|user|>", "<|assistant|>", "<|end|>"])
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    return tmp_path


@pytest.fixture
def report_of(tmp_path: Path) -> Callable[..., DatasetReport]:
    """Make the report of a file with some rows, counted for a model."""

    def make(rows: list[dict], model: str | Path = "gpt-4o", method: str = "supervised") -> DatasetReport:
        path = tmp_path / "train.jsonl"
        write_jsonl(path, rows)
        tokens = Counter(count_row(row, model).total for row in rows)
        return DatasetReport(path, method, model, len(rows), statistics=Statistics(tokens_per_row=tokens))

    return make
