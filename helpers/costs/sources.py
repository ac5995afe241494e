"""What every figure of the course's tables has: a source, its date, and its kind of evidence."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, TypedDict, TypeVar

import msgspec

from helpers.errors import UnreadableContent
from helpers.paths import data_path
from helpers.stored_json import read_json

FRESH_DAYS = 90
"""A figure that was read longer ago says so."""

_Day = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?$")]
_Entries = TypeVar("_Entries")


class Sourced(TypedDict):
    """The fields that an entry of a table has beside its figures."""

    evidence: str
    as_of: _Day
    source: str


@dataclass(frozen=True)
class Origin:
    """Where a figure is from.

    Attributes:
        evidence: "documented" (a page of the service), "observed" (answers or programs that are public),
            "secondary" (another page), "illustrative" (an example of the service that says so) or
            "unverified".
        as_of: Date of the figure, "YYYY-MM-DD" or "YYYY-MM"; a month counts from its first day.
        source: Page or file.
    """

    evidence: str
    as_of: str
    source: str

    def age(self, today: date) -> int:
        """Return the number of days since the figure was true.

        Args:
            today: The day to count from.
        """
        return (today - date.fromisoformat(f"{self.as_of}-01"[:10])).days

    def warning(self, today: date) -> str:
        """Say how old a figure is that was true more than 90 days ago; "" for a newer one."""
        return f"{self.age(today)} days old, look it up" if self.age(today) > FRESH_DAYS else ""

    def describe(self, today: date) -> str:
        """Name evidence, date and source in one line, and say so when the figure is old."""
        text = f"{self.evidence}, {self.as_of}: {self.source}"
        return "; ".join(filter(None, [text, self.warning(today)]))


def origin_of(entry: Sourced) -> Origin:
    """Return where the figures of an entry are from."""
    return Origin(entry["evidence"], entry["as_of"], entry["source"])


def read_table(filename: str, shape: type[_Entries]) -> _Entries:
    """Read a table of `data/`.

    Args:
        filename: Its name.
        shape: What it holds.

    Raises:
        UnreadableContent: The file is damaged; the message says where, and how to get it back.
    """
    way_out = (
        "It belongs to the course: `git checkout -- data` in a clone, or the wheel again, brings it back."
    )
    return read_json(data_path(filename), shape, way_out=way_out, error=UnreadableContent)
