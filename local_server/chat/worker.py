"""The chat process as the server sees it: started on first use, asked over pipes, replaced when it dies."""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator
from contextlib import suppress
from itertools import count

from local_server.generation.messages import Cancel, NumberedQuestion, Question, Reply
from local_server.settings import PACKAGES, Settings

# One line of the worker holds one piece of text; asyncio's own limit of 64 kB would do for most.
_LINE_LIMIT = 16 * 1024**2
_STOP_SECONDS = 5

_Inbox = asyncio.Queue[Reply | None]


class WorkerDied(Exception):
    """The chat process ended in the middle of an answer."""


class Worker:
    """One warm process that generates text, for all requests side by side.

    Args:
        settings: Threads and how many models stay in memory.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: asyncio.subprocess.Process | None = None
        self._starting = asyncio.Lock()
        self._numbers = count(1)
        self._inboxes: dict[int, _Inbox] = {}
        self._reader: asyncio.Task[None] | None = None

    async def ask(self, question: Question) -> AsyncGenerator[Reply]:
        """Generate an answer. Closing the iterator early ends the generation.

        Args:
            question: What should be answered.

        Yields:
            The worker's replies: `text` pieces, then one `done` or `error`.

        Raises:
            WorkerDied: The process ended; the next call starts a new one.
        """
        process, inboxes = await self._running()
        number = next(self._numbers)
        inbox = inboxes[number] = asyncio.Queue()
        try:
            _write(process, {**question, "id": number})
            while (reply := await inbox.get()) is not None:
                if reply["kind"] == "text":
                    yield reply
                    continue
                del inboxes[number]
                yield reply
                return
            raise WorkerDied
        finally:
            # Still there: the client went away in the middle, or the process died.
            if inboxes.pop(number, None):
                _write(process, {"cancel": number})

    async def _running(self) -> tuple[asyncio.subprocess.Process, dict[int, _Inbox]]:
        """The process, and where its replies to each request go."""
        async with self._starting:
            if self._process is None or self._process.returncode is not None or self._reader_ended():
                with open(self._settings.state / "generate.log", "ab") as log:
                    self._process = await asyncio.create_subprocess_exec(
                        sys.executable, "-m", "local_server.generation", str(self._settings.models_in_memory),
                        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=log,
                        env=self._settings.child_environment(), cwd=PACKAGES, limit=_LINE_LIMIT,
                    )  # fmt: skip
                self._inboxes = {}
                self._reader = asyncio.create_task(_deliver(self._process, self._inboxes))
            return self._process, self._inboxes

    def _reader_ended(self) -> bool:
        return self._reader is None or self._reader.done()

    async def stop(self) -> None:
        """End the process: at its next token, by force if it takes longer."""
        if self._process is None or self._process.returncode is not None:
            return
        _stdin(self._process).close()
        try:
            await asyncio.wait_for(self._process.wait(), _STOP_SECONDS)
        except TimeoutError:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()


def _stdin(process: asyncio.subprocess.Process) -> asyncio.StreamWriter:
    # None only for a process that was started without a pipe.
    assert process.stdin is not None
    return process.stdin


def _write(process: asyncio.subprocess.Process, message: NumberedQuestion | Cancel) -> None:
    # Never waits: the process reads all the time, and when it is gone its reader says so.
    _stdin(process).write(json.dumps(message).encode() + b"\n")


async def _deliver(process: asyncio.subprocess.Process, inboxes: dict[int, _Inbox]) -> None:
    """Hand each reply to whoever asked, until the process ends."""
    assert process.stdout is not None
    try:
        while line := await process.stdout.readline():
            reply: Reply = json.loads(line)
            # A request that was cancelled has no inbox any more.
            if inbox := inboxes.get(reply["id"]):
                inbox.put_nowait(reply)
    finally:
        _stdin(process).close()
        for inbox in inboxes.values():
            inbox.put_nowait(None)
