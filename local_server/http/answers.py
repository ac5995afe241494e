"""The forms that answers have. What is in an answer is described where it is made, as a TypedDict.

A route's return type says what it answers: `Json[Job]`, `EventStream`, or a TypedDict as it is. mypy holds
the code to it, and `openapi.py` describes it.
"""

import asyncio
import json
from collections.abc import AsyncGenerator
from itertools import islice
from typing import Annotated, Generic, TypeVar, cast

from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import ConfigDict, Field, with_config
from starlette.types import Send

# Pydantic cannot read the TypedDict of Python 3.11.
from typing_extensions import TypedDict

Content = TypeVar("Content")
# As Starlette's own answers are written.
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
# Bits of JSON text that are written before other clients get a turn: 8 ms (Nov 2026).
_BITS = 4096


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
        written: The same as JSON, where it has been written already.
    """

    def __init__(self, content: Content, written: bytes | None = None) -> None:
        self._written = written
        super().__init__(content)

    def render(self, content: object) -> bytes:
        """Write the answer, if it has not been written already.

        Args:
            content: The answer.

        Returns:
            Its JSON.
        """
        return super().render(content) if self._written is None else self._written

    @classmethod
    def of_text(cls, text: str) -> "Json[Content]":
        """Hand on what has been kept as JSON, without reading it.

        Args:
            text: The answer's JSON.

        Returns:
            The answer.
        """
        return cls(cast("Content", None), text.encode())

    @classmethod
    async def in_pieces(cls, content: Content) -> "Json[Content]":
        """Write an answer that may be large, so that other clients are answered meanwhile.

        A thread would not help: `json.dumps` holds Python's lock to its end (0.3 s for 14 MB, Nov 2026).

        Args:
            content: The answer.

        Returns:
            The answer, written.
        """
        bits = _ENCODER.iterencode(content)
        pieces: list[bytes] = []
        while piece := "".join(islice(bits, _BITS)):
            pieces.append(piece.encode())
            await asyncio.sleep(0)
        return cls(content, b"".join(pieces))


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
