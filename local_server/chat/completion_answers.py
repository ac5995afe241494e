"""What clients read as the answer of a chat, whole and in pieces."""

from typing import Annotated, Literal, NotRequired

from pydantic import Field

from local_server.generation.messages import Done, FinishReason, Token
from local_server.http.answers import Answer

# Always empty here; OpenAI's answers carry such lists for what its tools have found.
Nothing = Annotated[list[str], Field(max_length=0)]


class CompletionMessage(Answer):
    """What the model says."""

    role: Literal["assistant"]
    content: str
    refusal: None
    annotations: Nothing


class Logprobs(Answer):
    """The log probabilities of a text, token by token."""

    content: list[Token]
    refusal: None


class Choice(Answer):
    """One of the answers that were asked for."""

    index: int
    message: CompletionMessage
    logprobs: Logprobs | None
    finish_reason: FinishReason


class PromptDetails(Answer):
    """Kinds of prompt tokens that there are none of here."""

    cached_tokens: int
    audio_tokens: int


class CompletionDetails(Answer):
    """Kinds of answer tokens that there are none of here."""

    reasoning_tokens: int
    audio_tokens: int
    accepted_prediction_tokens: int
    rejected_prediction_tokens: int


class Usage(Answer):
    """Tokens that were read and written."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: PromptDetails
    completion_tokens_details: CompletionDetails


class Head(Answer):
    """What stands in a whole answer, and in each piece of a streamed one."""

    id: str
    created: int
    model: str
    service_tier: Literal["default"]
    system_fingerprint: None


class Completion(Head):
    """The whole answer."""

    object: Literal["chat.completion"]
    choices: list[Choice]
    usage: Usage


class Delta(Answer, total=False):
    """What a piece adds: the first one the role, the last one nothing."""

    role: Literal["assistant"]
    content: str
    refusal: None


class ChunkChoice(Answer):
    """A piece of one of the answers."""

    index: int
    delta: Delta
    logprobs: Logprobs | None
    finish_reason: FinishReason | None


class Chunk(Head):
    """A piece of a streamed answer. `usage` is there when it was asked for, and null before the end."""

    object: Literal["chat.completion.chunk"]
    choices: list[ChunkChoice]
    usage: NotRequired[Usage | None]


def usage_of(done: Done) -> Usage:
    """Count tokens as the API does.

    Args:
        done: The chat process's last reply.

    Returns:
        The field `usage`.
    """
    return {
        "prompt_tokens": done["prompt_tokens"],
        "completion_tokens": done["completion_tokens"],
        "total_tokens": done["prompt_tokens"] + done["completion_tokens"],
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
