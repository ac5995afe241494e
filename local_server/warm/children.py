"""The training and chat processes, as the server starts and ends them."""

import json
import os
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Literal

from local_server.settings import PACKAGES, Settings
from local_server.warm.child import Child, Fork, Trainer

Program = Literal["training", "generation"]

# On macOS a fork of a process that has used the system's libraries is not safe (documentation of Python's
# multiprocessing, read Nov 2026), and Windows has no fork.
FORKS = sys.platform == "linux"

_STOP_SECONDS = 5


class Children:
    """Starts training and chat processes: forks of a warm process where the system can do that safely.

    Args:
        settings: Environment and state folder, and how long the warm process is kept.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._starting = threading.Lock()
        self._control: socket.socket | None = None
        self._warm: subprocess.Popen[bytes] | None = None
        # Programs that the warm process has been told to load.
        self._prepared: set[Program] = set()
        self._forked = False

    @property
    def forks(self) -> bool:
        """Whether processes are forks."""
        return FORKS and self._settings.keep_warm_seconds > 0

    @property
    def slots(self) -> int:
        """How many jobs can train at the same time, just now."""
        return self._settings.training_slots

    def prepare(self, program: Program) -> None:
        """Begin to load what a program needs. It takes seconds, so call it when one may soon be started.

        Args:
            program: Which one.
        """
        if not self.forks:
            return
        with self._starting:
            control = self._warmed_up()
            if program not in self._prepared:
                self._prepared.add(program)
                # It has just ended: whoever starts one starts it again.
                with suppress(ConnectionError):
                    control.send(json.dumps({"program": program, "arguments": []}).encode())

    def start(self, program: Program, arguments: list[str], *, stdin: int, stdout: int, stderr: int) -> Child:
        """Start a process; it may take seconds until it works.

        Args:
            program: Which one.
            arguments: Of its command line.
            stdin: A descriptor of its standard input. The caller closes its own copy, as for the other two.
            stdout: Of its standard output.
            stderr: Of its standard error.

        Returns:
            The process.

        Raises:
            OSError: It cannot be started.
        """
        if not self.forks:
            return subprocess.Popen(
                [sys.executable, "-m", f"local_server.{program}", *arguments],
                stdin=stdin, stdout=stdout, stderr=stderr,
                env=self._settings.child_environment(), cwd=PACKAGES,
            )  # fmt: skip
        request = json.dumps({"program": program, "arguments": arguments}).encode()
        mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, self._starting:
            descriptors = [stdin, stdout, stderr, theirs.fileno()]
            try:
                socket.send_fds(self._warmed_up(), [request], descriptors)
            except ConnectionError:
                # It has just ended, because it was idle or killed.
                self._control = None
                socket.send_fds(self._warmed_up(), [request], descriptors)
        self._forked = True
        return Fork(mine)

    def train(self, folder: Path) -> Trainer:
        """Start the training of a job.

        Args:
            folder: The job folder, with job.json and the rows.

        Returns:
            The process.

        Raises:
            OSError: It cannot be started.
        """
        reading, writing = os.pipe()
        stdin = open(writing, "wb")  # noqa: SIM115  (open as long as the process runs)
        try:
            with open(reading, "rb"), open(folder / "trainer.log", "ab") as output:
                log, arguments = output.fileno(), [str(folder), "--watch-stdin"]
                process = self.start("training", arguments, stdin=reading, stdout=log, stderr=log)
        except BaseException:
            stdin.close()
            raise
        return Trainer(process, stdin)

    def _warmed_up(self) -> socket.socket:
        """The socket of the warm process, which may still be loading."""
        if self._control is not None and self._warm is not None and self._warm.poll() is None:
            return self._control
        mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, open(self._settings.state / "warm.log", "ab") as log:
            self._warm = subprocess.Popen(
                [sys.executable, "-m", "local_server.warm", str(self._settings.keep_warm_seconds)],
                stdin=theirs.fileno(), stdout=log, stderr=log,
                env=self._settings.child_environment(), cwd=PACKAGES,
            )  # fmt: skip
        self._control = mine
        self._prepared.clear()
        return mine

    def stop(self) -> None:
        """End the warm process. Its forks have ended, or end by themselves: their stdin is closed."""
        with self._starting:
            if self._control is not None:
                self._control.close()
            if self._warm is not None:
                try:
                    # It takes note of the end of each fork; without one it may still be loading.
                    self._warm.wait(_STOP_SECONDS if self._forked else 0)
                except subprocess.TimeoutExpired:
                    self._warm.kill()
                    self._warm.wait()
