"""What a repair did: notes, what was left out, and the changes as a diff."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from finetune_dataset.display.html_text import html_text
from finetune_dataset.repair.changes import Change, LeftOut
from finetune_dataset.repair.page import diff_as_html, left_out_as_html

# So many notes stand in the printed repair; `notes` has all.
_NOTES_SHOWN = 20


@dataclass
class Repair:
    """What `repair_dataset` did. As the last line of a cell it shows the diff.

    Attributes:
        path: The old file.
        out: The new file.
        rows: Number of examples in the new file.
        notes: One sentence per repair and per example left out, in the order of the file.
        left_out: What the new file does not hold, in full.
        changes: The first 50 changes, for the diff.
    """

    path: Path
    out: Path
    rows: int = 0
    notes: list[str] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    @property
    def headline(self) -> str:
        """Old and new file, and how many examples were written and left out, in one line."""
        written = f"{self.rows} example{'' if self.rows == 1 else 's'} written"
        return (
            f"{self.path.name} → {self.out.name}: {written}, "
            f"{len(self.left_out)} left out, {self.path.name} is unchanged"
        )

    @property
    def first_notes(self) -> list[str]:
        """The first 20 notes, and how many more there are."""
        more = len(self.notes) - _NOTES_SHOWN
        return self.notes[:_NOTES_SHOWN] + ([f"… and {more} more, see .notes"] if more > 0 else [])

    @property
    def diff(self) -> str:
        """The changes as a unified diff with line numbers; long lines are cut around the change."""
        lines = [f"--- {self.path.name}", f"+++ {self.out.name}"]
        for change in self.changes:
            lines.append(change.heading)
            lines += [sign + start + middle + end for sign, start, middle, end in change.lines()]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return the repair as plain data that JSON can hold, with all that was left out."""
        return {
            "path": str(self.path),
            "out": str(self.out),
            "rows": self.rows,
            "notes": self.notes,
            "left_out": [asdict(item) for item in self.left_out],
        }

    def __iter__(self) -> Iterator[str]:
        """Give the notes, one by one."""
        return iter(self.notes)

    def __repr__(self) -> str:
        """Return the headline, the first notes and the diff."""
        return "\n  ".join([self.headline, *self.first_notes]) + (f"\n{self.diff}" if self.changes else "")

    def _repr_html_(self) -> str:
        notes = "".join(f"<li>{html_text(note)}</li>" for note in self.first_notes)
        top = f"<p>{html_text(self.headline)}</p><ul>{notes}</ul>"
        return top + diff_as_html(self.changes) + left_out_as_html(self.left_out)
