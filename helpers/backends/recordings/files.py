"""What a recording holds on the disk: its documents and its manifest, checked when they are read."""

from pathlib import Path
from typing import Annotated, Any, TypedDict

import msgspec

from helpers.errors import BackendUnavailable
from helpers.stored_json import read_json

_WAY_OUT = (
    "Get this recording again: in a clone `git checkout -- data/recordings` brings the course's own back; "
    "one of yours is recorded again by the command in its manifest. Or set FINETUNE_RECORDING to another one."
)


class Request(TypedDict):
    """The part of a request that decides about its answer."""

    method: str
    path: str
    query: dict[str, str]
    body: dict[str, Any]


class Body(TypedDict, total=False):
    """What `http_bodies.to_body` writes about an answer."""

    json: Any
    text: str
    events: list[str]
    base64: bytes  # msgspec reads the text, and refuses one that is none.


class Answer(TypedDict):
    """An answer, with the headers that the SDK acts on."""

    status: Annotated[int, msgspec.Meta(ge=100, le=599)]
    headers: dict[str, Annotated[str, msgspec.Meta(pattern=r"^[ -~]*$")]]
    body: Body


class Exchange(TypedDict):
    """A request and its answer."""

    request: Request
    response: Answer


class _Document(TypedDict):
    exchanges: list[Exchange]


class _Manifest(TypedDict):
    label: str
    model: str
    recorded_at: str


def read_exchanges(path: Path) -> list[Exchange]:
    """Read a document of a recording.

    Args:
        path: Such as "04_monitor.json" in its folder.

    Returns:
        Its exchanges, in recorded order.

    Raises:
        BackendUnavailable: The document is damaged; the message says where.
    """
    return read_json(path, _Document, way_out=_WAY_OUT, error=BackendUnavailable)["exchanges"]


def read_manifest_file(path: Path) -> dict[str, Any]:
    """Read the manifest of a recording.

    Args:
        path: Its "manifest.json".

    Returns:
        All that it says.

    Raises:
        BackendUnavailable: The manifest is damaged; the message says where.
    """
    manifest: dict[str, Any] = read_json(path, dict, way_out=_WAY_OUT, error=BackendUnavailable)
    read_json(path, _Manifest, way_out=_WAY_OUT, error=BackendUnavailable)
    return manifest
