"""What a check of a dataset file found: issues, as data.

`validate_dataset` makes a `Report`. It prints well, and it becomes a table.
"""

from collections import Counter
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

# Every problem is counted; this many of each code are kept, so that memory and messages stay small.
KEPT_PER_CODE = 20


@dataclass(frozen=True)
class Issue:
    """One problem in a dataset file.

    Attributes:
        line: Line in the file, counted from 1; 0 when the issue is about the whole file.
        path: Place inside the row, for example `messages[1].role`; "" for the whole row.
        code: Fixed name of the problem, for example `unrecognized_role`.
        severity: "error" (a job would fail, or train on nothing) or "warning".
        found: What is there.
        expected: What should be there.
        fix: What to do.
    """

    line: int
    path: str
    code: str
    severity: str
    found: str
    expected: str
    fix: str

    def __str__(self) -> str:
        place = ", ".join(filter(None, [f"line {self.line}" if self.line else "whole file", self.path]))
        return f"{place}: {self.code}: found {self.found}; expected {self.expected}. {self.fix}"


@dataclass
class Report:
    """What `validate_dataset` found in one file.

    Attributes:
        path: The file.
        rows: Number of examples in the file, good and bad.
        issues: Problems in line order; the first 20 of each code.
        counts: Number of problems per code, with those that `issues` leaves out.
    """

    path: Path
    rows: int = 0
    issues: list[Issue] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def errors(self) -> list[Issue]:
        """The issues that would make a job fail, or train on nothing."""
        return [issue for issue in self.issues if issue.severity == "error"]

    @property
    def ok(self) -> bool:
        """True when the file can be used for training; warnings may remain."""
        return not self.errors

    def add(self, issue: Issue) -> None:
        """Count an issue, and keep it if it is among the first of its code."""
        self.counts[issue.code] += 1
        if self.counts[issue.code] <= KEPT_PER_CODE:
            self.issues.append(issue)

    def to_frame(self) -> "pd.DataFrame":
        """Return a table with one row per kept issue and the fields of `Issue` as columns."""
        import pandas as pd  # Here, so that a server can validate a file without loading pandas.

        columns = [column.name for column in fields(Issue)]
        return pd.DataFrame([asdict(issue) for issue in self.issues], columns=columns)

    def __repr__(self) -> str:
        return "\n  ".join([self._headline(), *map(str, self.issues)])

    def _repr_html_(self) -> str:
        table = self.to_frame().to_html(index=False) if self.issues else ""
        # JupyterLab aligns cells to the right, which is for numbers; these are sentences.
        table = table.replace("<td>", '<td style="text-align: left">')
        return f"<p>{self._headline()}</p>{table}"

    def _headline(self) -> str:
        found = ", ".join(f"{count} × {code}" for code, count in self.counts.items())
        return f"{self.path.name}: {self.rows} rows, {found or 'no problems found'}"
