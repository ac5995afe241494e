"""End a local server, and know that it has ended."""

import os
import signal
import time
from pathlib import Path
from typing import Annotated, TypedDict

import msgspec

from helpers.backends.local_server import running_server
from helpers.backends.proof import runs
from helpers.errors import BackendUnavailable
from helpers.stored_json import read_json

SERVER_END_SECONDS = 20
"""How long the server may take to end its training and chat processes; they take about two seconds."""

REMOVE = "End the server by hand, and remove this file."


class Address(TypedDict):
    """What is read here of a server's server.json."""

    pid: Annotated[int, msgspec.Meta(ge=1)]


def stop_server(state: Path) -> bool:
    """End the server of a state folder and wait until it has; its jobs, files and models stay there.

    Args:
        state: The folder in which the server keeps its data.

    Returns:
        Whether a server ran.

    Raises:
        BackendUnavailable: It has not ended in time, it does not answer, or its file is damaged.
    """
    # Asked first: a killed server leaves its file behind, and its process id may have a new owner.
    if running_server(state) is None:
        return False
    address = state / "server.json"
    process_id = read_json(address, Address, way_out=REMOVE, error=BackendUnavailable)["pid"]
    os.kill(process_id, signal.SIGTERM)
    deadline = time.monotonic() + SERVER_END_SECONDS
    # Where a process cannot be asked to end (Windows), it is ended, and its file stays.
    while address.exists() and runs(state, process_id):
        if time.monotonic() > deadline:
            raise BackendUnavailable(
                f"The local server (process {process_id}) has not ended in {SERVER_END_SECONDS} s. "
                f"Its log: {state / 'server.log'}. End that process by hand, then try again."
            )
        time.sleep(0.1)
    return True
