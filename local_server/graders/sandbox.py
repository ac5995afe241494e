"""Runs python graders, each in a process of its own: see containment/contained.py for its walls."""

import asyncio
import json
import logging
import math
import os
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Protocol, TypedDict

from local_server.graders.python_child import APART, TIMEOUT_EXIT

log = logging.getLogger("local_server")

_PROGRAM = Path(__file__).with_name("python_child.py")
# Each may take a core and the memory limit; a laptop has few of both.
_AT_ONCE = 2
_ANSWER_BYTES = 64 * 1024 + 1024
_CLEAN_UP_SECONDS = 5
_PROBLEM_CHARACTERS = 4000
# Of Linux (its header file prctl.h, read 2026-11).
_SET_DUMPABLE = 4
# Answers that one process may grade; what it writes of each must fit into a pipe together.
MANY = 32


class Limits(Protocol):
    """What a python grader may use; the settings of a server are one."""

    @property
    def grader_seconds(self) -> float:
        """Time for a run."""

    @property
    def grader_memory_bytes(self) -> int:
        """Memory of a process."""

    @property
    def graders_apart(self) -> bool:
        """Whether a grader may only run behind walls: it could read what belongs to others."""


class Answer(TypedDict):
    """What the process of a grader writes: a reward, which is null when it only checked, or a problem."""

    reward: float | None
    problem: str | None


class SandboxFailed(Exception):
    """The process gave no answer; the message is the kind of failure, `timeout` or `process_died`."""


class Sandbox:
    """Starts grader processes, at most two at a time; further graders wait for their turn.

    Args:
        settings: Limits of time and memory.
    """

    def __init__(self, settings: Limits) -> None:
        self._seconds = settings.grader_seconds
        self._memory = settings.grader_memory_bytes
        self._apart = (APART,) if settings.graders_apart else ()
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._said = False
        _hide_environment()

    async def check(self, source: str) -> str | None:
        """Compile a grader without running it.

        Args:
            source: Python that should define `grade(sample, item)`.

        Returns:
            The problem, or None.

        Raises:
            SandboxFailed: Its process ended without an answer.
        """
        return (await self._ask({"source": source}, "--check"))["problem"]

    async def grade(self, source: str, sample: dict[str, Any], item: dict[str, Any]) -> float | str:
        """Run a grader.

        Args:
            source: Python that defines `grade(sample, item)`.
            sample: Its first argument.
            item: Its second argument.

        Returns:
            The reward, or the problem when the grader failed.

        Raises:
            SandboxFailed: It took too long, or its process ended without an answer.
        """
        return _given(await self._ask({"source": source, "sample": sample, "item": item}))

    async def grade_many(
        self, source: str, pairs: Sequence[tuple[dict[str, Any], dict[str, Any]]]
    ) -> list[float | str]:
        """Run a grader on several answers in one process: most of its time is its start (Nov 2026).

        The function is defined anew for each answer; modules that it imports stay. All answers together have
        the time and memory of one.

        Args:
            source: Python that defines `grade(sample, item)`.
            pairs: Samples and items, at most `MANY`.

        Returns:
            For each the reward, or the problem.

        Raises:
            SandboxFailed: It took too long, or its process ended without an answer.
        """
        found = self._parts(await self._reply({"source": source, "pairs": pairs}))
        if len(found) != len(pairs):
            raise SandboxFailed("process_died")
        return [_given(each) for each in found]

    async def _ask(self, request: Mapping[str, object], *options: str) -> Answer:
        return self._understood(await self._reply(request, *options))

    async def _reply(self, request: Mapping[str, object], *options: str) -> dict[str, Any]:
        async with self._turns:
            # Files, not pipes: nothing that the grader or its children hold open can make this wait.
            with (
                tempfile.TemporaryDirectory(prefix="grader-", ignore_cleanup_errors=True) as folder,
                tempfile.TemporaryFile() as question,
                tempfile.TemporaryFile() as answer,
            ):
                question.write(json.dumps(request).encode())
                question.seek(0)
                await self._run(folder, question, answer, options)
                answer.seek(0)
                return self._read(answer.read(_ANSWER_BYTES))

    def _read(self, text: bytes) -> dict[str, Any]:
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            raise SandboxFailed("process_died") from None
        if not isinstance(found, dict):
            raise SandboxFailed("process_died")
        missing = found.pop("missing", None)
        if isinstance(missing, str) and not self._said:
            self._said = True
            log.warning("python graders run with fewer walls here: %.200s. SECURITY.md says which", missing)
        return found

    def _parts(self, found: dict[str, Any]) -> list[Answer]:
        match found:
            case {"results": list(parts), **rest} if not rest:
                return [self._understood(part) for part in parts]
        raise SandboxFailed("process_died")

    def _understood(self, found: object) -> Answer:
        """Take an answer only in the form that the program writes: a grader may have written it itself."""
        match found:
            case {"reward": None, **rest} if not rest:
                return {"reward": None, "problem": None}
            case {"reward": float(reward), **rest} if not rest and math.isfinite(reward):
                return {"reward": reward, "problem": None}
            case {"problem": str(problem), **rest} if not rest and len(problem) <= _PROBLEM_CHARACTERS:
                # Halves of surrogate pairs would be in no answer of the server.
                return {"reward": None, "problem": problem.encode(errors="replace").decode()}
        raise SandboxFailed("process_died")

    async def _run(
        self, folder: str, question: IO[bytes], answer: IO[bytes], options: tuple[str, ...]
    ) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-B", "-X", "utf8", str(_PROGRAM),
            str(self._memory), str(self._seconds), str(os.getpid()), *options, *self._apart,
            stdin=question, stdout=answer, stderr=asyncio.subprocess.DEVNULL,
            cwd=folder, env=_environment(folder), start_new_session=True,
        )  # fmt: skip
        try:
            # It ends the grader in time, with all that the grader has started; if not, it is ended itself.
            if await asyncio.wait_for(process.wait(), self._seconds + _CLEAN_UP_SECONDS) == TIMEOUT_EXIT:
                raise SandboxFailed("timeout")
        except TimeoutError:
            raise SandboxFailed("timeout") from None
        finally:
            # macOS answers PermissionError for a group that has just ended.
            with suppress(ProcessLookupError, PermissionError):
                # The whole group: the process that answers, and with it the one that grades.
                if os.name == "posix":
                    os.killpg(process.pid, signal.SIGKILL)
                else:
                    process.kill()
            await process.wait()


def _given(answer: Answer) -> float | str:
    if answer["problem"] is not None:
        return answer["problem"]
    if answer["reward"] is None:
        # Only a check may end without one.
        raise SandboxFailed("process_died")
    return answer["reward"]


def _hide_environment() -> None:
    """Close this process to others of its user: a grader without walls could read its environment."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_SET_DUMPABLE, 0, 0, 0, 0)


def _environment(folder: str) -> dict[str, str]:
    """Nothing of the server's own environment but what Windows needs to start a program."""
    kept = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
    # Each thread of a numeric library reserves memory, and the limit counts it.
    threads = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}
    return kept | threads | {"HOME": folder, "TMPDIR": folder, "TEMP": folder, "PATH": os.defpath}
