"""The chat process as the server sees it: started with it, asked over pipes, replaced when it dies."""

import asyncio
import json
import socket
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count

from local_server.generation.messages import Cancel, NumberedQuestion, Question, Reply
from local_server.settings import PACKAGES, Settings
from local_server.warm.children import Children

# One line of the worker holds one piece of text; asyncio's own limit of 64 kB would do for most.
_LINE_LIMIT = 16 * 1024**2
_STOP_SECONDS = 5

_Inbox = asyncio.Queue[Reply | None]


class WorkerDied(Exception):
    """The chat process ended in the middle of an answer."""


@dataclass(frozen=True)
class _Process:
    """A chat process, and where its replies to each request go."""

    stdin: asyncio.StreamWriter
    stdout: asyncio.StreamReader
    kill: Callable[[], None]
    inboxes: dict[int, _Inbox] = field(default_factory=dict)

    def write(self, message: NumberedQuestion | Cancel) -> None:
        # Never waits: the process reads all the time, and when it is gone the reader of its replies says so.
        self.stdin.write(json.dumps(message).encode() + b"\n")

    async def _line(self) -> bytes:
        """The next reply; nothing when the process has ended, or was killed and its socket reset."""
        try:
            return await self.stdout.readline()
        except ConnectionError:
            return b""

    async def deliver(self) -> None:
        """Hand each reply to whoever asked, until the process ends."""
        try:
            while line := await self._line():
                reply: Reply = json.loads(line)
                # A request that was cancelled has no inbox any more.
                if inbox := self.inboxes.get(reply["id"]):
                    inbox.put_nowait(reply)
        finally:
            self.stdin.close()
            for inbox in self.inboxes.values():
                inbox.put_nowait(None)


class Worker:
    """One warm process that generates text, for all requests side by side.

    Args:
        settings: Threads and how many models stay in memory.
        children: Starts the process.
    """

    def __init__(self, settings: Settings, children: Children) -> None:
        self._settings = settings
        self._children = children
        self._process: _Process | None = None
        self._starting = asyncio.Lock()
        self._numbers = count(1)
        self._reader: asyncio.Task[None] | None = None
        self._preparing: asyncio.Task[None] | None = None

    def prepare(self) -> None:
        """Start the process: the first question then waits for no more than the rest of its start."""
        self._preparing = asyncio.create_task(self._prepare())

    async def _prepare(self) -> None:
        # The first question starts it again, and says what is wrong.
        with suppress(OSError):
            await self._running()

    async def ask(self, question: Question) -> AsyncGenerator[Reply]:
        """Generate an answer. Closing the iterator early ends the generation.

        Args:
            question: What should be answered.

        Yields:
            The worker's replies: `text` pieces, then one `done` or `error`.

        Raises:
            WorkerDied: The process ended; the next call starts a new one.
        """
        process = await self._running()
        number = next(self._numbers)
        inbox = process.inboxes[number] = asyncio.Queue()
        try:
            process.write({**question, "id": number})
            while (reply := await inbox.get()) is not None:
                if reply["kind"] == "text":
                    yield reply
                    continue
                del process.inboxes[number]
                yield reply
                return
            raise WorkerDied
        finally:
            # Still there: the client went away in the middle, or the process died.
            if process.inboxes.pop(number, None):
                process.write({"cancel": number})

    async def _running(self) -> _Process:
        async with self._starting:
            if self._process is None or self._reader is None or self._reader.done():
                self._process = await self._start()
                self._reader = asyncio.create_task(self._process.deliver())
            return self._process

    async def _start(self) -> _Process:
        arguments = [str(self._settings.models_in_memory), str(self._settings.idle_model_seconds)]
        with open(self._settings.state / "generate.log", "ab") as log:
            if self._children.forks:
                mine, theirs = socket.socketpair()
                with theirs:
                    pipe, errors = theirs.fileno(), log.fileno()
                    fork = self._children.start(
                        "generation", arguments, stdin=pipe, stdout=pipe, stderr=errors
                    )
                stdout, stdin = await asyncio.open_connection(sock=mine, limit=_LINE_LIMIT)
                return _Process(stdin, stdout, fork.kill)
            # Where there are no forks, a socket cannot be the standard input of a process either (Windows).
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "local_server.generation", *arguments,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=log,
                env=self._settings.child_environment(), cwd=PACKAGES, limit=_LINE_LIMIT,
            )  # fmt: skip
        # None only for a process that was started without pipes.
        assert process.stdin is not None
        assert process.stdout is not None
        return _Process(process.stdin, process.stdout, process.kill)

    async def stop(self) -> None:
        """End the process: at its next token, by force if it takes longer."""
        if self._process is None or self._reader is None or self._reader.done():
            return
        self._process.stdin.close()
        done, _ = await asyncio.wait([self._reader], timeout=_STOP_SECONDS)
        if not done:
            with suppress(ProcessLookupError):
                self._process.kill()
