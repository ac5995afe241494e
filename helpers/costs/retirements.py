"""Until when models can be trained, and until when their fine-tunes answer: from `data/roads.json`."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, TypedDict

from finetune_dataset.display.html_text import plain_tables
from helpers.costs.prices import base_name, snapshot
from helpers.costs.sources import Origin, Sourced, origin_of, read_table

if TYPE_CHECKING:
    import pandas as pd


class _Models(TypedDict):
    service: str
    models: list[str]
    last_job: date
    at_least: bool
    shutdown: date
    who: str
    source: str


class _Known(TypedDict):
    sources: dict[str, Sourced]
    models: list[_Models]


@dataclass(frozen=True)
class Retirement:
    """The end of a model at a service.

    Attributes:
        last_job: Last day on which a job can be made.
        shutdown: Day on which the fine-tunes of the model stop to answer.
        who: Who can train it until then.
        origin: Where the dates are from.
        at_least: Whether the service promised that day or a later one, so that the day after it is not known.
    """

    last_job: date
    shutdown: date
    who: str
    origin: Origin
    at_least: bool = False

    def describe(self, today: date) -> str:
        """Say when the fine-tunes stop, and how long one that is made on a day would live."""
        days, origin = (self.shutdown - today).days, self.origin.describe(today)
        if days <= 0:
            shut_down = "its shutdown was planned for" if self.at_least else "shut down on"
            return f"{shut_down} {self.shutdown}, with its fine-tunes ({origin})"
        made = f": one made on {today} would live {days} days" if self.days(today) else f", in {days} days"
        return f"fine-tunes stop on {self.shutdown}{made}; {self.jobs(today)} ({origin})"

    def days(self, today: date) -> int:
        """Return the days that a fine-tune would answer which is made on a day; 0 where none can be made."""
        closed = today > self.last_job and not self.at_least
        return 0 if closed else max(0, (self.shutdown - today).days)

    def jobs(self, today: date) -> str:
        """Say until when jobs can be made, and by whom."""
        if today <= self.last_job:
            return f"new jobs until {self.last_job} {'or later, ' if self.at_least else ''}{self.who}"
        if self.at_least:
            return f"new jobs were promised until {self.last_job} or later, {self.who}: look it up"
        return f"no new jobs after {self.last_job}"


def find_retirement(model: str, service: str) -> Retirement | None:
    """Look up when a model ends at a service.

    Args:
        model: A model id, fine-tuned or not.
        service: "openai" or "azure"; of other services no date is known.

    Returns:
        The last days of the model, or None when no date is known.
    """
    name = snapshot(model)
    for models, retirement in find_notices(service):
        if name in {*models, *map(base_name, models)}:
            return retirement
    return None


def find_notices(service: str) -> list[tuple[list[str], Retirement]]:
    """Return all known ends of a service's models, in the order of the table.

    Args:
        service: "openai" or "azure".

    Returns:
        The models of each notice, and their end.
    """
    return [(models, retirement) for of, models, retirement in _all() if of == service]


def retirement_table(today: date | None = None) -> "pd.DataFrame":
    """Show which models end, who can still train them, and how long a new fine-tune would live.

    Args:
        today: The day to count from; today without it.

    Returns:
        One row per notice of a service: its models, the last day for a new job, for whom that day is, the
        day on which fine-tunes stop, the days until then, and the source with its date.
    """
    import pandas as pd  # Here, so that an estimate needs no pandas.

    today = today or date.today()
    plain_tables()
    return pd.DataFrame(
        {
            "service": service,
            "models": ", ".join(models),
            "last new job": _last_job(end, today),
            "fine-tunes stop": str(end.shutdown),
            "days left": max(0, (end.shutdown - today).days),
            "evidence": f"{end.origin.evidence}, {end.origin.as_of}",
        }
        for service, models, end in _all()
    )


def _last_job(end: Retirement, today: date) -> str:
    if today <= end.last_job:
        return end.jobs(today).removeprefix("new jobs until ")
    return f"{end.last_job} {'or later (past: look it up)' if end.at_least else '(past)'}"


def _all() -> list[tuple[str, list[str], Retirement]]:
    known = read_table("roads.json", _Known)
    return [
        (
            each["service"],
            each["models"],
            Retirement(
                each["last_job"],
                each["shutdown"],
                each["who"],
                origin_of(known["sources"][each["source"]]),
                each["at_least"],
            ),
        )
        for each in known["models"]
    ]
