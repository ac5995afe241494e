"""Graders: give an answer a reward, or say whether a grader is well formed."""

import time
from typing import Any

from fastapi import Request
from pydantic import Field

from local_server.graders import formula
from local_server.graders.answers import NO_ERRORS, Graded, ValidGrader
from local_server.graders.grading import GraderRun, ServerModels
from local_server.graders.sandbox import SandboxFailed
from local_server.graders.templates import faulty, sample_of
from local_server.graders.types import GivenGrader, Multi, PythonGrader, ScoreModel, Single, understood
from local_server.http.errors import ApiError
from local_server.http.requests import Body, TheSettings, TheStore
from local_server.jobs.models import find_model
from local_server.settings import Settings
from local_server.store import Store


class RunGrader(Body):
    """The body of `graders.run`."""

    grader: GivenGrader
    model_sample: str
    item: dict[str, Any] = Field(default_factory=dict)


class ValidateGrader(Body):
    """The body of `graders.validate`."""

    grader: GivenGrader


async def run(request: Request, settings: TheSettings, store: TheStore, body: RunGrader) -> Graded:
    """Grade one answer."""
    grader = understood(body.grader)
    check_possible(settings, store, grader)
    began = time.perf_counter()
    grading = GraderRun(
        models=ServerModels(settings, store, request.app.state.worker),
        sandbox=request.app.state.sandbox,
        sample=sample_of(body.model_sample),
        item=body.item,
    )
    outcome = await grading.grade(grader)
    return {
        "reward": outcome.reward,
        "metadata": {
            "name": grader.name,
            "type": grader.type,
            "errors": {**NO_ERRORS, **outcome.errors},
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
) -> ValidGrader:
    """Check a grader with its templates, formula and source, without running it."""
    grader = understood(body.grader)
    check_possible(settings, store, grader)
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


def check_possible(settings: Settings, store: Store, grader: Single | Multi) -> None:
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
                f"It grades with {settings.base_model_names} and models made from them."
            )
            raise ApiError(400, message, code="model_not_found", param=f"{where}.model")
