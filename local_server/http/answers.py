"""The forms that answers have. What is in an answer is described where it is made, as a TypedDict.

A route's return type says what it answers: `Json[Job]`, `EventStream`, or a TypedDict as it is. mypy holds
the code to it, and `openapi.py` describes it.
"""

from collections.abc import AsyncGenerator
from typing import Annotated, Generic, TypeVar

from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import ConfigDict, Field, with_config
from starlette.types import Send

# Pydantic cannot read the TypedDict of Python 3.11.
from typing_extensions import TypedDict

Content = TypeVar("Content")


@with_config(ConfigDict(extra="forbid"))
class Answer(TypedDict):
    """A JSON object that leaves the server. Where one is checked or described, it has no other fields."""


class Problem(Answer):
    """What is wrong with a request."""

    message: Annotated[str, Field(description="What is wrong, where, what was expected, and what to do.")]
    type: Annotated[str, Field(description="The family of the error, for example `invalid_request_error`.")]
    param: Annotated[str | None, Field(description="The field of the request that is wrong.")]
    code: Annotated[str | None, Field(description="The error, for programs.")]


class Error(Answer):
    """OpenAI's error body."""

    error: Problem


class Json(JSONResponse, Generic[Content]):
    """A JSON answer of a known type, without FastAPI's copy of it.

    Args:
        content: The answer.
    """

    def __init__(self, content: Content) -> None:
        super().__init__(content)


class EventStream(StreamingResponse):
    """Server-sent events, each with one JSON object."""

    media_type = "text/event-stream"

    async def stream_response(self, send: Send) -> None:
        """Send the events, and close what makes them as soon as the client is gone.

        Args:
            send: Of the connection.
        """
        try:
            await super().stream_response(send)
        finally:
            # Left to the garbage collector, it would be closed some time later.
            if isinstance(self.body_iterator, AsyncGenerator):
                await self.body_iterator.aclose()
