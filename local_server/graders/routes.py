"""Graders: give an answer a reward, or say whether a grader is well formed.

A grader that fails gives the reward 0 and sets a flag (OpenAI's guide to graders, read 2026-11).
"""

import asyncio
import json
import math
import re
import time
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request
from pydantic import Field

from local_server.chat import answering as asking
from local_server.chat.models import find_model
from local_server.chat.worker import WorkerDied
from local_server.graders import formula
from local_server.graders.sandbox import SandboxFailed
from local_server.graders.templates import TooLong, UnknownPath, faulty, fill, sample_of
from local_server.graders.text_similarity import MAX_CHARACTERS, similarity
from local_server.graders.types import (
    GivenGrader,
    Multi,
    PythonGrader,
    SamplingParams,
    ScoreModel,
    Single,
    StringCheck,
    TextSimilarity,
    understood,
)
from local_server.http.errors import ApiError
from local_server.http.requests import Body, TheSettings, TheStore
from local_server.settings import Settings
from local_server.store import Store

_NO_ERRORS = {
    "formula_parse_error": False,
    "sample_parse_error": False,
    "truncated_observation_error": False,
    "unresponsive_reward_error": False,
    "invalid_variable_error": False,
    "other_error": False,
    "python_grader_server_error": False,
    "python_grader_server_error_type": None,
    "python_grader_runtime_error": False,
    "python_grader_runtime_error_details": None,
    "model_grader_server_error": False,
    "model_grader_refusal_error": False,
    "model_grader_parse_error": False,
    "model_grader_server_error_details": None,
}


class RunGrader(Body):
    """The body of `graders.run`."""

    grader: GivenGrader
    model_sample: str
    item: dict[str, Any] = Field(default_factory=dict)


class ValidateGrader(Body):
    """The body of `graders.validate`."""

    grader: GivenGrader


@dataclass
class Outcome:
    """What one grader found.

    Args:
        reward: Its number; 0 when it failed.
        errors: The flags that differ from `_NO_ERRORS`.
        usage: Tokens, by model.
        sub_rewards: Rewards of the members of a multi grader, by name.
    """

    reward: float = 0.0
    errors: dict[str, bool | str] = field(default_factory=dict)
    usage: dict[str, dict[str, int]] = field(default_factory=dict)
    sub_rewards: dict[str, float] = field(default_factory=dict)


async def run(request: Request, settings: TheSettings, store: TheStore, body: RunGrader) -> dict[str, Any]:
    """Grade one answer."""
    grader = understood(body.grader)
    _check_possible(settings, store, grader)
    began = time.perf_counter()
    names = {"sample": sample_of(body.model_sample), "item": body.item}
    outcome = await _Run(request, settings, store, names).grade(grader)
    return {
        "reward": outcome.reward,
        "metadata": {
            "name": grader.name,
            "type": grader.type,
            "errors": _NO_ERRORS | outcome.errors,
            "execution_time": time.perf_counter() - began,
            "scores": outcome.sub_rewards,
            "token_usage": sum(used["total_tokens"] for used in outcome.usage.values()) or None,
            "sampled_model_name": next(iter(outcome.usage), None),
        },
        "sub_rewards": outcome.sub_rewards,
        "model_grader_token_usage_per_model": outcome.usage,
    }


async def validate(
    request: Request, settings: TheSettings, store: TheStore, body: ValidateGrader
) -> dict[str, Any]:
    """Check a grader with its templates, formula and source, without running it."""
    grader = understood(body.grader)
    _check_possible(settings, store, grader)
    for where, member in _with_members(grader):
        for name, text in member.texts().items():
            if (template := faulty(text)) is not None:
                message = (
                    f"Invalid '{where}.{name}': the template '{{{{{template}}}}}' names nothing. "
                    "Write {{ item.… }} or {{ sample.… }}."
                )
                raise ApiError(400, message, code="invalid_value", param=f"{where}.{name}")
        if isinstance(member, PythonGrader):
            await _check_source(request, member, f"{where}.source")
    if isinstance(grader, Multi):
        try:
            formula.parse(grader.calculate_output, grader.members)
        except formula.BadFormula as error:
            message = f"Invalid 'grader.calculate_output': {error}"
            raise ApiError(400, message, code="invalid_value", param="grader.calculate_output") from None
    return {"grader": grader.model_dump(exclude_none=True)}


async def _check_source(request: Request, grader: PythonGrader, where: str) -> None:
    try:
        problem = await request.app.state.sandbox.check(grader.source)
    except SandboxFailed as failure:
        problem = f"it could not be compiled ({failure})."
    if problem is not None:
        raise ApiError(400, f"Invalid '{where}': {problem}", code="invalid_value", param=where)


def _with_members(grader: Single | Multi) -> list[tuple[str, Single | Multi]]:
    members = grader.members.items() if isinstance(grader, Multi) else ()
    return [("grader", grader), *((f"grader.graders.{name}", member) for name, member in members)]


