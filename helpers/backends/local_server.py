"""Find the local server that runs, or start one."""

import importlib.util
import os
import sqlite3
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Annotated, TypedDict

import msgspec

from helpers.errors import BackendUnavailable
from helpers.paths import ROOT, how_to_install_local, server_state
from helpers.stored_json import read_json

START_SECONDS = 60
"""How long a server may take until it answers. On two cores it takes about a second (Nov 2026)."""

ANSWER_SECONDS = 10
"""How long a running server may take to answer while it trains on the same cores."""

IDLE_MINUTES = 60
"""A started server ends after this time without a request and without a running job."""

NEEDED = ("fastapi", "uvicorn", "torch", "transformers", "trl")
"""What the server imports, and `requirements.txt` does not install."""


_REMOVE = (
    "Remove this file, then call connect again: jobs and files are kept. A server that still runs with this "
    "folder has to be ended first."
)


class _Address(TypedDict):
    """What a server prints when it listens."""

    base_url: str
    api_key: str


class _Server(TypedDict):
    """What a server writes into server.json when it listens."""

    base_url: Annotated[str, msgspec.Meta(pattern=r"^https?://[!-~]+$")]
    api_key: Annotated[str, msgspec.Meta(pattern=r"^[!-~]+$")]
    pid: Annotated[int, msgspec.Meta(ge=1)]


def local_server() -> tuple[str, str]:
    """Return how to reach the local server, and start it when none runs.

    The server is a process of its own: it outlives the notebook, so a job goes
    on when the kernel stops. Two notebooks that ask at once get the same server.

    Returns:
        The base URL and the API key.

    Raises:
        BackendUnavailable: A package is missing, or the server does not start or answer.
    """
    state = server_state()
    # Training data is private: other users of this machine cannot look inside.
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise BackendUnavailable(
            f"The folder {state} for the local server's data cannot be made: {error.strerror}. "
            "Set FINETUNE_LOCAL_STATE to a folder that you may write to."
        ) from None
    with _one_at_a_time(state / "start.lock"):
        return running_server(state) or _start(state)


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    """Hold a lock between processes. SQLite locks a file on every system, and a crash releases it."""
    try:
        lock = sqlite3.connect(path, timeout=2 * START_SECONDS, isolation_level=None)
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error as error:
        raise BackendUnavailable(
            f"The lock {path} cannot be taken: {error}. It holds no data: remove it, then call connect again."
        ) from None
    try:
        yield
    finally:
        lock.close()


def running_server(state: Path) -> tuple[str, str] | None:
    """Return the address of the server that a state folder names, if it answers and takes its key.

    Args:
        state: The folder in which the server keeps its data.

    Returns:
        The base URL and the API key, or None when no such server runs.

    Raises:
        BackendUnavailable: The server runs, but is too busy to answer; or its file is damaged.
    """
    file = state / "server.json"
    if not os.path.lexists(file):
        return None
    try:
        server = read_json(file, _Server, way_out=_REMOVE, error=BackendUnavailable)
    except BackendUnavailable:
        if not os.path.lexists(file):  # The server has ended meanwhile.
            return None
        raise
    base_url, key = server["base_url"], server["api_key"]
    without_proxy = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        request = urllib.request.Request(f"{base_url}/models", headers={"Authorization": f"Bearer {key}"})
        without_proxy.open(request, timeout=ANSWER_SECONDS).close()
    except TimeoutError:
        raise BackendUnavailable(
            f"The local server at {base_url} (process {server['pid']}) did not answer within "
            f"{ANSWER_SECONDS} s. Wait and try again, or end that process and connect again: its jobs and "
            f"files are kept.\n{_log_tail(state)}"
        ) from None
    except (OSError, HTTPException, ValueError, OverflowError):
        return None  # The server was killed and left its file; its port may have a new owner.
    return base_url, key


def _start(state: Path) -> tuple[str, str]:
    """Start a server that does not end with this process, and return its address."""
    missing = [package for package in NEEDED if importlib.util.find_spec(package) is None]
    if missing:
        raise BackendUnavailable(
            f"The local server needs packages that are not installed: {', '.join(missing)}. "
            f"To install them: {how_to_install_local()}. Then restart the kernel."
        )
    command = [sys.executable, "-m", "local_server", "--port", "0", "--state", str(state)]
    command += ["--exit-when-idle", str(IDLE_MINUTES)]
    with (state / "server.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    assert process.stdout is not None  # It is a pipe, as asked for.
    too_late = threading.Timer(START_SECONDS, process.kill)
    too_late.start()
    try:
        with process.stdout:
            line = process.stdout.readline()
    finally:
        too_late.cancel()
    threading.Thread(target=process.wait, daemon=True).start()  # Collects the process when it ends.
    if not line:
        raise BackendUnavailable(
            f"The local server did not start: `{' '.join(command)}` gave no address "
            f"(limit: {START_SECONDS} s).\n{_log_tail(state)}"
        )
    try:
        server = msgspec.json.decode(line, type=_Address)
    except msgspec.DecodeError as error:
        raise BackendUnavailable(
            f"The local server did not start: `{' '.join(command)}` printed something else than its address "
            f"({error}).\n{_log_tail(state)}"
        ) from None
    return server["base_url"], server["api_key"]


def _log_tail(state: Path, lines: int = 10) -> str:
    log = state / "server.log"
    tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:] if log.is_file() else []
    return f"Last lines of {log}:\n" + ("\n".join(tail) or "(empty)")
