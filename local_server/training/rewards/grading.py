"""The rewards of many answers, and which of them a grader has failed on."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from finetune_dataset.quality.private_data import mask_private
from local_server.graders.answers import Outcome
from local_server.graders.grading import GraderRun
from local_server.graders.sandbox import Sandbox
from local_server.graders.templates import sample_of
from local_server.graders.types import Multi, understood
from local_server.http.errors import ApiError
from local_server.training.rewards.models import ModelsOfServer
from local_server.training.rewards.together import Together

# A flag that says more of an answer than of the grader: the answer is no JSON.
_OF_ANSWERS = {"sample_parse_error"}
_DETAILS = "_details"
_CHARACTERS = 300
_KIND = "_type"


class Limits(NamedTuple):
    """What a python grader may use.

    Args:
        grader_seconds: Time for a run.
        grader_memory_bytes: Memory of a process.
        graders_apart: Whether it may only run behind walls.
    """

    grader_seconds: float
    grader_memory_bytes: int
    graders_apart: bool = False


@dataclass
class Graded:
    """What graders found in some answers.

    Attributes:
        rewards: One for each answer; 0 where a grader has failed, as at OpenAI.
        sub_rewards: Rewards of the members of a multi grader, by name.
        errors: Flag of `GraderErrors` → how many answers have it.
        failed: How many answers a grader has failed on.
        details: Words of the first failure, masked.
    """

    rewards: list[float] = field(default_factory=list)
    sub_rewards: dict[str, list[float]] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)
    failed: int = 0
    details: str = ""

    @property
    def mean(self) -> float:
        """The mean reward."""
        return sum(self.rewards) / len(self.rewards)

    def take(self, outcome: Outcome) -> None:
        """Add what was found in one answer."""
        self.rewards.append(outcome.reward)
        for name, reward in outcome.sub_rewards.items():
            self.sub_rewards.setdefault(name, []).append(reward)
        flags = [name for name, value in outcome.errors.items() if value is True]
        self.errors.update(flags)
        if set(flags) - _OF_ANSWERS:
            self.failed += 1
            # A grader may quote the row.
            self.details = self.details or mask_private(_words(outcome))[:_CHARACTERS].rstrip(".")


def _words(outcome: Outcome) -> str:
    """What a grader says of its failure: the last line of a traceback, or the name of the flag."""
    for name, value in outcome.errors.items():
        if name.endswith((_DETAILS, _KIND)) and isinstance(value, str) and value.strip():
            return value.strip().splitlines()[-1]
    return ", ".join(name for name, value in outcome.errors.items() if value is True)


class Graders:
    """Gives answers the reward of a job's grader.

    Args:
        given: The grader, as the client sent it; it was checked when the job was created.
        state: The state folder of the server.
        limits: Of python graders.
        project: Whose models a grader may ask; None for all.

    Attributes:
        grader: The grader, understood.
    """

    def __init__(
        self, given: dict[str, Any], state: Path, limits: Limits, project: str | None = None
    ) -> None:
        self.grader = understood(given)
        self._models = ModelsOfServer(state, project)
        self._limits = limits

    def grade(self, answers: Sequence[str], items: Sequence[dict[str, Any]]) -> Graded:
        """Grade answers.

        Args:
            answers: Texts.
            items: The fields of the row that each answers.

        Returns:
            What was found.
        """
        return asyncio.run(self._grade(answers, items))

    async def _grade(self, answers: Sequence[str], items: Sequence[dict[str, Any]]) -> Graded:
        # Its turns belong to one event loop.
        together = Together(Sandbox(self._limits))
        runs = [
            GraderRun(self._models, together, sample_of(answer), item)
            for answer, item in zip(answers, items, strict=True)
        ]
        graded = Graded()
        for outcome in await asyncio.gather(*map(self._one, runs)):
            graded.take(outcome)
        return graded

    async def _one(self, run: GraderRun) -> Outcome:
        try:
            return await run.grade(self.grader)
        except ApiError as error:
            # A text that is too long once its templates are filled in.
            return Outcome(errors={"other_error": True, "python_grader_runtime_error_details": str(error)})

    @property
    def names(self) -> list[tuple[str, str]]:
        """Name and type of the grader, or of the members of a multi grader."""
        if isinstance(self.grader, Multi):
            return [(name, member.type) for name, member in self.grader.members.items()]
        return [(self.grader.name, self.grader.type)]
