"""`python -m local_server --port N --state DIR`: start the server and print its address as one JSON line."""

import argparse
import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import uvicorn

from local_server import options
from local_server.app import create_app
from local_server.base_models import UnusableModel
from local_server.connections import (
    ACCEPTED_AT_ONCE,
    MAX_CONNECTIONS,
    Connection,
    raise_descriptor_limit,
)
from local_server.http.gate import Gate
from local_server.jobs.store import ACTIVE, JobStore
from local_server.offered.aliases import UnusableAlias
from local_server.schema import NewerDatabase
from local_server.settings import Settings, close_to_others, write_private


class Server(uvicorn.Server):
    """uvicorn, with a JSON line on stdout once it answers and an end after idle time.

    Args:
        gate: The application.
        store: Where active jobs are.
        settings: Where server.json goes.
        idle_minutes: Ends after this time without an open request and without an active job; None runs on.
    """

    def __init__(self, gate: Gate, store: JobStore, settings: Settings, idle_minutes: float | None) -> None:
        super().__init__(
            uvicorn.Config(
                gate,
                http=Connection,
                ws="none",
                log_config=None,
                access_log=False,
                # Longer than the 5 s after which the SDK drops an idle connection: it never sends on one
                # that is just being closed.
                timeout_keep_alive=15,
                backlog=ACCEPTED_AT_ONCE,
                timeout_graceful_shutdown=3,
            )
        )
        self._gate = gate
        self._store = store
        self._settings = settings
        self._idle_minutes = idle_minutes

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, then say so."""
        await super().startup(sockets)
        if self.should_exit or not sockets:
            return
        # The system keeps more of them waiting: uvicorn gives it the number that is accepted at once.
        sockets[0].listen(MAX_CONNECTIONS)
        port = sockets[0].getsockname()[1]
        host = "127.0.0.1" if self._settings.host == "0.0.0.0" else self._settings.host
        address = {"base_url": f"http://{host}:{port}/v1", "api_key": self._settings.api_key}
        write_private(self._settings.state / "server.json", json.dumps(address | {"pid": os.getpid()}))
        print(json.dumps(address), flush=True)
        if self._idle_minutes is not None:
            self._idle_watch = asyncio.create_task(self._exit_when_idle(self._idle_minutes * 60))

    async def on_tick(self, counter: int) -> bool:
        """Look after the connections. uvicorn calls this ten times a second."""
        if counter % 10 == 0:
            for connection in list(self.server_state.connections):
                if isinstance(connection, Connection):
                    connection.check()
        return await super().on_tick(counter)

    async def _exit_when_idle(self, seconds: float) -> None:
        while not self.should_exit:
            await asyncio.sleep(min(1.0, seconds / 4))
            if self._gate.open_requests or self._store.jobs(*ACTIVE):
                self._gate.last_request = time.monotonic()
            elif time.monotonic() - self._gate.last_request > seconds:
                self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the handlers of `main` in place: uvicorn's own make the signal the exit status."""
        yield


def main() -> int:
    """Run until SIGTERM, Ctrl-C or idle time; returns the exit status."""
    arguments = options.parse(__doc__)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s", stream=sys.stderr)
    raise_descriptor_limit()
    try:
        settings = options.settings(arguments)
    except (options.UnusableKey, UnusableModel, UnusableAlias) as error:
        print(f"local_server: {error}", file=sys.stderr)
        return 1
    with contextlib.ExitStack() as held:
        problem = _unusable(settings) or _locked(held, settings.state) or _serve(arguments, settings)
    if problem is not None:
        print(f"local_server: {problem}", file=sys.stderr)
        return 1
    return 0


def _unusable(settings: Settings) -> str | None:
    state = settings.state
    try:
        # Training data is private: other users of this machine cannot look inside.
        for note in close_to_others(state):
            print(f"local_server: {note}", file=sys.stderr)
    except OSError as error:
        return f"the state folder {state} cannot be made: {error}. Pass another folder with --state."
    return None


def _locked(held: contextlib.ExitStack, state: Path) -> str | None:
    """Two servers on one state folder would train every job twice. SQLite locks a file on every system."""
    try:
        # It waits a second: a client that looks whether somebody holds the lock has it for a moment.
        lock = sqlite3.connect(state / "server.lock", timeout=1, isolation_level=None)
        held.callback(lock.close)
        lock.execute("BEGIN EXCLUSIVE")
        # The lock alone writes nothing: in a folder that lost its write permission it would still be given.
        tempfile.TemporaryFile(dir=state).close()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            return _not_writable(state, error)
        return (
            f"another server already uses the state folder {state}. "
            "Stop it (server.json there names its pid), or pass another --state."
        )
    except OSError as error:
        return _not_writable(state, error)
    return None


def _not_writable(state: Path, error: Exception) -> str:
    return f"the state folder {state} cannot be written: {error}. Pass another folder with --state."


def _serve(arguments: argparse.Namespace, settings: Settings) -> str | None:
    """Serve until asked to end; returns the reason when that is not possible."""
    # asyncio sends small packets at once only where it knows that this is TCP: 2 ms a request, not 48.
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    if os.name == "posix":
        # Without this, a server that was just stopped blocks its port for a minute.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((arguments.host, arguments.port))
    except OSError as error:
        return (
            f"port {arguments.port} on {arguments.host} cannot be used: {error.strerror}. "
            "Stop the program that uses it, or pass another --port (0 takes a free one)."
        )
    if not settings.loopback_only:
        print(
            f"local_server: WARNING: listening on {arguments.host}. Other machines can reach this server. "
            "Who has its key can use it, and what is sent can be read on the way: there is no encryption.",
            file=sys.stderr,
        )
    # Large request bodies are spooled to a temporary file: on the disk chosen for the state, not in /tmp.
    tempfile.tempdir = str(settings.temporary)
    try:
        app = create_app(settings)
    except NewerDatabase as error:
        return f"the database {settings.state / 'server.db'} cannot be used: {error}."
    except sqlite3.DatabaseError as error:
        return (
            f"the database {settings.state / 'server.db'} cannot be used: {error}. Nothing was changed. "
            "If the file is damaged, move it away to start with empty lists; "
            "what is in files/ and jobs/ beside it is then kept in unlisted/."
        )
    server = Server(Gate(app, settings), app.state.store, settings, arguments.exit_when_idle)
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, server.handle_exit)
    try:
        server.run([listener])
    finally:
        (settings.state / "server.json").unlink(missing_ok=True)
    return None


if __name__ == "__main__":
    sys.exit(main())
