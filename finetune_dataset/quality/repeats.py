"""The same example, nearly the same example, or another answer to the same prompt."""

from collections.abc import Iterator

from finetune_dataset.quality.examples import Example
from finetune_dataset.quality.near_duplicates import NearCopies, NearIndex, sketch
from finetune_dataset.rules.issues.issue import Issue
from finetune_dataset.rules.issues.table import issue


class Repeats:
    """Compares each example with all before it."""

    def __init__(self) -> None:
        """Start before the first example."""
        self._lines: dict[bytes, int] = {}
        self._answers: dict[bytes, tuple[int, bytes]] = {}
        self._prompts: dict[str, bytes] = {}
        self._near = NearIndex()
        self._copies = NearCopies("another one")

    def row(self, row: Example) -> Iterator[Issue]:
        """Name an example that stands before, or whose prompt has another answer there."""
        self._copies.rows += 1
        if row.whole in self._lines:
            found = f"the same example as on line {self._lines[row.whole]}, capitals and spacing ignored"
            yield issue("repeated_row", "", found, line=row.line)
            return
        self._lines[row.whole] = row.line
        if row.right is not None:
            first, known = self._answers.setdefault(row.choice, (row.line, row.right))
            if known != row.right:
                found = f"{row.conflict} of line {first}"
                yield issue("conflicting_answers", "", found, line=row.line)
                return
        mark = sketch(row.text)
        near = self._near.find(mark)
        if near and self._prompts[near] == row.prompt:
            return  # Two preferences of one prompt share most of their text on purpose.
        if near:
            found = f"almost the text of line {near} (about 80% of their word triples, or more)"
            self._copies.add(issue("near_duplicate_row", "", found, line=row.line))
        elif self._near.add(str(row.line), mark):
            self._prompts[str(row.line)] = row.prompt

    def end(self) -> Iterator[Issue]:
        """Give the near copies."""
        return self._copies.end()
