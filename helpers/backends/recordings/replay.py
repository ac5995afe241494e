"""Play the HTTP exchanges of a run back.

A recording is a folder: one JSON document per notebook, with the exchanges in
order, and `manifest.json`, which says how it was made. `Recorder` writes the
documents, `Player` answers from them. Both are transports of the SDK's own HTTP
library, so the SDK runs unchanged above them: types, paging, streams, retries.
"""

import difflib
import json
import os
import threading
from pathlib import Path
from typing import Any

import httpx2
from openai import OpenAIError

from helpers.backends.recordings.chosen import DEFAULT_DATASET
from helpers.backends.recordings.files import Exchange, read_exchanges, read_manifest_file
from helpers.backends.recordings.http_bodies import REPLAY_HOST, describe, from_body, key_of, scrub
from helpers.errors import BackendUnavailable, FineTuneError

REPLAY_URL = f"http://{REPLAY_HOST}/v1"
"""Base URL of every client that a `Player` answers."""


class NotRecorded(FineTuneError, OpenAIError):
    """The recording holds no answer for this request; the message shows what differs.

    It derives from the SDK's root exception because the SDK passes such
    exceptions on at once: no retry, no wrapping (openai 3.54, `_base_client.py`).
    """


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
                takes.setdefault(key_of(dict(exchange["request"])), []).append(exchange)
        self._without_step = _lacks(folder, step) if step and not (folder / f"{step}.json").is_file() else ""
        # The step's own requests stand first, so that they are also the first candidates for "nearest".
        self._takes = own | {key: takes for key, takes in others.items() if key not in own}

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Return the next recorded answer.

        Args:
            request: What the SDK asks.

        Raises:
            NotRecorded: The recording holds no such request.
        """
        described = scrub(describe(request, httpx2.URL(REPLAY_URL).path))
        with self._lock:
            takes = self._takes.get(key_of(described))
            if takes is None and self._without_step:
                raise NotRecorded(self._without_step)
            if takes is None:
                raise _not_recorded(described, [dict(takes[0]["request"]) for takes in self._takes.values()])
            answer = (takes.pop(0) if len(takes) > 1 else takes[0])["response"]
        content = from_body(dict(answer["body"]))
        return httpx2.Response(answer["status"], headers=answer["headers"], content=content)


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


def _lacks(folder: Path, step: str) -> str:
    """Say that a whole notebook is not in this recording: what differs from others would only mislead."""
    here = sorted(path.stem for path in folder.glob("*.json") if path.name != "manifest.json")
    text = f"The recording {folder.name} does not hold {step}; it holds {', '.join(here) or 'nothing'}."
    if (folder.parent / DEFAULT_DATASET / f"{step}.json").is_file():
        text += (
            f"\nThat of {DEFAULT_DATASET} does. To see it, put this into a new cell at the top, and run all "
            f"cells:\n%env FINETUNE_DATASET={DEFAULT_DATASET}\n%env FINETUNE_RUN={DEFAULT_DATASET}\n"
            "%env FINETUNE_MODEL="
        )
    return (
        text + '\nFor real answers, write connect("local", ...) in the cell that connects, and run the '
        "notebooks in order."
    )


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
