"""Python graders on many answers: few processes, and each answer with its own reward."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from states import TINY

from local_server.graders.sandbox import MANY, Sandbox, SandboxFailed
from local_server.settings import Settings
from local_server.training.rewards.together import Together

Asked = list[tuple[str, dict[str, Any]]]


class Counting(Sandbox):
    """A sandbox that notes how many answers each of its processes gets."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.processes: list[int] = []

    async def _reply(self, request: Any, *options: str) -> dict[str, Any]:
        self.processes.append(len(request.get("pairs", [None])))
        return await super()._reply(request, *options)


def graded(folder: Path, asked: Asked, seconds: float = 20) -> tuple[list[Any], list[int]]:
    """The rewards, or what was raised, and how many answers each process got."""
    sandbox = Counting(Settings(folder, (TINY,), "key", grader_seconds=seconds))

    async def all_at_once() -> list[Any]:
        together = Together(sandbox)
        return await asyncio.gather(
            *(together.grade(source, {}, item) for source, item in asked), return_exceptions=True
        )

    return asyncio.run(all_at_once()), sandbox.processes


TWICE = "def grade(sample, item):\n    return 2 * item['n']\n"
SOME = """
import os
def grade(sample, item):
    if item["n"] == 1:
        raise ValueError("one")
    if item["n"] == 2:
        os._exit(1)
    return item["n"]
"""


def test_many_answers_share_a_process_and_keep_their_order(tmp_path: Path) -> None:
    rewards, processes = graded(tmp_path, [(TWICE, {"n": n}) for n in range(MANY + 2)])

    assert rewards == [2.0 * n for n in range(MANY + 2)]
    assert sorted(processes) == [2, MANY]


def test_each_grader_has_a_process_of_its_own(tmp_path: Path) -> None:
    rewards, processes = graded(tmp_path, [(TWICE, {"n": 1}), (TWICE + "# other", {"n": 2})])

    assert (rewards, processes) == ([2.0, 4.0], [1, 1])


def test_an_answer_that_fails_leaves_the_others_their_rewards(tmp_path: Path) -> None:
    rewards, processes = graded(tmp_path, [(SOME, {"n": n}) for n in (0, 1, 3)])

    assert (rewards[0], rewards[2], processes) == (0.0, 3.0, [3])
    assert rewards[1].endswith("ValueError: one")


def test_an_answer_that_ends_the_process_is_found(tmp_path: Path) -> None:
    rewards, processes = graded(tmp_path, [(SOME, {"n": n}) for n in (0, 2, 3)])

    assert (rewards[0], rewards[2]) == (0.0, 3.0)
    assert isinstance(rewards[1], SandboxFailed)
    assert processes == [3, 1, 1, 1]


@pytest.mark.slow
def test_a_grader_that_never_answers_is_not_tried_on_all(tmp_path: Path) -> None:
    source = "def grade(sample, item):\n    while True: pass\n"

    rewards, processes = graded(tmp_path, [(source, {})] * 6, seconds=0.3)

    assert [str(reward) for reward in rewards] == ["timeout"] * 6
    assert processes == [6, 1, 1, 1]


@pytest.mark.parametrize("answer", ["[]", "{}", '{"results": []}', '{"results": [{"reward": "much"}]}'])
def test_only_an_answer_in_the_right_form_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    sandbox = Sandbox(Settings(tmp_path, (TINY,), "key"))

    async def written(folder: str, question: Any, reply: Any, options: Any) -> None:
        reply.write(answer.encode())

    monkeypatch.setattr(sandbox, "_run", written)

    with pytest.raises(SandboxFailed, match="process_died"):
        asyncio.run(sandbox.grade_many(TWICE, [({}, {})]))
