"""The chat process as the server sees it: started on first use, asked over pipes, replaced when it dies."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from local_server.settings import ROOT, Settings

# One line of the worker holds one piece of text; asyncio's own limit of 64 kB would do for most.
_LINE_LIMIT = 16 * 1024**2
_STOP_SECONDS = 5


class WorkerDied(Exception):
    """The chat process ended in the middle of an answer."""


class Worker:
    """One warm process that generates text; requests are served one after the other, first come first.

    Args:
        settings: Threads and how many models stay in memory.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._asked = 0

    async def ask(self, request: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """Generate an answer.

        Args:
            request: What `generate.py` reads: folder, messages and sampling settings.

        Yields:
            The worker's replies: `text` pieces, then one `done` or `error`.

        Raises:
            WorkerDied: The process ended; the next call starts a new one.
        """
        async with self._turn:
            process = await self._running()
            self._asked += 1
            try:
                process.stdin.write(json.dumps(request | {"id": self._asked}).encode() + b"\n")
                await process.stdin.drain()
            except ConnectionError:
                raise WorkerDied from None
            while True:
                line = await process.stdout.readline()
                if not line:
                    raise WorkerDied
                reply = json.loads(line)
                # Replies to a request whose client went away are still in the pipe: skip them.
                if reply["id"] != self._asked:
                    continue
                yield reply
                if reply["kind"] != "text":
                    return

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        with open(self._settings.state / "generate.log", "ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "local_server.generate", str(self._settings.models_in_memory),
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=log,
                env=self._settings.child_environment(), cwd=ROOT, limit=_LINE_LIMIT,
            )  # fmt: skip
        return self._process

    async def stop(self) -> None:
        """End the process: at once if it waits, by force if it still generates."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), _STOP_SECONDS)
        except TimeoutError:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
