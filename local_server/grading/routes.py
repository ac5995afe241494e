"""Graders: give an answer a reward, or say whether a grader is well formed."""

import time
from typing import Any

from fastapi import Request
from pydantic import Field

from local_server.graders.answers import NO_ERRORS, Graded, ValidGrader
from local_server.graders.checking import check
from local_server.graders.grading import GraderRun
from local_server.graders.templates import sample_of
from local_server.graders.types import GivenGrader, understood
from local_server.grading.models import ServerModels
from local_server.http.requests import Body, TheSettings, TheStore
from local_server.jobs.creation.graders import check_possible


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
    await check(grader, "grader", request.app.state.sandbox)
    return {"grader": grader.model_dump(exclude_none=True)}
