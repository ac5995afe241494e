"""The driver of a Ray cluster: `python -m local_server.on_ray ADDRESS CPUS GPUS`, with a socket as stdin.

The server starts it, so that Ray's client and its threads are in a process of their own. It submits a task
for each job, tells Ray when one is not wanted any more, and reports how each ended, in the words of the warm
process (`local_server.warm`). When the server ends, the trainings stop at their next step, and it ends.
"""

import argparse
import json
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

from filelock import FileLock, Timeout

from local_server.on_ray import cluster, task
from local_server.training.shortage import LACKING

# How often Ray begins a task again whose machine or worker was lost; then the server decides.
RETRIES = 3
LONGEST_REQUEST = 16 * 1024
_LOOK_SECONDS = 0.1
_ROOM_SECONDS = 1.0
# A program that was killed has left its folder after this time, even where the lock of a lost machine stays.
_LEFT_SECONDS = 100.0


class Request(TypedDict):
    """What the server asks for. Three descriptors come with it: stdin, the log, and where to report.

    Attributes:
        folder: The job folder.
        variables: Set for the training program.
    """

    folder: str
    variables: dict[str, str]


@dataclass
class Task:
    """A task that was submitted.

    Attributes:
        folder: The job folder.
        result: Ray's reference to the exit status.
        stdin: Closes when the training shall stop at its next step.
        log: Takes what Ray says of a failure.
        report: The server reads the exit status there, and closes it when the task shall end at once.
        unwanted: Whether one of the two has happened.
        status: How it has ended.
        ended: When, of `time.monotonic`.
    """

    folder: Path
    result: Any
    stdin: int
    log: int
    report: socket.socket
    unwanted: bool = False
    status: int | None = None
    ended: float = 0.0


class Driver:
    """Submits, cancels and reports until the server ends.

    Args:
        control: Where requests come from; the server holds the other end.
        cpus: Of a task.
        gpus: Of a task.
    """

    def __init__(self, control: socket.socket, cpus: float, gpus: float) -> None:
        import ray

        self._ray = ray
        self._control = control
        self._cpus, self._gpus = cpus, gpus
        self._train = ray.remote(num_cpus=cpus, num_gpus=gpus, max_retries=RETRIES)(task.train)
        self._tasks: list[Task] = []
        self._needed = True
        self._room: int | None = None
        self._looked = 0.0
        self._selector = selectors.DefaultSelector()
        self._selector.register(control, selectors.EVENT_READ, self._take)

    def serve(self) -> None:
        """Serve until the server has ended and every task with it."""
        while self._needed or self._tasks:
            self._tell_room()
            for key, _ in self._selector.select(_LOOK_SECONDS):
                act: Callable[[], None] = key.data
                act()
            for one in [one for one in self._tasks if self._has_ended(one)]:
                self._report(one)

    def _tell_room(self) -> None:
        """Say for how many tasks the machines are that live now, when that has changed."""
        if time.monotonic() - self._looked < _ROOM_SECONDS:
            return
        self._looked = time.monotonic()
        room = cluster.room(cluster.living_nodes(), self._cpus, self._gpus)
        if room != self._room:
            self._room = room
            _tell(self._control, room=room)

    def _take(self) -> None:
        message, descriptors, _, _ = socket.recv_fds(self._control, LONGEST_REQUEST, 3)
        if not message:
            # The server has ended: the stdin of each task is closed, too.
            self._selector.unregister(self._control)
            self._needed = False
            return
        request: Request = json.loads(message)
        stdin, log, report = descriptors
        # Of this attempt alone, so that a task knows whether Ray begins it again.
        attempt = f"{os.getpid()}-{time.time()}"
        result = self._train.remote(request["folder"], attempt, request["variables"])
        one = Task(Path(request["folder"]), result, stdin, log, socket.socket(fileno=report))
        self._tasks.append(one)
        self._selector.register(stdin, selectors.EVENT_READ, lambda: self._cancel(one, one.stdin))
        # Readable when the server has closed its end: it never writes there.
        self._selector.register(
            one.report, selectors.EVENT_READ, lambda: self._cancel(one, one.report, force=True)
        )

    def _cancel(self, one: Task, source: int | socket.socket, *, force: bool = False) -> None:
        """End a task at its next step, or at once: Ray then kills its worker and the program below it."""
        self._selector.unregister(source)
        one.unwanted = True
        self._ray.cancel(one.result, force=force)

    def _has_ended(self, one: Task) -> bool:
        if one.status is None:
            if not self._ray.wait([one.result], timeout=0)[0]:
                return False
            one.status, one.ended = self._status(one), time.monotonic()
        # A program that was killed with its worker ends a moment later, and must not write after the report.
        return _is_left(one.folder) or time.monotonic() - one.ended > _LEFT_SECONDS

    def _status(self, one: Task) -> int:
        """The exit status of the training program; where there is none, what the server makes of it."""
        errors = self._ray.exceptions
        try:
            status: int = self._ray.get(one.result)
            return status
        except errors.OutOfMemoryError:
            return LACKING
        except errors.RayTaskError as error:
            if one.unwanted:
                return -signal.SIGKILL
            # The disk of the log may be full.
            with suppress(OSError):
                os.write(one.log, f"{getattr(error, 'cause', None) or error}\n".encode())
            return 1
        except errors.RayError:
            # Cancelled, or lost more often than Ray tries: the server queues a job again that was killed.
            return -signal.SIGKILL

    def _report(self, one: Task) -> None:
        _tell(one.report, exit=one.status or 0)
        for source in (one.stdin, one.report):
            with suppress(KeyError):
                self._selector.unregister(source)
        os.close(one.stdin)
        os.close(one.log)
        one.report.close()
        self._tasks.remove(one)


def _is_left(folder: Path) -> bool:
    """Whether no training program works on a folder."""
    if not folder.exists():
        return True
    try:
        with FileLock(folder / "trainer.lock", timeout=0):
            return True
    except (Timeout, OSError):
        return False


def _tell(to: socket.socket, **what: int | str) -> None:
    # The server may have ended, or does not want to know.
    with suppress(OSError):
        to.send(json.dumps(what).encode())


def main() -> int:
    """Drive the cluster until the server ends; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("cpus", type=float)
    parser.add_argument("gpus", type=float)
    arguments = parser.parse_args()
    # The trainings stop with the server, at their next step.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control = socket.socket(fileno=os.dup(0))
    problem = cluster.connect(arguments.address)
    if problem is not None:
        _tell(control, problem=problem)
        return 1
    Driver(control, arguments.cpus, arguments.gpus).serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
