"""What clients read as a response, whole and as the content of its events."""

import time
from typing import Annotated, Any, Literal

from pydantic import Field

from local_server.generation.messages import Done
from local_server.http.answers import Answer

# Always empty here; OpenAI's answers carry such lists for what its tools have found.
Nothing = Annotated[list[str], Field(max_length=0)]
Status = Literal["in_progress", "completed", "incomplete", "failed"]


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
    status: Literal["in_progress", "completed", "incomplete"]
    content: list[OutputText]


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


class CachedTokens(Answer):
    """Kinds of prompt tokens that there are none of here."""

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
    output: list[OutputMessage]
    parallel_tool_calls: Literal[True]
    previous_response_id: str | None
    store: bool
    temperature: float
    text: TextFormat
    tool_choice: Literal["auto"]
    tools: Nothing
    top_p: float
    truncation: Literal["disabled"]
    usage: ResponseUsage | None
    user: str | None


class ResponseDeleted(Answer):
    """A response is kept no longer."""

    id: str
    object: Literal["response"]
    deleted: Literal[True]


class Kept(Answer):
    """A response as it lies in the store.

    Attributes:
        id: Of the response.
        response: As it was answered.
        messages: The whole conversation, its answer included, as the chat template reads it.
        expires_at: When it goes, in Unix seconds.
    """

    id: str
    response: Response
    messages: list[dict[str, str]]
    expires_at: int


def output_text(text: str) -> OutputText:
    """Make the part that holds a text."""
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def finished(begun: Response, message_id: str, text: str, done: Done) -> Response:
    """Make the whole response.

    Args:
        begun: The response as it was when it began.
        message_id: Of the message in its output.
        text: What the model said.
        done: The chat process's last reply.

    Returns:
        The response, completed now or incomplete.
    """
    complete = done["finish_reasons"] == ["stop"]
    message: OutputMessage = {
        "id": message_id,
        "type": "message",
        "role": "assistant",
        "status": "completed" if complete else "incomplete",
        "content": [output_text(text)],
    }
    return {
        **begun,
        "status": message["status"],
        "completed_at": int(time.time()) if complete else None,
        "incomplete_details": None if complete else {"reason": "max_output_tokens"},
        "output": [message],
        "usage": {
            "input_tokens": done["prompt_tokens"],
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": done["completion_tokens"],
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": done["prompt_tokens"] + done["completion_tokens"],
        },
    }
