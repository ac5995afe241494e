"""The table of all kinds of issues, by code, and the one way to make an issue.

`DATASET_CODES.md` shows it; a test keeps both equal. A code that OpenAI's cookbook notebook
`Chat_finetuning_data_prep` has keeps its name.
"""

from collections.abc import Mapping

from finetune_dataset.rules.issues.file_kinds import FILE_KINDS
from finetune_dataset.rules.issues.issue import Issue, IssueKind
from finetune_dataset.rules.issues.quality_kinds import QUALITY_KINDS
from finetune_dataset.rules.issues.row_kinds import ROW_KINDS

_PATH_LENGTH = 300

VALIDATION_KINDS: dict[str, IssueKind] = FILE_KINDS | ROW_KINDS
"""Code → kind, for `validate_dataset`."""

KINDS: dict[str, IssueKind] = VALIDATION_KINDS | QUALITY_KINDS
"""Code → kind, also for `check_quality`."""


def issue(
    code: str, path: str, found: str, *, expected: str | None = None, fix: str | None = None, line: int = 0
) -> Issue:
    """Make an issue in the words of its kind.

    Args:
        code: The code; it stands in the table.
        path: Place inside the row; "" for the whole row.
        found: What is there.
        expected: What should be there, where the case says it more exactly than the table.
        fix: What to do, where it depends on the case.
        line: Line in the file, counted from 1; 0 for the whole file, or when the caller adds it.

    Raises:
        KeyError: The code is not in the table.
    """
    kind = KINDS[code]
    path = path if len(path) <= _PATH_LENGTH else path[:_PATH_LENGTH] + "..."  # A key can be megabytes long.
    return Issue(line, path, code, kind.severity, found, expected or kind.expected, fix or kind.fix)


def as_markdown(kinds: Mapping[str, IssueKind]) -> str:
    """Return a table as it stands in `DATASET_CODES.md`."""
    cells = [(f"`{code}`", kind.severity, kind.meaning, kind.fix) for code, kind in kinds.items()]
    # A bar in a text would end its cell.
    rows = ["| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in cells]
    return "\n".join(["| Code | Severity | Meaning | What to do |", "|---|---|---|---|", *rows])
