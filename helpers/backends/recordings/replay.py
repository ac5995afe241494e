"""Record the HTTP exchanges of a run, and play them back.

A recording is a folder: one JSON document per notebook, with the exchanges in
order, and `manifest.json`, which says how it was made. `Recorder` writes the
documents, `Player` answers from them. Both are transports of the SDK's own HTTP
library, so the SDK runs unchanged above them: types, paging, streams, retries.
"""

import difflib
import json
import os
import platform
import threading
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx2
from openai import OpenAIError

from helpers.backends.recordings.files import Exchange, read_exchanges, read_manifest_file
from helpers.backends.recordings.http_bodies import REPLAY_HOST, from_body, scrub, to_body
from helpers.errors import BackendUnavailable, FineTuneError

REPLAY_URL = f"http://{REPLAY_HOST}/v1"
"""Base URL of every client that a `Player` answers."""

KEPT_HEADERS = ("content-type", "retry-after", "retry-after-ms", "x-should-retry")
"""Response headers that the SDK acts on. No other header is stored, and no request header at all."""


class NotRecorded(FineTuneError, OpenAIError):
    """The recording holds no answer for this request; the message shows what differs.

    It derives from the SDK's root exception because the SDK passes such
    exceptions on at once: no retry, no wrapping (openai 3.54, `_base_client.py`).
    """


_WRITTEN: dict[Path, tuple[list[dict[str, Any]], threading.Lock]] = {}
"""What this program has recorded, by document."""


class Recorder(httpx2.BaseTransport):
    """Pass requests on to a real transport and write down each exchange.

    The document is complete after each exchange, so an interrupted run keeps
    what it has. A document of an earlier program is replaced; a second client of this
    one goes on in it, as a notebook that connects twice. A streamed answer is read to
    its end before it is passed on: while recording it does not look live.

    Args:
        transport: What really sends the request, such as `httpx2.HTTPTransport()`.
        path: The document to write; its stem is the step ("04_monitor").
        base_url: The client's base URL. Paths are stored relative to it.
    """

    def __init__(self, transport: httpx2.BaseTransport, path: Path, base_url: str) -> None:
        self._transport = transport
        self._path = path
        self._base_path = httpx2.URL(base_url).path
        self._exchanges, self._lock = _WRITTEN.setdefault(path.absolute(), ([], threading.Lock()))
        self._started = time.monotonic()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request, store the exchange, return the answer.

        Args:
            request: What the SDK asks.
        """
        seconds = round(time.monotonic() - self._started, 3)
        described = _describe(request, self._base_path)
        response = self._transport.handle_request(request)
        response.read()
        answer = {
            "status": response.status_code,
            "headers": {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers},
            "body": to_body(response.content, response.headers.get("content-type", "")),
        }
        exchange = {"request": described, "response": answer, "seconds": seconds}
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        with self._lock:
            self._exchanges.append(scrub(exchange, key=key, host=request.url.netloc.decode()))
            _write_json(self._path, {"step": self._path.stem, "exchanges": self._exchanges})
        return response

    def close(self) -> None:
        """Close the real transport."""
        self._transport.close()


class Player(httpx2.BaseTransport):
    """Answer requests from a recording, without a network.

    A request finds its answers by method, path, query and body. Its answers are
    given in recorded order and the last one repeats. So a polled job moves and
    ends, and a cell can run again.

    Args:
        folder: The recording.
        step: The notebook ("04_monitor"). The answers of its own document come
            first; the other documents answer only what that one does not hold.
            Without it all documents count as one, in the order of their names.

    Raises:
        BackendUnavailable: A document is damaged; the message says which, and where.
    """

    def __init__(self, folder: Path, step: str | None = None) -> None:
        self._lock = threading.Lock()
        own: dict[str, list[Exchange]] = {}
        others: dict[str, list[Exchange]] = {}
        for path in sorted(folder.glob("*.json")):
            if path.name == "manifest.json":
                continue
            takes = own if path.stem == step else others
            for exchange in read_exchanges(path):
                takes.setdefault(_key(dict(exchange["request"])), []).append(exchange)
        # The step's own requests stand first, so that they are also the first candidates for "nearest".
        self._takes = own | {key: takes for key, takes in others.items() if key not in own}

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Return the next recorded answer.

        Args:
            request: What the SDK asks.

        Raises:
            NotRecorded: The recording holds no such request.
        """
        described = scrub(_describe(request, httpx2.URL(REPLAY_URL).path))
        with self._lock:
            takes = self._takes.get(_key(described))
            if takes is None:
                raise _not_recorded(described, [dict(takes[0]["request"]) for takes in self._takes.values()])
            answer = (takes.pop(0) if len(takes) > 1 else takes[0])["response"]
        content = from_body(dict(answer["body"]))
        return httpx2.Response(answer["status"], headers=answer["headers"], content=content)


