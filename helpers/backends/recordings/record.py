"""Write the HTTP exchanges of a run down: one document for each notebook, and a manifest."""

import json
import os
import platform
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx2

from helpers.backends.recordings.files import read_manifest_file
from helpers.backends.recordings.http_bodies import describe, key_of, scrub, to_body

KEPT_HEADERS = ("content-type", "retry-after", "retry-after-ms", "x-should-retry")
"""Response headers that the SDK acts on. No other header is stored, and no request header at all."""


_OF_A_JOB = "/fine_tuning/jobs/"


class Written:
    """A document that grows, without what a player does not need.

    What a job has answered just before is not written again: a job that waits is asked hundreds of times,
    and a player repeats the last answer anyway. Of the newest events of a job, a page goes when the next one
    still holds an event of the one before: a watch then reads on without it, and asks for no other page.
    The look at the job that belongs to such a page goes with it.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._exchanges: list[dict[str, Any]] = []
        self._last: dict[str, Any] = {}
        self._pages: dict[str, list[dict[str, Any]]] = {}

    def take(self, exchange: dict[str, Any]) -> bool:
        """Add an exchange.

        Args:
            exchange: A request and its answer.

        Returns:
            Whether the document has changed.
        """
        key = key_of(exchange["request"])
        if exchange["request"]["path"].startswith(_OF_A_JOB) and self._last.get(key) == exchange["response"]:
            return False
        self._last[key] = exchange["response"]
        if _event_ids(exchange):
            self._leave_out_between(self._pages.setdefault(key, []), exchange)
        self._exchanges.append(exchange)
        return True

    def _leave_out_between(self, pages: list[dict[str, Any]], newest: dict[str, Any]) -> None:
        if len(pages) > 1 and _event_ids(pages[-2]) & _event_ids(newest):
            between = next(n for n, each in enumerate(self._exchanges) if each is pages[-1])
            del self._exchanges[between], pages[-1]
            self._leave_out_look(between, newest["request"]["path"].removesuffix("/events"))
        pages.append(newest)

    def _leave_out_look(self, at: int, job: str) -> None:
        """Leave out the job's answer of the same look, when its status says nothing new."""
        looks = [n for n, each in enumerate(self._exchanges) if each["request"]["path"] == job]
        before, after = [n for n in looks if n < at], [n for n in looks if n >= at]
        same = {_status(self._exchanges[n]) for n in (before[-2:] + after[:1])}
        if len(before) > 1 and after and len(same) == 1:
            del self._exchanges[before[-1]]

    def text(self, step: str) -> str:
        """Write the document as JSON, one exchange in a line."""
        lines = ",\n".join(json.dumps(exchange, ensure_ascii=False) for exchange in self._exchanges)
        return f'{{"step": {json.dumps(step)}, "exchanges": [\n{lines}\n]}}\n'


def _event_ids(exchange: Mapping[str, Any]) -> set[str]:
    """The events on a page of a job's newest events; of any other exchange none."""
    request, body = exchange["request"], exchange["response"]["body"]
    newest = request["path"].startswith(_OF_A_JOB) and request["path"].endswith("/events")
    if not newest or "after" in request["query"]:
        return set()
    return {event["id"] for event in body.get("json", {}).get("data", ())}


def _status(exchange: Mapping[str, Any]) -> object:
    return exchange["response"]["body"].get("json", {}).get("status")


_WRITTEN: dict[Path, Written] = {}
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
        self._written = _WRITTEN.setdefault(path.absolute(), Written())
        self._started = time.monotonic()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request, store the exchange, return the answer.

        Args:
            request: What the SDK asks.
        """
        seconds = round(time.monotonic() - self._started, 3)
        described = describe(request, self._base_path)
        response = self._transport.handle_request(request)
        response.read()
        answer = {
            "status": response.status_code,
            "headers": {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers},
            "body": to_body(response.content, response.headers.get("content-type", "")),
        }
        exchange = {"request": described, "response": answer, "seconds": seconds}
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        with self._written.lock:
            if self._written.take(scrub(exchange, key=key, host=request.url.netloc.decode())):
                _write(self._path, self._written.text(self._path.stem))
        return response

    def close(self) -> None:
        """Close the real transport."""
        self._transport.close()


def write_manifest(folder: Path, *, backend: str, model: str, command: str, notebooks: list[str]) -> None:
    """Say how the recording in `folder` was made. Call it after the recorded run.

    Args:
        folder: The recording.
        backend: The live backend that answered ("local").
        model: The base model that was trained.
        command: The command that makes this recording again.
        notebooks: The recorded notebooks, without suffix ("04_monitor").
    """
    label = f"recorded from a real run against the backend {backend!r}"
    manifest = {"label": label, "backend": backend, "model": model, **_made_by(command, notebooks)}
    _write(folder / "manifest.json", json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")


def add_to_manifest(folder: Path, *, command: str, notebooks: list[str]) -> None:
    """Say that some notebooks were recorded later than the others, in a run of their own.

    Args:
        folder: The recording, with its manifest; same backend and base model.
        command: The command that records these notebooks again.
        notebooks: Which, without suffix ("06b_tools").
    """
    manifest = read_manifest_file(folder / "manifest.json")
    others = [each for each in manifest.get("later", []) if not set(each["notebooks"]) & set(notebooks)]
    manifest["notebooks"] = sorted({*manifest["notebooks"], *notebooks})
    manifest["later"] = [*others, _made_by(command, notebooks)]
    _write(folder / "manifest.json", json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")


def _made_by(command: str, notebooks: list[str]) -> dict[str, Any]:
    return {
        "sdk_version": version("openai"),
        "python": platform.python_version(),
        "recorded_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
        "notebooks": notebooks,
    }


def _write(path: Path, text: str) -> None:
    """Write a document in one move, so that no reader meets half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(text, encoding="utf-8", newline="\n")
    os.replace(temporary, path)
