"""Until when models can be trained, and until when their fine-tunes answer: `data/retirements.json`."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from finetune_dataset.display.html_text import plain_tables
from helpers.costs.prices import base_name, snapshot
from helpers.costs.sources import Origin, Sourced, origin_of, read_table

if TYPE_CHECKING:
    import pandas as pd


class _RetirementEntry(Sourced):
    service: str
    models: list[str]
    last_job: date
    shutdown: date
    who: str


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
        """Say when the fine-tunes stop, and how long one that is made on a day would live."""
        days = (self.shutdown - today).days
        if days <= 0:
            return f"shut down on {self.shutdown}, with its fine-tunes ({self.origin.describe(today)})"
        stop = f"fine-tunes stop on {self.shutdown}: one made on {today} would live {days} days"
        jobs = f"new jobs until {self.last_job} {self.who}"
        if today > self.last_job:
            jobs = f"no new jobs after {self.last_job}"
        return f"{stop}; {jobs} ({self.origin.describe(today)})"


def find_retirement(model: str, service: str) -> Retirement | None:
    """Look up when a model ends at a service.

    Args:
        model: A model id, fine-tuned or not.
        service: "openai" or "azure"; of other services no date is known.

    Returns:
        The last days of the model, or None when no date is known.
    """
    name = snapshot(model)
    for entry in _entries():
        names = {*entry["models"], *map(base_name, entry["models"])}
        if entry["service"] == service and name in names:
            return _retirement(entry)
    return None


def find_notices(service: str) -> list[tuple[list[str], Retirement]]:
    """Return all known ends of a service's models, in the order of the table.

    Args:
        service: "openai" or "azure".

    Returns:
        The models of each notice, and their end.
    """
    return [(entry["models"], _retirement(entry)) for entry in _entries() if entry["service"] == service]


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
            "service": entry["service"],
            "models": ", ".join(entry["models"]),
            "last new job": f"{entry['last_job']} {entry['who'] if today <= entry['last_job'] else '(past)'}",
            "fine-tunes stop": str(entry["shutdown"]),
            "days left": max(0, (entry["shutdown"] - today).days),
            "evidence": f"{entry['evidence']}, {entry['as_of']}",
        }
        for entry in _entries()
    )


def _entries() -> list[_RetirementEntry]:
    return read_table("retirements.json", list[_RetirementEntry])


def _retirement(entry: _RetirementEntry) -> Retirement:
    return Retirement(entry["last_job"], entry["shutdown"], entry["who"], origin_of(entry))
