"""The parts of a diff: lines that changed, and what was left out."""

from collections.abc import Iterator
from dataclasses import dataclass

# A diff shows so many lines of a change, and so many characters of a line.
_LINES_SHOWN = 20
_WIDTH = 160


@dataclass(frozen=True)
class LeftOut:
    """What was not written to the new file.

    Attributes:
        place: Where it stands in the old file, for example "line 22".
        reason: Code of the problem, and its place inside the row.
        text: The whole text, as it was; bytes that are not UTF-8 are shown by number.
    """

    place: str
    reason: str
    text: str


@dataclass(frozen=True)
class Change:
    """A few lines of the old file, and the lines of the new file in their place.

    Attributes:
        reason: Why they changed.
        first: First line in the old file, counted from 1.
        before: The old lines.
        at: Line in the new file where the new lines are, or would be.
        after: The new lines; empty if they were left out.
    """

    reason: str
    first: int
    before: list[str]
    at: int
    after: list[str]

    @property
    def heading(self) -> str:
        """The line numbers as a unified diff writes them: first line and number of lines, old and new."""
        old, new = f"-{self.first},{len(self.before)}", f"+{self.at},{len(self.after)}"
        return f"@@ {old} {new} @@ {self.reason}"

    def lines(self) -> Iterator[tuple[str, str, str, str]]:
        """Give each line, shortened around its change.

        Yields:
            Its sign ("-" or "+"), equal start, changed part and equal end.
        """
        start = end = 0
        if len(self.before) == len(self.after) == 1:
            old, new = self.before[0], self.after[0]
            start = _equal_start(old, new)
            end = _equal_start(old[start:][::-1], new[start:][::-1])
        for sign, texts in (("-", self.before), ("+", self.after)):
            for text in texts[:_LINES_SHOWN]:
                yield sign, *_shorten(text, start, len(text) - end)
            if len(texts) > _LINES_SHOWN:
                yield sign, "", f"… {len(texts) - _LINES_SHOWN} more lines", ""


def _shorten(text: str, start: int, end: int) -> tuple[str, str, str]:
    """Cut a line in equal start, changed part and equal end, at most `_WIDTH` characters in all."""
    side = _WIDTH // 4
    before, middle, after = text[:start], text[start:end], text[end:]
    before = before if len(before) <= side else "…" + before[-side:]
    after = after if len(after) <= side else after[:side] + "…"
    room = _WIDTH - len(before) - len(after)
    if len(middle) > room:
        middle = f"{middle[:room]}… ({len(text):,} characters)"
    return before, middle, after


def _equal_start(a: str, b: str) -> int:
    """Count the characters with which both texts start."""
    return next((at for at, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
