"""What tests of the checker share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from finetune_dataset.report import DatasetReport
from finetune_dataset.validate import validate_dataset


@pytest.fixture
def check(save: Callable[..., Path]) -> Callable[..., DatasetReport]:
    """Save a file, and validate it."""

    def validate(content: str | bytes, name: str = "train.jsonl", **options: object) -> DatasetReport:
        return validate_dataset(save(content, name), **options)

    return validate
