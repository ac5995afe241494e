"""Give one answer the reward of a grader.

A grader that fails gives the reward 0 and sets a flag (OpenAI's guide to graders, read 2026-11).
"""

import asyncio
import math
from dataclasses import dataclass
from typing import Any, Protocol

from local_server.graders import formula
from local_server.graders.answers import Outcome, summed
from local_server.graders.sandbox import SandboxFailed
from local_server.graders.templates import TooLong, UnknownPath, fill
from local_server.graders.text_similarity import MAX_CHARACTERS, similarity
from local_server.graders.types import (
    Multi,
    PythonGrader,
    ScoreModel,
    Single,
    StringCheck,
    TextSimilarity,
)
from local_server.http.errors import ApiError


class Models(Protocol):
    """Where a score_model grader finds the model that it asks."""

    async def score(self, grader: ScoreModel, messages: list[dict[str, str]]) -> Outcome:
        """Ask for a score, with the templates of the messages filled in."""


class PythonGraders(Protocol):
    """Where the source of a python grader runs."""

    async def grade(self, source: str, sample: dict[str, Any], item: dict[str, Any]) -> float | str:
        """Give the reward, or the problem when the grader failed; as `Sandbox`."""


@dataclass
class GraderRun:
    """What graders need to judge one answer.

    Attributes:
        models: For graders that ask a model.
        sandbox: For python graders.
        sample: The answer, as templates and python graders see it.
        item: What the answer is compared with.
    """

    models: Models
    sandbox: PythonGraders
    sample: dict[str, Any]
    item: dict[str, Any]

    async def grade(self, grader: Single | Multi) -> Outcome:
        """Give the reward of a grader, or the flag of its failure.

        Args:
            grader: Any of the types that run here.

        Returns:
            What it found.

        Raises:
            ApiError: 400 when a text is too long once its templates are filled in.
        """
        try:
            match grader:
                case StringCheck():
                    return Outcome(self._string_check(grader))
                case TextSimilarity():
                    return Outcome(await self._text_similarity(grader))
                case PythonGrader():
                    return await self._python(grader)
                case ScoreModel():
                    return await self._score_model(grader)
                case Multi():
                    return await self._multi(grader)
        except UnknownPath as error:
            if str(error).startswith("sample.output_json") and "output_json" not in self.sample:
                return Outcome(errors={"sample_parse_error": True})
            return Outcome(errors={"invalid_variable_error": True})
        except TooLong as error:
            raise ApiError(400, str(error), code="string_above_max_length", param="grader") from None

    def _filled(self, text: str) -> str:
        return fill(text, {"sample": self.sample, "item": self.item})

    def _string_check(self, grader: StringCheck) -> float:
        text, reference = self._filled(grader.input), self._filled(grader.reference)
        return float(
            {
                "eq": text == reference,
                "ne": text != reference,
                "like": reference in text,
                "ilike": reference.casefold() in text.casefold(),
            }[grader.operation]
        )

    async def _text_similarity(self, grader: TextSimilarity) -> float:
        text, reference = self._filled(grader.input), self._filled(grader.reference)
        if (longest := max(len(text), len(reference))) > MAX_CHARACTERS:
            raise TooLong(
                f"A text to compare has {longest:,} characters; at most {MAX_CHARACTERS:,} are allowed."
            )
        return await asyncio.to_thread(similarity, grader.evaluation_metric, text, reference)

    async def _python(self, grader: PythonGrader) -> Outcome:
        try:
            result = await self.sandbox.grade(grader.source, self.sample, self.item)
        except SandboxFailed as failure:
            return Outcome(
                errors={
                    "python_grader_server_error": True,
                    "python_grader_server_error_type": str(failure),
                }
            )
        if isinstance(result, str):
            return Outcome(
                errors={"python_grader_runtime_error": True, "python_grader_runtime_error_details": result}
            )
        return Outcome(result)

    async def _score_model(self, grader: ScoreModel) -> Outcome:
        filled = [{"role": message.role, "content": self._filled(message.text)} for message in grader.input]
        return await self.models.score(grader, filled)

    async def _multi(self, grader: Multi) -> Outcome:
        try:
            tree = formula.parse(grader.calculate_output, grader.members)
        except formula.BadFormula:
            return Outcome(errors={"formula_parse_error": True})
        found = [await self.grade(member) for member in grader.members.values()]
        outcome = Outcome(
            sub_rewards={name: part.reward for name, part in zip(grader.members, found, strict=True)}
        )
        for part in found:
            outcome.errors.update(part.errors)
            for model, used in part.usage.items():
                before = outcome.usage.get(model)
                outcome.usage[model] = used if before is None else summed(before, used)
        try:
            reward = formula.calculate(tree, outcome.sub_rewards)
        except (ArithmeticError, ValueError, RecursionError):
            reward = math.nan
        if math.isfinite(reward):
            outcome.reward = reward
        else:
            outcome.errors["other_error"] = True
        return outcome
