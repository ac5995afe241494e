"""What can be wrong with a dataset that every service accepts: `check_quality`.

The checks read the file once, row by row, and keep counters, short hashes and, for near
duplicates, about 4 KB per example.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from finetune_dataset.quality.answers import Answers
from finetune_dataset.quality.damage.messages import DamagedText
from finetune_dataset.quality.examples import Example, Skipped, read_examples
from finetune_dataset.quality.leaks import Leaks
from finetune_dataset.quality.privacy import Privacy
from finetune_dataset.quality.repeats import Repeats
from finetune_dataset.quality.system_prompts import SystemPrompts
from finetune_dataset.report import DatasetReport
from finetune_dataset.rules.issues.issue import Issue


class Check(Protocol):
    """One kind of question about a file; it sees each example once."""

    def row(self, row: Example) -> Iterable[Issue]:
        """Look at one example, and give what can be said about it already."""

    def end(self) -> Iterable[Issue]:
        """Give what only the whole file can tell."""


def check_quality(
    path: str | Path, *, validation: str | Path | None = None, test: str | Path | None = None
) -> DatasetReport:
    """Find what makes a valid dataset a bad one.

    Repeated and nearly repeated examples, contradictions, unfinished or empty answers, slips in the
    system prompt, unbalanced classes, personal data and secrets (shown masked), damaged text
    (lost, garbled, hidden and escaped characters, markup); and, with
    `validation` or `test`, examples on both sides. Rows that are no chat are left to `validate_dataset`;
    a note counts them.

    Two kinds are errors, because what follows from them is worthless: a held-out prompt that is
    also trained (its score says nothing), and one same answer everywhere (there is nothing to learn).
    All others are warnings: only you know whether they are meant.

    Near copies are looked for among the first 100,000 different examples of a file, which keeps
    the memory below 500 MB; all other checks see all examples. Images are compared as they are
    written, so an example with images is never a near copy. Several preferences may share a prompt.

    Args:
        path: The training file; JSON Lines with chat or preference rows.
        validation: The validation file.
        test: The test file.

    Returns:
        A report like that of `validate_dataset`; lines are those of `path`.

    Raises:
        DatasetError: A file does not exist or cannot be opened.
    """
    report = DatasetReport(Path(path))
    checks: list[Check] = [Repeats(), Answers(), SystemPrompts(), Privacy(), DamagedText()]
    held_out = [Path(other) for other in (validation, test) if other is not None]
    if held_out:
        leaks = Leaks()
        for other in held_out:
            skipped = Skipped()
            _add(report, leaks.hold_out(other, skipped))
            report.skipped += skipped.notes(other)
        checks.append(leaks)
    skipped = Skipped()
    for row in read_examples(path, skipped):
        report.n_rows += 1
        for check in checks:
            _add(report, check.row(row))
    for check in checks:
        _add(report, check.end())
    report.skipped += skipped.notes(report.path)
    return report


def _add(report: DatasetReport, issues: Iterable[Issue]) -> None:
    for each in issues:
        report.add(each)