def _check_possible(settings: Settings, store: Store, grader: Single | Multi) -> None:
    for where, member in _with_members(grader):
        if isinstance(member, PythonGrader) and not settings.loopback_only:
            message = (
                f"Invalid '{where}.type': python graders are switched off, because other machines can reach "
                "this server: they run as its user. Start it without --host to use them."
            )
            raise ApiError(403, message, code="insufficient_permissions", param=f"{where}.type")
        if isinstance(member, ScoreModel) and find_model(settings, store, member.model) is None:
            message = (
                f"Invalid '{where}.model': this server has no model '{member.model}'. "
                f"It grades with {settings.base_model_id} and models made from it."
            )
            raise ApiError(400, message, code="model_not_found", param=f"{where}.model")


@dataclass
class _Run:
    """One call of `run`: what its graders need."""

    request: Request
    settings: Settings
    store: Store
    names: dict[str, Any]

    async def grade(self, grader: Single | Multi) -> Outcome:
        """Give the reward of a grader, or the flag of its failure."""
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
            no_json = (
                str(error).startswith("sample.output_json") and "output_json" not in self.names["sample"]
            )
            return Outcome(errors={"sample_parse_error" if no_json else "invalid_variable_error": True})
        except TooLong as error:
            raise ApiError(400, str(error), code="string_above_max_length", param="grader") from None

    def _string_check(self, grader: StringCheck) -> float:
        text, reference = fill(grader.input, self.names), fill(grader.reference, self.names)
        return float(
            {
                "eq": text == reference,
                "ne": text != reference,
                "like": reference in text,
                "ilike": reference.casefold() in text.casefold(),
            }[grader.operation]
        )

    async def _text_similarity(self, grader: TextSimilarity) -> float:
        texts = [fill(text, self.names) for text in (grader.input, grader.reference)]
        if (longest := max(map(len, texts))) > MAX_CHARACTERS:
            raise TooLong(
                f"A text to compare has {longest:,} characters; at most {MAX_CHARACTERS:,} are allowed."
            )
        return await asyncio.to_thread(similarity, grader.evaluation_metric, *texts)

    async def _python(self, grader: PythonGrader) -> Outcome:
        try:
            result = await self.request.app.state.sandbox.grade(grader.source, **self.names)
        except SandboxFailed as failure:
            errors = {"python_grader_server_error": True, "python_grader_server_error_type": str(failure)}
            return Outcome(errors=errors)
        if "problem" in result:
            details = {"python_grader_runtime_error_details": result["problem"]}
            return Outcome(errors={"python_grader_runtime_error": True} | details)
        return Outcome(result["reward"])

    async def _score_model(self, grader: ScoreModel) -> Outcome:
        sampling = grader.sampling_params or SamplingParams()
        question = asking.question(
            self.settings,
            self.store,
            grader.model,
            messages=[asking.plain(message.role, fill(message.text, self.names)) for message in grader.input],
            max_tokens=sampling.max_completions_tokens,
            temperature=1.0 if sampling.temperature is None else sampling.temperature,
            top_p=1.0 if sampling.top_p is None else sampling.top_p,
            seed=sampling.seed,
            stream=False,
        )
        text = ""
        try:
            async for reply in self.request.app.state.worker.ask(question):
                text += reply.get("text", "")
        except WorkerDied:
            reply = {
                "kind": "error",
                "message": "The process that generates text ended in the middle of the answer.",
            }
        if reply["kind"] == "error":
            details = {"model_grader_server_error_details": reply["message"]}
            return Outcome(errors={"model_grader_server_error": True} | details)
        tokens = {key: reply[key] for key in ("prompt_tokens", "completion_tokens")}
        outcome = Outcome(
            usage={grader.model: tokens | {"total_tokens": sum(tokens.values()), "cached_tokens": 0}}
        )
        score = score_in(text)
        if score is None:
            outcome.errors["model_grader_parse_error"] = True
        else:
            low, high = grader.range
            outcome.reward = min(max(score, low), high)
        return outcome

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
            outcome.errors |= part.errors
            for model, used in part.usage.items():
                before = outcome.usage.setdefault(model, dict.fromkeys(used, 0))
                outcome.usage[model] = {key: before[key] + used[key] for key in used}
        try:
            reward = formula.calculate(tree, outcome.sub_rewards)
        except (ArithmeticError, ValueError, RecursionError):
            reward = math.nan
        if math.isfinite(reward):
            outcome.reward = reward
        else:
            outcome.errors["other_error"] = True
        return outcome


def score_in(answer: str) -> float | None:
    """Read the score out of a grading model's answer.

    Args:
        answer: A number, text with exactly one number, or JSON with the number in `result`.

    Returns:
        The number as it stands there, or None if the answer leaves any doubt.
    """
    try:
        value = json.loads(answer, parse_int=float)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict):
        value = value.get("result")
        return value if isinstance(value, float) and math.isfinite(value) else None
    found = re.findall(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", answer)
    return float(found[0]) if len(found) == 1 else None
