"""What services ask, and until when: the tables `data/prices.json` and `data/retirements.json`.

Every entry has its source, its date and its kind of evidence, because pages on
the web contradict each other and prices change.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, NotRequired, TypedDict, TypeVar

import msgspec

from helpers.errors import UnreadableContent
from helpers.paths import data_path
from helpers.stored_json import read_json

FRESH_DAYS = 90
"""A price that was read longer ago says so."""

Kind = Literal["training", "inference", "base", "hosting"]


_Usd = Annotated[float, msgspec.Meta(ge=0, le=1e6)]
_Day = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?$")]
_Entries = TypeVar("_Entries")


class _Sourced(TypedDict):
    evidence: str
    as_of: _Day
    source: str


class _Training(_Sourced):
    usd_per_million: _Usd


class _Hosting(_Sourced):
    usd_per_hour: _Usd


class _Inference(_Sourced):
    input_usd_per_million: _Usd
    output_usd_per_million: _Usd


class _PriceEntry(TypedDict):
    service: str
    model: str
    training: NotRequired[_Training]
    inference: NotRequired[_Inference]
    base: NotRequired[_Inference]
    hosting: NotRequired[_Hosting]


class _RetirementEntry(_Sourced):
    service: str
    models: list[str]
    last_job: date
    shutdown: date
    who: str


@dataclass(frozen=True)
class Origin:
    """Where a figure is from.

    Attributes:
        evidence: "documented" (a page of the service), "secondary" (another page), "illustrative" (an
            example of the service that says so) or "unverified".
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


@dataclass(frozen=True)
class Price:
    """One line of the price table.

    Attributes:
        usd: USD per 1 million tokens, or per hour for hosting; for inference the price of input tokens.
        output_usd: USD per 1 million output tokens; None for training and hosting.
        origin: Where the price is from.
    """

    usd: float
    output_usd: float | None
    origin: Origin


@dataclass(frozen=True)
class Retirement:
    """The end of a model at a service.

    Attributes:
        last_job: Last day on which a job can be made; at Azure the earliest such day.
        shutdown: Day on which the fine-tunes of the model stop to answer.
        who: Who can still train it.
        origin: Where the dates are from.
    """

    last_job: date
    shutdown: date
    who: str
    origin: Origin

    def describe(self, today: date) -> str:
        """Say when the fine-tunes stop, and how long one that is made today would live."""
        days = (self.shutdown - today).days
        if days <= 0:
            return f"shut down on {self.shutdown}, with its fine-tunes ({self.origin.describe(today)})"
        stop = f"fine-tunes stop on {self.shutdown}: one made today would live {days} days"
        jobs = f"new jobs until {self.last_job} {self.who}"
        if today > self.last_job:
            jobs = f"no new jobs since {self.last_job}"
        return f"{stop}; {jobs} ({self.origin.describe(today)})"


def base_name(model: str) -> str:
    """Return a model's name without snapshot and fine-tune: `ft:gpt-4o-2024-08-06:acme` → `gpt-4o`."""
    return re.sub(r"-\d{4}(-\d{2}-\d{2})?$", "", _snapshot(model))


def find_price(kind: Kind, model: str, service: str) -> Price | None:
    """Look up a price; a snapshot costs what its model does, a similar name does not.

    Args:
        kind: "training" (per 1 million tokens), "inference" (of the fine-tune), "base" (inference of the
            model itself) or "hosting" (per hour).
        model: A model id, fine-tuned or not.
        service: "openai", "azure", "nebius" or "local".

    Returns:
        The price of the model, else the service's price for any model, else None.
    """
    entries = {
        entry["model"]: entry[kind] for entry in _prices() if entry["service"] == service and kind in entry
    }
    entry = entries.get(base_name(model), entries.get("any"))
    if entry is None:
        return None
    amounts = {name: value for name, value in entry.items() if isinstance(value, float)}
    output = amounts.pop("output_usd_per_million", None)
    return Price(amounts.popitem()[1], output, _origin(entry))


def find_retirement(model: str, service: str) -> Retirement | None:
    """Look up when a model ends at a service.

    Args:
        model: A model id, fine-tuned or not.
        service: "openai" or "azure"; of other services no date is known.

    Returns:
        The last days of the model, or None when no date is known.
    """
    snapshot = _snapshot(model)
    for entry in _read("retirements.json", list[_RetirementEntry]):
        names = {*entry["models"], *map(base_name, entry["models"])}
        if entry["service"] == service and snapshot in names:
            return Retirement(entry["last_job"], entry["shutdown"], entry["who"], _origin(entry))
    return None


def trainable_models() -> list[tuple[str, str]]:
    """Return service and model of every training price that is for one model."""
    return [
        (entry["service"], entry["model"])
        for entry in _prices()
        if "training" in entry and entry["model"] != "any"
    ]


def money(low: float, high: float) -> str:
    """Write an amount of money, or a range.

    Args:
        low: Lowest amount in USD.
        high: Highest amount in USD.
    """
    return f"{span(_cents(low), _cents(high))} USD"


def span(low: str, high: str) -> str:
    """Write two figures as a range, or one figure when they are the same."""
    return low if low == high else f"{low} to {high}"


def _cents(usd: float) -> str:
    return "less than 0.01" if usd < 0.01 else f"{usd:.2f}"


def _snapshot(model: str) -> str:
    return re.split(r":|\.ft-", model.removeprefix("ft:"), maxsplit=1)[0]


def _origin(entry: _Sourced) -> Origin:
    return Origin(entry["evidence"], entry["as_of"], entry["source"])


def _prices() -> list[_PriceEntry]:
    return _read("prices.json", list[_PriceEntry])


def _read(filename: str, shape: type[_Entries]) -> _Entries:
    way_out = (
        "It belongs to the course: `git checkout -- data` in a clone, or the wheel again, brings it back."
    )
    return read_json(data_path(filename), shape, way_out=way_out, error=UnreadableContent)
