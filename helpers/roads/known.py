"""Roads to a fine-tuned model, as `data/roads.json` knows them: in phases, because services begin and end."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, TypedDict

from helpers.costs.sources import FRESH_DAYS, Origin, Sourced, origin_of, read_table
from helpers.errors import FineTuneError

FACTS = {
    "trained": "what is trained",
    "price": "price",
    "events": "events",
    "checkpoints": "checkpoints",
    "deployment": "deployment",
    "clean_up": "clean-up",
    "data_use": "use of your data",
}
"""What is asked of every road: name in the file → how a table says it."""

Method = Literal["supervised", "dpo", "reinforcement"]


@dataclass(frozen=True)
class Fact:
    """One thing that is known of a road.

    Attributes:
        text: What is known; None where the course found nothing.
        origin: Where it is from; None with no text.
        read: The day on which the course read it.
    """

    text: str | None
    origin: Origin | None = None
    read: date | None = None


@dataclass(frozen=True)
class Phase:
    """What holds of a road from a day on, until the next phase.

    Attributes:
        since: Its first day.
        newcomers: Whether somebody without an account can start: "yes", "no", "not known", or what alone.
        customers: The same for customers: "yes", "no", "not known", or which of them.
        tuned: Whether models that were tuned there answer: "answer", "ended" or "not known".
        says: All of it in sentences, with its source.
    """

    since: date
    newcomers: str
    customers: str
    tuned: str
    says: Fact


@dataclass(frozen=True)
class Road:
    """One way to a fine-tuned model.

    Attributes:
        name: Its name in the file, such as "azure".
        title: Its name for people.
        setting: What to write in a notebook.
        calls: Whose calls it answers: "OpenAI's", or "its own".
        leaves: Whether your rows leave this computer.
        methods: How it trains.
        tested: How far this course has tried it: "run for real", "scripted double" or "shown only".
        phases: What holds when, the oldest first.
        facts: For each key of `FACTS`, what is known.
    """

    name: str
    title: str
    setting: str
    calls: str
    leaves: bool
    methods: tuple[Method, ...]
    tested: str
    phases: tuple[Phase, ...]
    facts: dict[str, Fact]

    def phase(self, today: date) -> Phase:
        """Return what holds on a day; a day before the first phase counts as in it."""
        first, *later = self.phases
        return [first, *(phase for phase in later if phase.since <= today)][-1]

    def stale(self, today: date) -> str:
        """Say when the course read about a service, if that is more than 90 days before a day; else ""."""
        read = self.phase(today).says.read
        old = self.leaves and read is not None and (today - read).days > FRESH_DAYS
        return f"as read on {read}, look it up" if old else ""

    def until(self, today: date, whom: Literal["newcomers", "customers"] | None = None) -> date | None:
        """Return the last day of what holds on a day; None where no end is known.

        Args:
            today: The day.
            whom: For whom it holds; without it the day on which anything of the road changes ends it.
        """
        now = self.phase(today)
        later = [phase for phase in self.phases if phase.since > today]
        ends = [each.since for each in later if not whom or getattr(each, whom) != getattr(now, whom)]
        return min(ends) - timedelta(days=1) if ends else None


class _Source(Sourced):
    read: date


class _Fact(TypedDict):
    text: str
    source: str


class _Phase(TypedDict):
    since: date
    newcomers: str
    customers: str
    tuned: Literal["answer", "ended", "not known"]
    says: str
    source: str


class _Road(TypedDict):
    name: str
    title: str
    setting: str
    calls: str
    leaves: bool
    methods: tuple[Method, ...]
    tested: Literal["run for real", "scripted double", "shown only"]
    phases: list[_Phase]
    facts: dict[str, _Fact | None]


class _Known(TypedDict):
    sources: dict[str, _Source]
    roads: list[_Road]


def all_roads() -> list[Road]:
    """Return all roads that the course knows, your own computer first.

    Raises:
        UnreadableContent: `data/roads.json` is damaged.
    """
    known = read_table("roads.json", _Known)

    def fact(text: str, source: str) -> Fact:
        entry = known["sources"][source]
        return Fact(text, origin_of(entry), entry["read"])

    return [
        Road(
            name=road["name"],
            title=road["title"],
            setting=road["setting"],
            calls=road["calls"],
            leaves=road["leaves"],
            methods=road["methods"],
            tested=road["tested"],
            phases=tuple(
                Phase(
                    phase["since"],
                    phase["newcomers"],
                    phase["customers"],
                    phase["tuned"],
                    fact(phase["says"], phase["source"]),
                )
                for phase in road["phases"]
            ),
            facts={
                name: fact(found["text"], found["source"]) if found else Fact(None)
                for name, found in road["facts"].items()
            },
        )
        for road in known["roads"]
    ]


def find_road(name: str) -> Road:
    """Return one road.

    Args:
        name: Its name, such as "azure".

    Raises:
        FineTuneError: The course knows no such road; the message lists them.
    """
    known = {road.name: road for road in all_roads()}
    if name not in known:
        raise FineTuneError(f"The course knows no road {name!r}. Roads: {', '.join(known)}.")
    return known[name]
