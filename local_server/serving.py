"""The server while it runs: where it listens, when it says so, and why it ends. Loads FastAPI."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator

import uvicorn

from local_server.app import create_app
from local_server.connections import (
    MAX_CONNECTIONS,
    Connection,
    accepted_at_once,
    raise_descriptor_limit,
)
from local_server.http.gate import Gate
from local_server.jobs.store import ACTIVE, JobStore
from local_server.schema import NewerDatabase
from local_server.settings import Settings, write_private
from local_server.warm.children import Children


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
                backlog=accepted_at_once(),
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


def serve(
    host: str, port: int, exit_when_idle: float | None, settings: Settings, children: Children
) -> str | None:
    """Serve until asked to end.

    Args:
        host: IPv4 address to listen on.
        port: 0 takes a free one.
        exit_when_idle: Minutes without request and job after which it ends; None runs on.
        settings: Folders, limits, key.
        children: Starts the training and chat processes.

    Returns:
        Why it is not possible; None when it was.
    """
    raise_descriptor_limit()
    # asyncio sends small packets at once only where it knows that this is TCP: 2 ms a request, not 48.
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    if os.name == "posix":
        # Without this, a server that was just stopped blocks its port for a minute.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        return (
            f"port {port} on {host} cannot be used: {error.strerror}. "
            "Stop the program that uses it, or pass another --port (0 takes a free one)."
        )
    if not settings.loopback_only:
        print(
            f"local_server: WARNING: listening on {host}. Other machines can reach this server. "
            "Who has its key can use it, and what is sent can be read on the way: there is no encryption.",
            file=sys.stderr,
        )
    # Large request bodies are spooled to a temporary file: on the disk chosen for the state, not in /tmp.
    tempfile.tempdir = str(settings.temporary)
    try:
        app = create_app(settings, children)
    except NewerDatabase as error:
        return f"the database {settings.state / 'server.db'} cannot be used: {error}."
    except sqlite3.DatabaseError as error:
        return (
            f"the database {settings.state / 'server.db'} cannot be used: {error}. Nothing was changed. "
            "If the file is damaged, move it away to start with empty lists; "
            "what is in files/ and jobs/ beside it is then kept in unlisted/."
        )
    server = Server(Gate(app, settings), app.state.store, settings, exit_when_idle)
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, server.handle_exit)
    try:
        server.run([listener])
    finally:
        children.stop()
        # Last: whoever waits for this server's end looks whether the file is gone.
        (settings.state / "server.json").unlink(missing_ok=True)
    return None
