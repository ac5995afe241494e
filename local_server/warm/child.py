"""One training or chat process, as the server holds it."""

import json
import os
import selectors
import signal
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO, Protocol


class Child(Protocol):
    """What a fork and a `subprocess.Popen` have in common."""

    def poll(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end.

        Raises:
            subprocess.TimeoutExpired: It still runs after `timeout` seconds.
        """

    def kill(self) -> None:
        """End it at once."""


class Fork:
    """A fork of the warm process.

    Args:
        report: Where the warm process tells its id, and how it ended.
    """

    def __init__(self, report: socket.socket) -> None:
        self._report = report
        self._pidfd: int | None = None
        self._status: int | None = None

    def poll(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self._status

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end.

        Args:
            timeout: Seconds; None for as long as it takes.

        Returns:
            The exit status, negative for a signal.

        Raises:
            subprocess.TimeoutExpired: It still runs.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while self._status is None:
            rest = None if deadline is None else max(0.0, deadline - time.monotonic())
            self._read(rest)
        return self._status

    def _read(self, timeout: float | None) -> None:
        """Take one message, or the end of the process when the warm one is gone."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._report, selectors.EVENT_READ)
            if not selector.select(timeout):
                raise subprocess.TimeoutExpired("fork", timeout or 0)
        try:
            message = self._report.recv(64)
        except ConnectionError:
            message = b""
        told: dict[str, int] = json.loads(message or "{}")
        if not told:
            self._orphaned(timeout)
        elif "pid" in told:
            self._open(told["pid"])
        else:
            self._end(told["exit"])

    def _open(self, pid: int) -> None:
        # It may have ended by now; its status follows.
        with suppress(ProcessLookupError):
            self._pidfd = os.pidfd_open(pid)

    def _orphaned(self, timeout: float | None) -> None:
        """The warm process was killed: nobody will say how this one ended, but it can be seen that it has."""
        if self._pidfd is not None:
            with selectors.DefaultSelector() as selector:
                selector.register(self._pidfd, selectors.EVENT_READ)
                if not selector.select(timeout):
                    raise subprocess.TimeoutExpired("fork", timeout or 0)
        self._end(-signal.SIGKILL)

    def _end(self, status: int) -> None:
        self._status = status
        self._report.close()
        if self._pidfd is not None:
            os.close(self._pidfd)
            self._pidfd = None

    def kill(self) -> None:
        """End it at once; one that the warm process has not made yet ends when it is made."""
        if self._status is not None:
            return
        # The warm process kills what the server does not want to hear of any more.
        with suppress(OSError):
            self._report.shutdown(socket.SHUT_WR)
        if self._pidfd is not None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)


@dataclass(frozen=True)
class Trainer:
    """A training process.

    Attributes:
        process: The process.
        stdin: Is never written. When it closes, because the server closes it or ends, the process stops
            at its next step.
    """

    process: Child
    stdin: BinaryIO

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.wait()
        self.stdin.close()
