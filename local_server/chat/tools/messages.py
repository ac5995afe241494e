"""The messages of a chat so far, and the order of calls and results in it."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from local_server.chat.accepted import CacheMark, Nothing
from local_server.http.errors import ApiError
from local_server.http.requests import Body
from local_server.training.rows.tools import with_calls


class TextPart(Body):
    """Text in a message."""

    type: Literal["text"]
    text: str
    prompt_cache_breakpoint: CacheMark | None = None


class RefusalPart(Body):
    """What an answer said in the place of its text."""

    type: Literal["refusal"]
    refusal: str


class CalledFunction(Body):
    """What an answer has called. The arguments are what the model wrote, JSON or not.

    Attributes:
        parsed_arguments: What the SDK's `parse()` has read from them; it sends its messages back with it.
    """

    name: str
    arguments: str
    parsed_arguments: Any = None


class Call(Body):
    """A call of a tool. Answers that were streamed have its place among the others."""

    id: str
    type: Literal["function"]
    function: CalledFunction
    index: int | None = None


class Message(Body):
    """A message of the chat so far."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Annotated[TextPart | RefusalPart, Field(discriminator="type")]]
    name: str | None = None
    refusal: str | None = None
    # OpenAI's answers carry empty lists, and clients send answers back.
    annotations: Nothing | None = None
    tool_calls: list[Call] | None = None
    function_call: CalledFunction | None = None
    tool_call_id: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _without_text(cls, message: object) -> object:
        if not isinstance(message, dict) or message.get("content"):
            return message
        if message.get("refusal"):
            return {**message, "content": [{"type": "refusal", "refusal": message["refusal"]}]}
        calls = message.get("tool_calls") or message.get("function_call")
        may = message.get("role") == "function" or (message.get("role") == "assistant" and calls)
        return {**message, "content": ""} if may and message.get("content") is None else message


def asked(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Turn messages into those of a question.

    Args:
        messages: From the client.

    Returns:
        For the chat process.

    Raises:
        ApiError: 400 for a call without its result, a result without its call, or either in a message of
            another role. The first two have OpenAI's words and `param` (public bug reports, 2024-2026).
    """
    waiting: dict[str, None] = {}
    for place, message in enumerate(messages):
        _check_fields(message, f"messages.{place}")
        param = f"messages.[{place}].role"
        if message.role == "tool":
            if message.tool_call_id not in waiting:
                raise ApiError(
                    400,
                    "Invalid parameter: messages with role 'tool' must be a response to a preceding message "
                    f"with 'tool_calls'. '{message.tool_call_id!s:.80}' is the id of no such call.",
                    param=param,
                )
            del waiting[message.tool_call_id]
            continue
        if waiting:
            raise _unanswered(waiting, param)
        waiting = {call.id: None for call in message.tool_calls or ()}
    if waiting:
        raise _unanswered(waiting, "messages")
    return with_calls([message.model_dump() for message in messages])


def _unanswered(ids: dict[str, None], param: str) -> ApiError:
    return ApiError(
        400,
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
        f"'tool_call_id'. The following tool_call_ids did not have response messages: {', '.join(ids):.200}",
        param=param,
    )


def _check_fields(message: Message, path: str) -> None:
    roles = {"tool_calls": "assistant", "function_call": "assistant", "tool_call_id": "tool"}
    for field, role in roles.items():
        if getattr(message, field) and message.role != role:
            text = (
                f"Invalid '{path}.{field}': only messages with role '{role}' have it. Found '{message.role}'."
            )
            raise ApiError(400, text, code="invalid_value", param=f"{path}.{field}")
    needed = {"tool": "tool_call_id", "function": "name"}.get(message.role)
    if needed is not None and getattr(message, needed) is None:
        text = f"Missing required parameter: '{path}.{needed}'."
        raise ApiError(400, text, code="missing_required_parameter", param=f"{path}.{needed}")
