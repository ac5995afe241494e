"""Examples on both sides: trained, and held out for validation or for the test."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from finetune_dataset.quality.examples import Example, Skipped, read_examples
from finetune_dataset.quality.near_duplicates import NearCopies, NearIndex, sketch
from finetune_dataset.rules.issues.issue import Issue
from finetune_dataset.rules.issues.table import issue


@dataclass(frozen=True)
class _Leak:
    """What an example shares with a held-out one: the code for it, what in words, and where."""

    code: str
    what: str

    def issue(self, line: int) -> Issue:
        return issue(self.code, "", f"an example that {self.what}", line=line)


class Leaks:
    """Compares each training example with those that are held out."""

    def __init__(self) -> None:
        """Start without any held-out file; see `hold_out`."""
        self._exact: dict[tuple[str, bytes | None], str] = {}
        self._near = {"text": NearIndex(), "asked": NearIndex()}
        self._copies = NearCopies("a held-out one")

    def hold_out(self, path: Path, skipped: Skipped | None = None) -> Iterator[Issue]:
        """Remember the rows of a file.

        Args:
            path: The validation file or the test file.
            skipped: Where to count what of it is no chat.

        Yields:
            Its rows that an earlier held-out file has too.

        Raises:
            DatasetError: The file does not exist or cannot be opened.
        """
        places = []
        for row in read_examples(path, skipped):
            place = f"line {row.line} of {path.name}"
            if leak := self._find(row):
                yield issue("held_out_twice", "", f"{place} {leak.what}")
            places.append((place, row.whole, row.prompt, row.question, sketch(row.text), sketch(row.asked)))
        # After the loop: two rows of one file that repeat each other are no leak.
        for place, whole, prompt, question, text, asked in places:
            for kind, key in (("row", whole), ("prompt", prompt), ("question", question)):
                self._exact.setdefault((kind, key), place)
            self._near["text"].add(place, text)
            self._near["asked"].add(place, asked)

    def row(self, row: Example) -> Iterator[Issue]:
        """Name a training example that is held out too."""
        self._copies.rows += 1
        leak = self._find(row)
        if leak and leak.code == "near_leak":
            self._copies.add(leak.issue(row.line))
        elif leak:
            yield leak.issue(row.line)

    def end(self) -> Iterator[Issue]:
        """Give the near copies of held-out examples."""
        return self._copies.end()

    def _find(self, row: Example) -> _Leak | None:
        for kind, key, what in (
            ("row", row.whole, "the whole example"),
            ("prompt", row.prompt, "the prompt"),
            # The same words of the user after another system prompt can be another task.
            ("question", row.question, "the user's words, but not the system prompt,"),
        ):
            place = self._exact.get((kind, key))
            if place and (row.question or kind == "row"):
                return _Leak(f"leaked_{kind}", f"repeats {what} of {place}")
        for name, text, what in (("text", row.text, "text"), ("asked", row.asked, "user's words")):
            place = self._near[name].find(sketch(text))
            if place:
                return _Leak("near_leak", f"repeats almost the {what} of {place}")
        return None


def trained_lines(training: Path, held_out: Path) -> list[int]:
    """Find the held-out rows that are also trained: on these, a model only shows its memory.

    The same comparison as in `check_quality`, whole examples only: capitals and spacing do not count.

    Args:
        training: The training file.
        held_out: The validation file or the test file.

    Returns:
        Their lines in `held_out`, counted from 1.

    Raises:
        DatasetError: A file does not exist or cannot be opened.
    """
    trained = {row.whole for row in read_examples(training)}
    return [row.line for row in read_examples(held_out) if row.whole in trained]
