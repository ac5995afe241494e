"""What clients read as the answer of a chat, whole and in pieces."""

from typing import Annotated, Literal, NotRequired

from pydantic import Field

from local_server.generation.messages import Done, FinishReason, PromptToken, Token
from local_server.http.answers import Answer

# Always empty here; OpenAI's answers carry such lists for what its tools have found.
Nothing = Annotated[list[str], Field(max_length=0)]


# `function_call` is what clients read that speak of `functions`.
Reason = FinishReason | Literal["function_call"]


class FunctionCall(Answer):
    """A function that the model calls. The arguments are a JSON text."""

    name: str
    arguments: str


class ToolCall(Answer):
    """A call of a tool; the message with its result repeats the id."""

    id: str
    type: Literal["function"]
    function: FunctionCall


class CompletionMessage(Answer):
    """What the model says, or calls: `content` is null where it only calls."""

    role: Literal["assistant"]
    content: str | None
    refusal: None
    annotations: Nothing
    tool_calls: NotRequired[list[ToolCall]]
    function_call: NotRequired[FunctionCall]


class Logprobs(Answer):
    """The log probabilities of a text, token by token."""

    content: list[Token]
    refusal: None


class Choice(Answer):
    """One of the answers that were asked for."""

    index: int
    message: CompletionMessage
    logprobs: Logprobs | None
    finish_reason: Reason


class PromptDetails(Answer):
    """Kinds of prompt tokens: those that were read for an earlier prompt; there is no audio here."""

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
    """The whole answer. `prompt_logprobs` is there when it was asked for."""

    object: Literal["chat.completion"]
    choices: list[Choice]
    usage: Usage
    prompt_logprobs: NotRequired[list[PromptToken]]


class FunctionDelta(Answer, total=False):
    """What a piece adds to a call: the first one the name."""

    name: str
    arguments: str


class ToolCallDelta(Answer):
    """What a piece adds to one of the calls: the first one the id."""

    index: int
    id: NotRequired[str]
    type: NotRequired[Literal["function"]]
    function: FunctionDelta


class Delta(Answer, total=False):
    """What a piece adds: the first one the role, the last one nothing."""

    role: Literal["assistant"]
    content: str | None
    refusal: None
    tool_calls: list[ToolCallDelta]
    function_call: FunctionDelta


class ChunkChoice(Answer):
    """A piece of one of the answers."""

    index: int
    delta: Delta
    logprobs: Logprobs | None
    finish_reason: Reason | None


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
        "prompt_tokens_details": {"cached_tokens": done["cached_tokens"], "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
