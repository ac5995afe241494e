"""What a check of a dataset file found: issues and histograms, as data.

`validate_dataset` and `check_quality` make a `DatasetReport`. It prints well, and it becomes a table.
"""

from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finetune_dataset.display.html_text import html_text, plain_tables
from finetune_dataset.models import is_known
from finetune_dataset.rules.issues.issue import Issue, IssueLog
from finetune_dataset.rules.rows import Method

if TYPE_CHECKING:
    import pandas as pd


@dataclass
class Statistics:
    """Histograms of the rows without errors. `a + b` joins those of two parts of a file.

    Attributes:
        tokens_per_row: Published estimate of a row → number of such rows; empty without a model.
        turns_per_row: Messages in a row → number of such rows.
        messages_by_role: Role → number of its messages.
        tokens_by_role: Role → tokens of its texts; empty without a model.
    """

    tokens_per_row: Counter[int] = field(default_factory=Counter)
    turns_per_row: Counter[int] = field(default_factory=Counter)
    messages_by_role: Counter[str] = field(default_factory=Counter)
    tokens_by_role: Counter[str] = field(default_factory=Counter)

    @property
    def tokens(self) -> int:
        """Sum of the estimates of all rows."""
        return sum(tokens * rows for tokens, rows in self.tokens_per_row.items())

    def __add__(self, other: "Statistics") -> "Statistics":
        """Join the histograms of two parts of a file."""
        return Statistics(
            self.tokens_per_row + other.tokens_per_row,
            self.turns_per_row + other.turns_per_row,
            self.messages_by_role + other.messages_by_role,
            self.tokens_by_role + other.tokens_by_role,
        )


# A printed report shows this many of each code; the table has all that are kept.
SHOWN_PER_CODE = 20
_COLUMNS = ("line", "path", "code", "severity", "detail", "fix")


@dataclass
class DatasetReport:
    """What `validate_dataset` found in one file.

    Attributes:
        path: The file.
        method: How the rows train: "supervised", "dpo" or "reinforcement".
        model: The model that tokens are counted for; None when nobody asked for tokens.
        n_rows: Number of examples in the file, good and bad.
        log: All issues, counted and kept; read them through `problems`, `issues`, `errors` and `counts`.
        statistics: Histograms of tokens, turns and roles.
        skipped: What a quality check could not look at, one sentence for each file.
    """

    path: Path
    method: Method = "supervised"
    model: str | Path | None = None
    n_rows: int = 0
    log: IssueLog = field(default_factory=IssueLog)
    statistics: Statistics = field(default_factory=Statistics)
    skipped: list[str] = field(default_factory=list)

    @property
    def problems(self) -> list[Issue]:
        """The issues in line order; the first 10,000 of each code."""
        return sorted(self.log.kept, key=lambda issue: (issue.line, issue.path != ""))

    @property
    def counts(self) -> Counter[str]:
        """Number of issues per code, with those that `problems` leaves out."""
        return self.log.counts

    @property
    def errors(self) -> list[Issue]:
        """The issues that would make a job fail, or train on nothing."""
        return [issue for issue in self.problems if issue.severity == "error"]

    @property
    def ok(self) -> bool:
        """True when the file can be used for training; warnings may remain."""
        return not self.errors

    @property
    def tokens(self) -> int | None:
        """Published token estimate for one pass over the rows without errors; None without a model."""
        return None if self.model is None else self.statistics.tokens

    @property
    def issues(self) -> "pd.DataFrame":
        """The issues as a table: line, path, code, severity, detail, fix."""
        import pandas as pd  # Here, so that a server can validate a file without loading pandas.

        plain_tables()
        rows = [[getattr(issue, column) for column in _COLUMNS] for issue in self.problems]
        return pd.DataFrame(rows, columns=list(_COLUMNS))

    def add(self, issue: Issue) -> None:
        """Add an issue that another check found."""
        self.log.add(issue)

    @property
    def notes(self) -> list[str]:
        """What a reader should know beside the issues: what the printed report leaves out, and why."""
        more = [
            f"{code}: {count - SHOWN_PER_CODE:,} more"
            for code, count in self.counts.items()
            if count > SHOWN_PER_CODE
        ]
        if self.model is not None and not is_known(self.model):
            more.append(
                f"The tokens are a guess: {self.model} is not in our table of models. "
                "For a model on this computer, give its folder."
            )
        if self.method == "reinforcement":
            more.append("A reinforcement job also needs a validation file; check it the same way.")
        return more + self.skipped

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain data that JSON can hold."""
        return {
            "path": str(self.path),
            "method": self.method,
            "model": None if self.model is None else str(self.model),
            "n_rows": self.n_rows,
            "ok": self.ok,
            "tokens": self.tokens,
            "counts": dict(self.counts),
            "issues": [{**asdict(issue), "detail": issue.detail} for issue in self.problems],
            # Not by `asdict`: it would count the pairs of a Counter.
            "statistics": {name: dict(counts) for name, counts in vars(self.statistics).items()},
            "notes": self.notes,
        }

    def __repr__(self) -> str:
        """Return a headline, the first issues of each code, and the notes."""
        return "\n  ".join([self._headline(), *map(str, self._shown()), *self.notes])

    def _repr_html_(self) -> str:
        # JupyterLab aligns cells to the right, which is for numbers; these are sentences.
        cell = '<td style="text-align: left">{}</td>'
        rows = [
            "".join(cell.format(html_text(getattr(issue, column))) for column in _COLUMNS)
            for issue in self._shown()
        ]
        head = "".join(f'<th style="text-align: left">{column}</th>' for column in _COLUMNS)
        table = f"<table><tr>{head}</tr>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>" if rows else ""
        notes = "".join(f"<p>{html_text(note)}</p>" for note in self.notes)
        return f"<p>{html_text(self._headline())}</p>{table}{notes}"

    def _headline(self) -> str:
        model = self.model.name if isinstance(self.model, Path) else self.model
        tokens = "" if self.tokens is None else f", {self.tokens:,} tokens for {model}"
        found = ", ".join(f"{count} × {code}" for code, count in self.counts.items())
        rows = f"{self.n_rows} row{'' if self.n_rows == 1 else 's'}"
        return f"{self.path.name}: {rows}{tokens}, {found or 'no problems found'}"

    def _shown(self) -> list[Issue]:
        shown: list[Issue] = []
        seen: Counter[str] = Counter()
        for issue in self.problems:
            seen[issue.code] += 1
            if seen[issue.code] <= SHOWN_PER_CODE:
                shown.append(issue)
        return shown
