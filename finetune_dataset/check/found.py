"""What was found in a part of a file, as data that can be added up."""

from array import array
from dataclasses import dataclass, field

from finetune_dataset.report import Statistics
from finetune_dataset.rules.issues.issue import IssueLog


@dataclass
class Found:
    """What was found in a part of a file.

    Attributes:
        lines: Number of lines, blank ones included.
        rows: Number of examples, good and bad.
        image_rows: Number of rows with images.
        windows_lines: Number of lines that end with a carriage return.
        spread: Number of examples that are spread over several lines, and the first and last of these lines.
        log: The issues.
        statistics: Histograms of the rows without errors.
        digests: For each line the 64-bit hash of the row that begins there, 0 if none does.
    """

    lines: int = 0
    rows: int = 0
    image_rows: int = 0
    windows_lines: int = 0
    spread: tuple[int, int, int] | None = None
    log: IssueLog = field(default_factory=IssueLog)
    statistics: Statistics = field(default_factory=Statistics)
    digests: "array[int]" = field(default_factory=lambda: array("Q"))

    def add_spread(self, examples: int, first: int, last: int) -> None:
        """Add examples that are spread over several lines.

        Args:
            examples: Their number.
            first: The first of their lines.
            last: The last one.
        """
        before, start, _ = self.spread or (0, first, 0)
        self.spread = (before + examples, start, last)

    def extend(self, later: "Found") -> None:
        """Add what was found in the next part of the file."""
        self.log.extend(later.log, shift=self.lines)
        self.digests.extend(later.digests)
        if later.spread:
            examples, first, last = later.spread
            self.add_spread(examples, first + self.lines, last + self.lines)
        self.lines += later.lines
        self.rows += later.rows
        self.image_rows += later.image_rows
        self.windows_lines += later.windows_lines
        self.statistics += later.statistics
