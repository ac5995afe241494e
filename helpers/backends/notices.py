"""What the remote services offer on a day: a line for `connect`, from the phases in `data/roads.json`."""

from datetime import date
from itertools import takewhile
from typing import Literal, TypedDict

from helpers.errors import BackendUnavailable, UnreadableContent
from helpers.paths import data_path
from helpers.stored_json import read_json


class _Source(TypedDict):
    read: date
    source: str


class _Phase(TypedDict):
    since: date
    tuned: Literal["answer", "ended", "not known"]
    says: str
    source: str


class _Road(TypedDict):
    name: str
    host: str
    phases: list[_Phase]


class _Known(TypedDict):
    sources: dict[str, _Source]
    roads: list[_Road]


def notice(name: str, today: date) -> str:
    """Say what a service offers on a day, and to whom.

    Args:
        name: A road of `data/roads.json`: "openai" or "azure", for example.
        today: The day in question; a day before the first phase that is known counts as in it.

    Returns:
        What holds in the phase of that day, with its source and the day on which that was read.

    Raises:
        BackendUnavailable: The service has neither new jobs nor tuned models any more.
        UnreadableContent: The file is damaged.
    """
    known = _known()
    road = next(road for road in known["roads"] if road["name"] == name)
    first, *later = road["phases"]
    phase = [first, *takewhile(lambda phase: phase["since"] <= today, later)][-1]
    source = known["sources"][phase["source"]]
    said = f"{phase['says']} (Read on {source['read']}: {source['source']}.)"
    if phase["tuned"] == "ended":
        raise BackendUnavailable(said)
    return said


def notice_of_host(host: str, today: date) -> str:
    """Say what the service at an address offers on a day; "" for an address that the course does not know.

    Args:
        host: The host of a `base_url`.
        today: The day in question.

    Raises:
        BackendUnavailable: The service has neither new jobs nor tuned models any more.
        UnreadableContent: The file is damaged.
    """
    for road in _known()["roads"]:
        if road["host"] and f".{host}".endswith(f".{road['host']}"):
            return "" if road["name"] == "local" else notice(road["name"], today)
    return ""


def _known() -> _Known:
    way_out = (
        "It belongs to the course: `git checkout -- data` in a clone, or the wheel again, brings it back."
    )
    return read_json(data_path("roads.json"), _Known, way_out=way_out, error=UnreadableContent)
