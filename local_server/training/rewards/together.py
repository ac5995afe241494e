"""Python graders while a job trains: many answers in one process, as the start of a process takes longest."""

import asyncio
from typing import Any, NamedTuple

from local_server.graders.sandbox import MANY, Sandbox, SandboxFailed

# A grader whose process ends so often in a row is not tried on the rest of these answers.
_IN_A_ROW = 3


class _Asked(NamedTuple):
    source: str
    sample: dict[str, Any]
    item: dict[str, Any]
    reply: "asyncio.Future[float | str]"


class Together:
    """Takes what is asked at once, and lets each grader judge its answers in few processes.

    Args:
        sandbox: Where the processes are.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._asked: list[_Asked] = []
        self._going: set[asyncio.Task[None]] = set()

    async def grade(self, source: str, sample: dict[str, Any], item: dict[str, Any]) -> float | str:
        """Run a grader; as `Sandbox`."""
        loop = asyncio.get_running_loop()
        if not self._asked:
            # After all others that ask at the same time.
            loop.call_soon(self._begin)
        reply: asyncio.Future[float | str] = loop.create_future()
        self._asked.append(_Asked(source, sample, item, reply))
        return await reply

    def _begin(self) -> None:
        by_source: dict[str, list[_Asked]] = {}
        for each in self._asked:
            by_source.setdefault(each.source, []).append(each)
        self._asked = []
        for asked in by_source.values():
            for begin in range(0, len(asked), MANY):
                task = asyncio.create_task(self._grade(asked[begin : begin + MANY]))
                self._going.add(task)
                task.add_done_callback(self._going.discard)

    async def _grade(self, asked: list[_Asked]) -> None:
        try:
            rewards = await self._sandbox.grade_many(
                asked[0].source, [(each.sample, each.item) for each in asked]
            )
        except SandboxFailed:
            await self._one_by_one(asked)
        except Exception as error:
            for each in asked:
                each.reply.set_exception(error)
        else:
            for each, reward in zip(asked, rewards, strict=True):
                each.reply.set_result(reward)

    async def _one_by_one(self, asked: list[_Asked]) -> None:
        """Find out which answer has ended the process of all."""
        failures: list[SandboxFailed] = []
        for each in asked:
            if len(failures) == _IN_A_ROW:
                each.reply.set_exception(failures[-1])
                continue
            try:
                reward = await self._sandbox.grade(each.source, each.sample, each.item)
            except SandboxFailed as failure:
                failures.append(failure)
                each.reply.set_exception(failure)
            except Exception as error:
                each.reply.set_exception(error)
            else:
                failures = []
                each.reply.set_result(reward)
