"""What tests of the quality checks share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from finetune_dataset.files import write_jsonl
from finetune_dataset.quality.check import check_quality
from finetune_dataset.report import DatasetReport


@pytest.fixture
def check(tmp_path: Path) -> Callable[..., DatasetReport]:
    """Write rows, also held-out ones, and judge them."""

    def run(rows: list[dict], **held_out: list[dict]) -> DatasetReport:
        paths = {}
        for name, part in {"train": rows, **held_out}.items():
            paths[name] = tmp_path / f"{name}.jsonl"
            write_jsonl(paths[name], part)
        report = check_quality(paths.pop("train"), **paths)
        assert report.n_rows == len(rows)
        return report

    return run
