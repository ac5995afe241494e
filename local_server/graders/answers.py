"""What clients read about a reward and about a grader."""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field

from local_server.http.answers import Answer


class GraderErrors(Answer, total=False):
    """What went wrong; every flag is in an answer (OpenAI's guide to graders, read 2026-11)."""

    formula_parse_error: bool
    sample_parse_error: bool
    truncated_observation_error: bool
    unresponsive_reward_error: bool
    invalid_variable_error: bool
    other_error: bool
    python_grader_server_error: bool
    python_grader_server_error_type: str | None
    python_grader_runtime_error: bool
    python_grader_runtime_error_details: str | None
    model_grader_server_error: bool
    model_grader_refusal_error: bool
    model_grader_parse_error: bool
    model_grader_server_error_details: str | None


class Grading(Answer):
    """How a reward came about."""

    name: str
    type: Literal["string_check", "text_similarity", "python", "score_model", "multi"]
    errors: GraderErrors
    execution_time: Annotated[float, Field(description="Seconds.")]
    scores: dict[str, float]
    token_usage: int | None
    sampled_model_name: str | None


class TokenUsage(Answer):
    """Tokens of the models that graded."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    cached_tokens: int


class Graded(Answer):
    """The reward of one answer."""

    reward: float
    metadata: Grading
    sub_rewards: dict[str, float]
    model_grader_token_usage_per_model: dict[str, TokenUsage]


class ValidGrader(Answer):
    """A grader as it was understood."""

    grader: dict[str, Any]


NO_ERRORS: GraderErrors = {
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


def summed(first: TokenUsage, second: TokenUsage) -> TokenUsage:
    """Add up the tokens of two graders that asked the same model.

    Args:
        first: Of one of them.
        second: Of the other.

    Returns:
        The sums.
    """
    return {
        "prompt_tokens": first["prompt_tokens"] + second["prompt_tokens"],
        "completion_tokens": first["completion_tokens"] + second["completion_tokens"],
        "total_tokens": first["total_tokens"] + second["total_tokens"],
        "cached_tokens": first["cached_tokens"] + second["cached_tokens"],
    }


@dataclass
class Outcome:
    """What one grader found.

    Attributes:
        reward: Its number; 0 when it failed.
        errors: The flags that differ from `NO_ERRORS`.
        usage: Tokens, by model.
        sub_rewards: Rewards of the members of a multi grader, by name.
    """

    reward: float = 0.0
    errors: GraderErrors = field(default_factory=GraderErrors)
    usage: dict[str, TokenUsage] = field(default_factory=dict)
    sub_rewards: dict[str, float] = field(default_factory=dict)
