"""One problem in a dataset file, its kind, and a log that stays small."""

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

Severity: TypeAlias = Literal["error", "warning"]
"""An error makes a job fail, or train on nothing; a warning does not."""

# All problems are counted; this many of each code are kept, so that millions of bad rows fit in memory.
KEPT_PER_CODE = 10_000


@dataclass(frozen=True, slots=True)
class IssueKind:
    """What all issues of one code have in common.

    Attributes:
        severity: "error" (a job would fail, or train on nothing) or "warning".
        meaning: What is wrong, in one sentence for the reference.
        expected: What should be there, unless the case says it more exactly.
        fix: What to do, unless the case says it more exactly.
        repairable: Whether `repair_dataset` mends such an issue where that is safe.
    """

    severity: Severity
    meaning: str
    expected: str
    fix: str
    repairable: bool = False


def error(meaning: str, expected: str, fix: str, *, repairable: bool = False) -> IssueKind:
    """Make a kind that lets a job fail, or train on nothing; see `IssueKind`."""
    return IssueKind("error", meaning, expected, fix, repairable)


def warning(meaning: str, expected: str, fix: str, *, repairable: bool = False) -> IssueKind:
    """Make a kind that no job fails for; see `IssueKind`."""
    return IssueKind("warning", meaning, expected, fix, repairable)


@dataclass(frozen=True, slots=True)
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
    severity: Severity
    found: str
    expected: str
    fix: str

    @property
    def detail(self) -> str:
        """What is there and what should be there, in one sentence."""
        return f"found {self.found}; expected {self.expected}"

    def __str__(self) -> str:
        """Return place, code, detail and fix as one line."""
        place = ", ".join(filter(None, [f"line {self.line}" if self.line else "whole file", self.path]))
        return f"{place}: {self.code}: {self.detail}. {self.fix}"


@dataclass
class IssueLog:
    """Issues that are all counted, while memory stays bounded.

    Attributes:
        kept: The first 10,000 of each code, in the order in which they were added.
        counts: Number of issues per code, kept or not.
    """

    kept: list[Issue] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, issue: Issue) -> None:
        """Count an issue, and keep it if it is among the first of its code."""
        self.counts[issue.code] += 1
        if self.counts[issue.code] <= KEPT_PER_CODE:
            self.kept.append(issue)

    def extend(self, other: "IssueLog", shift: int = 0) -> None:
        """Add the issues of a later part of the file.

        Args:
            other: The issues of that part.
            shift: Number of lines before it.
        """
        for issue in other.kept:
            self.counts[issue.code] += 1
            if self.counts[issue.code] <= KEPT_PER_CODE:
                self.kept.append(replace(issue, line=issue.line + shift))
        self.counts += other.counts - Counter(issue.code for issue in other.kept)


def show(value: object) -> str:
    """Describe a JSON value in at most 60 characters, for what an issue found."""
    if isinstance(value, dict):
        text = "an object" if value else "an empty object"
    elif isinstance(value, list):
        text = "a list" if value else "an empty list"
    else:
        text = json.dumps(value[:100] if isinstance(value, str) else value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."
