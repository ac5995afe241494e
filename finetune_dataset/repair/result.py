"""What a repair did: notes, what was left out, and the changes as a diff."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from finetune_dataset.display.html_text import html_text
from finetune_dataset.repair.changes import Change, LeftOut
from finetune_dataset.repair.page import diff_as_html, left_out_as_html

# So many notes stand in the printed repair.
_NOTES_SHOWN = 20
# Notes, places left out, and characters of their texts that a result keeps. A file of 1 MB can have half a
# million bad lines, which took 176 MB (measured Nov 2026).
NOTES_KEPT = LEFT_OUT_KEPT = 10_000
CHARACTERS_KEPT = 64 * 1024**2
_RANGES_SHOWN = 20


@dataclass
class Repair:
    """What `repair_dataset` did. As the last line of a cell it shows the diff.

    Attributes:
        path: The old file.
        out: The new file.
        rows: Number of examples in the new file.
        notes: One sentence per repair and per example left out, in the order of the file; the first 10,000.
        left_out: What the new file does not hold, in full: the first 10,000 places and 64 MB of text.
        changes: The first 50 changes, for the diff.
        more_left_out: First and last line, in the old file, of further places that the new one does not hold.
        n_left_out: The number of all places that were left out.
        n_notes: The number of all notes.
    """

    path: Path
    out: Path
    rows: int = 0
    notes: list[str] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    more_left_out: list[tuple[int, int]] = field(default_factory=list)
    n_left_out: int = 0
    n_notes: int = 0
    _characters: int = field(default=0, repr=False)

    def note(self, sentence: str, *, keep: bool = False) -> None:
        """Add a note; all are counted, the first 10,000 are kept, and those about the whole file."""
        self.n_notes += 1
        if keep or len(self.notes) < NOTES_KEPT:
            self.notes.append(sentence)

    def leave_out(self, item: LeftOut, lines: tuple[int, int] | None = None) -> None:
        """Add what was left out, in full or, when there is very much of it, as line numbers.

        Args:
            item: What was left out.
            lines: Its first and last line in the old file; None for what is always kept in full.
        """
        self.n_left_out += 1
        self._characters += len(item.text)
        if lines is None or (len(self.left_out) < LEFT_OUT_KEPT and self._characters <= CHARACTERS_KEPT):
            self.left_out.append(item)
        elif self.more_left_out and lines[0] <= self.more_left_out[-1][1] + 1:
            self.more_left_out[-1] = self.more_left_out[-1][0], lines[1]
        else:
            self.more_left_out.append(lines)

    @property
    def more(self) -> list[str]:
        """What `notes` and `left_out` do not hold, in words: how many, and where they are; mostly nothing."""
        said = []
        if self.n_notes > len(self.notes):
            said.append(f"… and {self.n_notes - len(self.notes):,} more notes")
        if self.more_left_out:
            shown = [
                str(first) if first == last else f"{first} to {last}"
                for first, last in self.more_left_out[:_RANGES_SHOWN]
            ]
            further = len(self.more_left_out) - len(shown)
            lines = ", ".join(shown) + (
                f" and {further:,} more places, see .more_left_out" if further else ""
            )
            said.append(
                f"{self.n_left_out - len(self.left_out):,} more left out, too many to be kept here. "
                f"{self.path.name} still has them, on lines {lines}"
            )
        return said

    @property
    def headline(self) -> str:
        """Old and new file, and how many examples were written and left out, in one line."""
        written = f"{self.rows} example{'' if self.rows == 1 else 's'} written"
        return (
            f"{self.path.name} → {self.out.name}: {written}, "
            f"{self.n_left_out} left out, {self.path.name} is unchanged"
        )

    @property
    def first_notes(self) -> list[str]:
        """The first 20 notes, and how many more there are."""
        more = len(self.notes) - _NOTES_SHOWN
        return self.notes[:_NOTES_SHOWN] + [f"… and {more} more, see .notes"] * (more > 0) + self.more

    @property
    def diff(self) -> str:
        """The changes as a unified diff with line numbers; long lines are cut around the change."""
        lines = [f"--- {self.path.name}", f"+++ {self.out.name}"]
        for change in self.changes:
            lines.append(change.heading)
            lines += [sign + start + middle + end for sign, start, middle, end in change.lines()]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return the repair as plain data that JSON can hold, with all that was left out, or its lines."""
        return {
            "path": str(self.path),
            "out": str(self.out),
            "rows": self.rows,
            "notes": self.notes,
            "left_out": [asdict(item) for item in self.left_out],
            "more_left_out": self.more_left_out,
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
        return top + diff_as_html(self.changes) + left_out_as_html(self.left_out, self.n_left_out)
