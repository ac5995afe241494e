"""The warm process: `python -m local_server.warm SECONDS`, with a socket to the server as stdin.

To load PyTorch, Transformers and TRL takes 3 seconds of processor time (measured Nov 2026), and training
starts half a second after that. So one process loads them, and a fork of it does the work. What chat needs is
loaded in 1.3 seconds; the rest follows when somebody may train. It runs nothing itself: a fork must find no
lock held and no second thread. It ends when the server does, and when it was not needed for SECONDS.
"""

import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import ModuleType
from typing import TypedDict

# What each program is, and what it would load at the first model: the classes of its architecture.
_MODULES = {
    "generation": ("local_server.generation.__main__",),
    "training": ("local_server.training.__main__", "transformers.models.llama.modeling_llama"),
}
LONGEST_REQUEST = 16 * 1024


class Request(TypedDict):
    """What the server asks for. Four descriptors come with it: stdin, stdout, stderr, and where to report.

    Without them, the program is only loaded: it may soon be asked for.

    Attributes:
        program: A name of `_MODULES`.
        arguments: Of its command line.
    """

    program: str
    arguments: list[str]


@dataclass(frozen=True)
class Child:
    """A fork that runs.

    Attributes:
        pid: Its process id.
        pidfd: Readable when it has ended.
        report: The server reads `pid` there, then `exit`, its exit status. When the server closes its end,
            the fork is not wanted any more.
    """

    pid: int
    pidfd: int
    report: socket.socket


class WarmProcess:
    """Forks on request, and says how each fork ended.

    Args:
        control: Where requests come from; the server holds the other end.
        seconds: Without a request and a fork, after which this process ends.
    """

    def __init__(self, control: socket.socket, seconds: float) -> None:
        self._control = control
        self._seconds = seconds
        # The modules to run, by name; the text of an error where one could not be loaded.
        self._programs: dict[str, ModuleType | str] = {}
        self._children: list[Child] = []
        self._needed = True
        self._selector = selectors.DefaultSelector()
        self._selector.register(control, selectors.EVENT_READ, self._take)

    def serve(self) -> Callable[[], None] | None:
        """Serve until the server ends or needs nothing.

        Returns:
            In a fork, the program to run; None in the warm process itself.
        """
        while self._needed or self._children:
            ready = self._selector.select(None if self._children else self._seconds)
            self._needed &= bool(ready or self._children)
            for key, _ in ready:
                program: Callable[[], None] | None = key.data()
                if program is not None:
                    return program
        return None

    def _take(self) -> Callable[[], None] | None:
        message, descriptors, _, _ = socket.recv_fds(self._control, LONGEST_REQUEST, 4)
        if not message:
            # The server has ended. The forks end by themselves, and somebody has to take note.
            self._selector.unregister(self._control)
            self._needed = False
            return None
        request: Request = json.loads(message)
        program = self._loaded(request["program"])
        if not descriptors:
            return None
        report = socket.socket(fileno=descriptors[3])
        try:
            pid = self._fork(program, descriptors[2], report)
            if pid == 0:
                return self._become(request, descriptors[:3], report)
        finally:
            for descriptor in descriptors[:3]:
                os.close(descriptor)
        if pid is None:
            report.close()
        else:
            self._watch(Child(pid, os.pidfd_open(pid), report))
        return None

    def _loaded(self, name: str) -> ModuleType | str:
        if name not in self._programs:
            try:
                self._programs[name], *_ = [importlib.import_module(module) for module in _MODULES[name]]
            except Exception:
                self._programs[name] = traceback.format_exc()
            # Otherwise each search for garbage in a fork would copy the pages of all that was loaded.
            gc.freeze()
        return self._programs[name]

    def _fork(self, program: ModuleType | str, errors: int, report: socket.socket) -> int | None:
        """Fork, or say on `errors` and `report` why not."""
        if isinstance(program, str):
            why, status = program, 1
        else:
            try:
                return os.fork()
            except OSError as error:
                why, status = f"the warm process cannot fork: {error}\n", -signal.SIGKILL
        # The disk of the log may be full.
        with suppress(OSError):
            os.write(errors, why.encode())
        _tell(report, exit=status)
        return None

    def _watch(self, child: Child) -> None:
        self._children.append(child)
        self._selector.register(child.pidfd, selectors.EVENT_READ, lambda: self._ended(child))
        # Readable when the server has closed its end: it never writes there.
        self._selector.register(child.report, selectors.EVENT_READ, lambda: self._unwanted(child))
        _tell(child.report, pid=child.pid)

    def _ended(self, child: Child) -> None:
        _, status = os.waitpid(child.pid, 0)
        _tell(child.report, exit=os.waitstatus_to_exitcode(status))
        self._forget(child)

    def _unwanted(self, child: Child) -> None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(child.pidfd, signal.SIGKILL)
        self._selector.unregister(child.report)

    def _forget(self, child: Child) -> None:
        for source in (child.pidfd, child.report):
            with suppress(KeyError):
                self._selector.unregister(source)
        os.close(child.pidfd)
        child.report.close()
        self._children.remove(child)

    def _become(self, request: Request, descriptors: list[int], report: socket.socket) -> Callable[[], None]:
        """Turn a fork into a process of its own: nothing of this one stays open in it."""
        report.close()
        self._selector.close()
        self._control.close()
        for child in self._children:
            os.close(child.pidfd)
            child.report.close()
        for number, descriptor in enumerate(descriptors):
            os.dup2(descriptor, number)
        _name(request["program"])
        sys.argv = [f"local_server.{request['program']}", *request["arguments"]]
        program = self._programs[request["program"]]
        # Only what could be loaded is forked.
        assert isinstance(program, ModuleType)
        main: Callable[[], None] = program.main
        return main


def _name(process: str) -> None:
    """Say what this process is, for `ps` and `top`: a fork has the command line of the warm process."""
    with suppress(OSError), open("/proc/self/comm", "w", encoding="utf-8") as comm:
        comm.write(process)


def _tell(report: socket.socket, **what: int) -> None:
    # The server may have ended, or does not want to know.
    with suppress(OSError):
        report.send(json.dumps(what).encode())


def main() -> None:
    """Serve until the server ends."""
    _name("warm")
    # The forks, too: they stop with the server, at their next step.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control = socket.socket(fileno=os.dup(0))
    program = WarmProcess(control, float(sys.argv[1])).serve()
    if program is None:
        # It has nothing to finish, and to take down PyTorch takes time.
        os._exit(0)
    program()


if __name__ == "__main__":
    main()
