"""The trainings of a Ray cluster, as the server starts and ends them. Nothing here loads Ray."""

import errno
import importlib.util
import json
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from local_server.settings import PACKAGES, Settings
from local_server.warm.child import Fork, Trainer
from local_server.warm.children import Children, Program

log = logging.getLogger("local_server")

# Ray's client is loaded and connected in two seconds on a busy machine (measured Nov 2026).
_CONNECT_SECONDS = 40.0
_STOP_SECONDS = 5.0
# A cluster that is gone is asked for again so often.
_AGAIN_SECONDS = 10.0


class OnRay(Children):
    """Starts trainings on a cluster, through one driver process; chat processes stay on this machine.

    Args:
        settings: Environment and state folder, the cluster and what a job takes of it.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._address = settings.ray_address or "auto"
        self._driving = threading.Lock()
        self._driver: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._room = 0
        self._try_at = 0.0

    def connect(self) -> str | None:
        """Start the driver, and wait until the cluster has answered.

        Returns:
            Why jobs cannot train there, with what to type; None when they can.
        """
        if sys.platform != "linux":
            return "a server that trains on a Ray cluster needs Linux"
        if importlib.util.find_spec("ray") is None:
            return 'Ray is not installed. Type: pip install "fine-tuning-course[ray]"'
        with self._driving:
            return self._connected()

    def _connected(self) -> str | None:
        self._let_go()
        mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        shares = [str(self._settings.ray_cpus), str(self._settings.ray_gpus)]
        with theirs, open(self._settings.state / "ray.log", "ab") as output:
            self._driver = subprocess.Popen(
                [sys.executable, "-m", "local_server.on_ray", self._address, *shares],
                stdin=theirs.fileno(), stdout=output, stderr=output,
                env=self._settings.child_environment() | {"RAY_USAGE_STATS_ENABLED": "0"}, cwd=PACKAGES,
            )  # fmt: skip
        self._socket = mine
        mine.settimeout(_CONNECT_SECONDS)
        try:
            first: dict[str, Any] = json.loads(mine.recv(4096) or b"{}")
        except TimeoutError:
            first = {}
        if "room" in first:
            mine.setblocking(False)
            self._room = first["room"]
            return None
        self._let_go()
        where = self._settings.state / "ray.log"
        silent = f"no Ray cluster has answered at {self._address}; {where} may say why"
        return f"the cluster cannot be used: {first.get('problem', silent)}."

    @property
    def slots(self) -> int:
        """How many jobs can train at the same time: as many as the machines that live now have room for."""
        with self._driving:
            if self._is_gone():
                self._room = 0
                if time.monotonic() >= self._try_at:
                    problem = self._connected()
                    self._try_at = time.monotonic() + _AGAIN_SECONDS
                    log.warning("%s", problem or "the Ray cluster answers again")
            return min(super().slots, self._room)

    def _is_gone(self) -> bool:
        """Take the newest number of the driver; True when it has ended."""
        if self._socket is None:
            return True
        try:
            while message := self._socket.recv(4096):
                self._room = json.loads(message)["room"]
        except BlockingIOError:
            return False
        except OSError:
            pass
        return True

    def prepare(self, program: Program) -> None:
        """Begin to load what chat needs; what trains is loaded on the cluster."""
        if program != "training":
            super().prepare(program)

    def train(self, folder: Path) -> Trainer:
        """Start the training of a job on a machine of the cluster.

        Args:
            folder: The job folder, with job.json and the rows; every machine sees it at this path.

        Returns:
            The training, as a process of this machine would be.

        Raises:
            OSError: The cluster has just been lost; it is tried again.
        """
        request = {"folder": str(folder), "variables": self._settings.child_variables()}
        reading, writing = os.pipe()
        stdin = open(writing, "wb")  # noqa: SIM115  (open as long as the training runs)
        mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with open(reading, "rb"), theirs, open(folder / "trainer.log", "ab") as output, self._driving:
                descriptors = [reading, output.fileno(), theirs.fileno()]
                if self._socket is None:
                    raise ConnectionError("the Ray cluster does not answer")
                socket.send_fds(self._socket, [json.dumps(request).encode()], descriptors)
        except BaseException as error:
            stdin.close()
            mine.close()
            if isinstance(error, ConnectionError):
                raise OSError(errno.EAGAIN, "the Ray cluster does not answer") from None
            raise
        return Trainer(Fork(mine), stdin)

    def stop(self) -> None:
        """End the driver. The trainings have ended, or stop at their next step."""
        with self._driving:
            self._let_go()
        super().stop()

    def _let_go(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._driver is not None:
            try:
                self._driver.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._driver.kill()
                self._driver.wait()
            self._driver = None
