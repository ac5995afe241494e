"""Read what the SDK returned, in any form in which it can lie around.

This room does not import the SDK. It takes the SDK's objects as they are, as plain dicts,
or as the lines of a JSON Lines file, and sees dicts.
"""

import json
from collections.abc import Iterable
from typing import Any, TypeAlias

import msgspec

from helpers.errors import UnreadableContent

_decode = msgspec.json.Decoder().decode

SdkObject: TypeAlias = object
"""A job, event or checkpoint as the SDK returns it, as a plain dict, or as a line of JSON."""


def record(thing: SdkObject) -> dict[str, Any]:
    """Give an object's fields, those that the SDK does not know included.

    Any form of a job, an event or a checkpoint reads the same from here on.

    Args:
        thing: An SDK object, a dict, or the JSON text of one.

    Returns:
        Field names and values; not a deep copy.

    Raises:
        UnreadableContent: It is none of these.
    """
    if isinstance(thing, dict):
        return thing
    if isinstance(thing, str | bytes):
        return _decoded(thing)
    if not hasattr(thing, "__dict__"):
        raise UnreadableContent(
            f"Expected an object of the SDK, a dict or a line of JSON; found {type(thing).__name__}."
        )
    # Fields that a service adds stand apart in pydantic's objects.
    added = getattr(thing, "model_extra", None)
    return {**vars(thing), **added} if added else vars(thing)


def records(things: Iterable[SdkObject] | str | bytes) -> list[dict[str, Any]]:
    """Give the fields of each object in a list, a page of the SDK or a text.

    Args:
        things: Objects in one of the forms of `record`; a page of the SDK, which fetches the next pages
            when it is read; a page as a dict (`{"object": "list", "data": [...]}`); or the whole text
            of a JSON Lines file.

    Returns:
        One dict for each object, in the order given. Blank lines are left out.

    Raises:
        UnreadableContent: One of them is in no such form.
    """
    # Not splitlines: a text inside the JSON may hold one of the rarer line ends.
    if isinstance(things, str):
        things = things.split("\n")
    elif isinstance(things, bytes):
        things = things.split(b"\n")
    elif isinstance(things, dict):
        things = things.get("data") or []
    return [record(thing) for thing in things if not (isinstance(thing, str | bytes) and not thing.strip())]


def _decoded(line: str | bytes) -> dict[str, Any]:
    try:
        found = _decode(line)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        found = _decoded_by_python(line)
    if not isinstance(found, dict):
        raise UnreadableContent(f"Expected one JSON object on each line; found {line[:60]!r}.")
    return found


def _decoded_by_python(line: str | bytes) -> object:
    # Slower, but it knows the NaN and Infinity that Python writes.
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
