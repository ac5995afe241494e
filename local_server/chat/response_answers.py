"""What clients read as a response, whole and as the content of its events."""

import time
from typing import Annotated, Any, Literal

from pydantic import Field

from local_server.generation.messages import Done
from local_server.http.answers import Answer

# Always empty here; OpenAI's answers carry such lists for what its tools have found.
Nothing = Annotated[list[str], Field(max_length=0)]
ItemStatus = Literal["in_progress", "completed", "incomplete"]
Status = ItemStatus | Literal["failed"]


class OutputText(Answer):
    """The text of an answer."""

    type: Literal["output_text"]
    text: str
    annotations: Nothing
    logprobs: Nothing


class OutputMessage(Answer):
    """The message that holds the text."""

    id: str
    type: Literal["message"]
    role: Literal["assistant"]
    status: ItemStatus
    content: list[OutputText]


class FunctionCall(Answer):
    """A function that the model calls. The arguments are a JSON text."""

    id: str
    type: Literal["function_call"]
    status: ItemStatus
    call_id: str
    name: str
    arguments: str


OutputItem = OutputMessage | FunctionCall


class InputText(Answer):
    """A text that was asked."""

    type: Literal["input_text"]
    text: str


class InputItem(Answer):
    """A message that was asked."""

    id: str
    type: Literal["message"]
    role: Literal["system", "user"]
    status: Literal["completed"]
    content: list[InputText]


class FunctionResult(Answer):
    """The result of a function, for the call with this id."""

    id: str
    type: Literal["function_call_output"]
    status: Literal["completed"]
    call_id: str
    output: str


# Whatever a response was made from.
AnyItem = InputItem | FunctionResult | OutputItem


class FunctionTool(Answer):
    """A function that could be called, as it was given."""

    type: Literal["function"]
    name: str
    description: str | None
    parameters: dict[str, Any] | None
    strict: bool | None


class FunctionChoice(Answer):
    """The function that had to be called."""

    type: Literal["function"]
    name: str


class AllowedFunctions(Answer):
    """The functions that could be called, and whether one had to be."""

    type: Literal["allowed_tools"]
    mode: Literal["auto", "required"]
    tools: list[FunctionChoice]


class CachedTokens(Answer):
    """Kinds of prompt tokens: those that were read for an earlier prompt; to keep one costs nothing."""

    cached_tokens: int
    cache_write_tokens: int


class ReasoningTokens(Answer):
    """A kind of answer tokens that there are none of here."""

    reasoning_tokens: int


class ResponseUsage(Answer):
    """Tokens that were read and written."""

    input_tokens: int
    input_tokens_details: CachedTokens
    output_tokens: int
    output_tokens_details: ReasoningTokens
    total_tokens: int


class ResponseError(Answer):
    """Why the answer of a stream has ended without an end."""

    code: Literal["server_error"]
    message: str


class Incomplete(Answer):
    """Why an answer is not complete."""

    reason: Literal["max_output_tokens"]


class PlainFormat(Answer):
    """Text in no format, or any JSON object."""

    type: Literal["text", "json_object"]


class SchemaFormat(Answer):
    """JSON that fits a schema."""

    type: Literal["json_schema"]
    name: str
    schema: dict[str, Any]
    strict: bool
    description: str | None


class TextFormat(Answer):
    """How the text is to be formatted."""

    format: PlainFormat | SchemaFormat


class Response(Answer):
    """The API's response object."""

    id: str
    object: Literal["response"]
    created_at: int
    status: Status
    background: Literal[False]
    completed_at: int | None
    error: ResponseError | None
    incomplete_details: Incomplete | None
    instructions: str | None
    max_output_tokens: int | None
    metadata: dict[str, str]
    model: str
    output: list[OutputItem]
    parallel_tool_calls: bool
    previous_response_id: str | None
    store: bool
    temperature: float
    text: TextFormat
    tool_choice: Literal["auto", "none", "required"] | FunctionChoice | AllowedFunctions
    tools: list[FunctionTool]
    top_p: float
    truncation: Literal["disabled"]
    usage: ResponseUsage | None
    user: str | None


class ResponseDeleted(Answer):
    """A response is kept no longer."""

    id: str
    object: Literal["response"]
    deleted: Literal[True]


def output_text(text: str) -> OutputText:
    """Make the part that holds a text."""
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def finished(begun: Response, output: list[OutputItem], done: Done) -> Response:
    """Make the whole response.

    Args:
        begun: The response as it was when it began.
        output: What the model said and called.
        done: The chat process's last reply.

    Returns:
        The response, completed now or incomplete.
    """
    complete = is_complete(done)
    return {
        **begun,
        "status": "completed" if complete else "incomplete",
        "completed_at": int(time.time()) if complete else None,
        "incomplete_details": None if complete else {"reason": "max_output_tokens"},
        "output": output,
        "usage": {
            "input_tokens": done["prompt_tokens"],
            "input_tokens_details": {"cached_tokens": done["cached_tokens"], "cache_write_tokens": 0},
            "output_tokens": done["completion_tokens"],
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": done["prompt_tokens"] + done["completion_tokens"],
        },
    }


def is_complete(done: Done) -> bool:
    """Whether an answer has come to its own end."""
    return done["finish_reasons"] != ["length"]
