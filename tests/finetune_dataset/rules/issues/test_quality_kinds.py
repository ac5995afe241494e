"""Every code of the quality checks has a test."""

from finetune_dataset.rules.issues.quality_kinds import QUALITY_KINDS
from helpers.paths import ROOT


def test_every_code_of_the_table_is_tested_with_the_quality_checks():
    files = sorted((ROOT / "tests" / "finetune_dataset" / "quality").rglob("test_*.py"))
    tests = "".join(path.read_text(encoding="utf-8") for path in files)

    assert [code for code in QUALITY_KINDS if f'"{code}"' not in tests] == []