def write_manifest(folder: Path, *, backend: str, model: str, command: str, notebooks: list[str]) -> None:
    """Say how the recording in `folder` was made. Call it after the recorded run.

    Args:
        folder: The recording.
        backend: The live backend that answered ("local").
        model: The base model that was trained.
        command: The command that makes this recording again.
        notebooks: The recorded notebooks, without suffix ("04_monitor").
    """
    manifest = {
        "label": f"recorded from a real run against the backend {backend!r}",
        "backend": backend,
        "model": model,
        "sdk_version": version("openai"),
        "python": platform.python_version(),
        "recorded_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
        "notebooks": notebooks,
    }
    _write_json(folder / "manifest.json", manifest)


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a recording, as `write_manifest` wrote it.

    Args:
        folder: The recording.

    Raises:
        BackendUnavailable: `folder` holds no recording, or its manifest is damaged.
    """
    path = folder / "manifest.json"
    if not os.path.lexists(path):
        there = sorted(found.parent.name for found in folder.parent.glob("*/manifest.json"))
        raise BackendUnavailable(
            f"No recording at {folder}: manifest.json is missing. Recordings in {folder.parent}: "
            f"{', '.join(there) or 'none'}. Set FINETUNE_RECORDING to one of them, or unset it."
        )
    return read_manifest_file(path)


def _describe(request: httpx2.Request, base_path: str) -> dict[str, Any]:
    """Return the part of a request that decides about its answer."""
    return {
        "method": request.method,
        "path": "/" + request.url.path.removeprefix(base_path).lstrip("/"),
        "query": dict(request.url.params.multi_items()),
        "body": to_body(request.read(), request.headers.get("content-type", "")),
    }


def _key(described: dict[str, Any]) -> str:
    return json.dumps(described, sort_keys=True)


def _not_recorded(described: dict[str, Any], recorded: list[dict[str, Any]]) -> NotRecorded:
    asked = _route(described)
    known = {_route(request) for request in recorded}
    if asked in known:
        yours = _readable(described).splitlines()
        same_route = [_readable(request).splitlines() for request in recorded if _route(request) == asked]
        nearest = max(same_route, key=lambda lines: _nearness(lines, yours))
        diff = difflib.unified_diff(nearest, yours, "recorded", "yours", n=1, lineterm="")
        shown = (line for line in diff if not line.startswith("@@"))
        found = "The nearest request that it holds differs from yours:\n" + "\n".join(shown)
    else:
        nearest_routes = difflib.get_close_matches(asked, sorted(known), n=3, cutoff=0)
        found = "The nearest that it holds: " + (", ".join(nearest_routes) or "nothing") + "."
    if "parts" in described["body"]:
        found += (
            "\nAnother sha256 is another file. The recorded answers belong to the recorded training file; "
            "01_dataset.ipynb, run again without changes, makes it again."
        )
    return NotRecorded(
        f"The recording has no answer for {asked}.\n{found}\n"
        "Undo the change in your cell to see the recorded answer. For a real answer, write "
        'connect("local", ...) in the cell that connects, and run the notebooks in order.'
    )


def _nearness(recorded: list[str], yours: list[str]) -> tuple[float, float]:
    """How much two requests share: first the lines that are equal, then the characters."""
    equal_lines = difflib.SequenceMatcher(None, recorded, yours, autojunk=False).ratio()
    characters = difflib.SequenceMatcher(None, "".join(recorded), "".join(yours), autojunk=False)
    return equal_lines, characters.quick_ratio()


def _route(described: dict[str, Any]) -> str:
    return f"{described['method']} {described['path']}"


def _readable(described: dict[str, Any]) -> str:
    data = {"query": described["query"], "body": described["body"]}
    return json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False)


def _write_json(path: Path, data: dict[str, Any]) -> None:
    """Write a document in one move, so that no reader meets half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(temporary, path)
