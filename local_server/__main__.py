"""`python -m local_server --port N --state DIR`: start the server and print its address as one JSON line."""

import argparse
import contextlib
import logging
import sqlite3
import sys
import tempfile
from pathlib import Path

from local_server import options
from local_server.access.keys import UnusableProjects
from local_server.base_models import UnusableModel
from local_server.offered.aliases import UnusableAlias
from local_server.on_ray.children import OnRay
from local_server.settings import Settings, close_to_others
from local_server.warm.children import Children


def main() -> int:
    """Run until SIGTERM, Ctrl-C or idle time; returns the exit status."""
    arguments = options.parse(__doc__)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s", stream=sys.stderr)
    try:
        settings = options.settings(arguments)
    except (options.UnusableKey, UnusableModel, UnusableAlias, UnusableProjects) as error:
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
    children = Children(settings) if settings.ray_address is None else OnRay(settings)
    try:
        if not settings.chat_on_demand:
            children.prepare("generation")
        if isinstance(children, OnRay) and (problem := children.connect()):
            return problem
        # While PyTorch is loaded there, FastAPI is loaded here.
        from local_server.serving import serve

        return serve(arguments.host, arguments.port, arguments.exit_when_idle, settings, children)
    finally:
        children.stop()


if __name__ == "__main__":
    sys.exit(main())
