"""Responses: plain text in and out, whole and streamed. Nothing is stored."""

import json
import time
from collections.abc import AsyncIterator, Mapping
from functools import partial
from typing import Annotated, Any, Literal

import fastapi
from fastapi import Request
from pydantic import Field

from local_server.chat import answering
from local_server.chat.answering import Replies, Temperature, TopP
from local_server.chat.response_answers import OutputMessage, Response, finished, output_text
from local_server.http.answers import EventStream, Json
from local_server.http.errors import ApiError
from local_server.http.requests import Body, Metadata, TheSettings, TheStore
from local_server.store import new_id


class Part(Body):
    """Text of a message. `output_text` is what an earlier answer holds, with its empty lists."""

    type: Literal["input_text", "output_text"]
    text: str
    annotations: Annotated[list[Any], Field(max_length=0)] | None = None
    logprobs: Annotated[list[Any], Field(max_length=0)] | None = None


class Message(Body):
    """A message by hand, or one from the `output` of an earlier answer."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[Part]
    type: Literal["message"] | None = None
    id: str | None = None
    status: Literal["in_progress", "completed", "incomplete"] | None = None
    phase: Literal["commentary", "final_answer"] | None = None


class CreateResponse(Body):
    """The body of `responses.create`. Other parameters are refused by name."""

    model: str
    input: str | Annotated[list[Message], Field(min_length=1)]
    instructions: str | None = None
    # "Expected a value >= 16" is OpenAI's own answer to less (public bug reports, 2025).
    max_output_tokens: Annotated[int, Field(ge=16)] | None = None
    temperature: Temperature | None = None
    top_p: TopP | None = None
    stream: bool | None = None
    metadata: Metadata | None = None
    # Accepted because they change nothing here.
    store: bool | None = None
    user: str | None = None
    service_tier: str | None = None

    def messages(self) -> list[dict[str, str]]:
        """The chat that the model reads: instructions first, as the system message."""
        head = [] if self.instructions is None else [{"role": "system", "content": self.instructions}]
        if isinstance(self.input, str):
            return [*head, {"role": "user", "content": self.input}]
        return head + [answering.plain(message.role, message.content) for message in self.input]


async def create(
    request: Request, settings: TheSettings, store: TheStore, body: CreateResponse
) -> Json[Response] | EventStream | fastapi.Response:
    """Answer a text with the base model, a fine-tuned model or a checkpoint."""
    question = answering.question(
        settings,
        store,
        body.model,
        body.messages(),
        max_tokens=body.max_output_tokens,
        temperature=body.temperature,
        top_p=body.top_p,
        stream=bool(body.stream),
    )
    replies = answering.replies(request.app.state.worker, question, "input")
    begun: Response = {
        "id": new_id("resp_", 48),
        "object": "response",
        "created_at": int(time.time()),
        "status": "in_progress",
        "background": False,
        "completed_at": None,
        "error": None,
        "incomplete_details": None,
        "instructions": body.instructions,
        "max_output_tokens": body.max_output_tokens,
        "metadata": body.metadata or {},
        "model": body.model,
        "output": [],
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "temperature": question["temperature"],
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": question["top_p"],
        "truncation": "disabled",
        "usage": None,
        "user": body.user,
    }
    if body.stream:
        return await answering.streamed(replies, partial(_events, begun))
    return await answering.whole(request, _whole(begun, replies))


async def _whole(begun: Response, replies: Replies) -> Response:
    text = ""
    async for reply in replies:
        if reply["kind"] == "text":
            text += reply["text"]
        else:
            done = reply
    return finished(begun, new_id("msg_", 48), text, done)


async def _stages(begun: Response, replies: Replies) -> AsyncIterator[tuple[str, Mapping[str, object]]]:
    """The events of one answer, in the order of the API reference (openapi.yaml, read 2026-08-21)."""
    message_id, text = new_id("msg_", 48), ""
    message: OutputMessage = {
        "id": message_id,
        "type": "message",
        "role": "assistant",
        "status": "in_progress",
        "content": [],
    }
    item = {"output_index": 0}
    place = item | {"item_id": message_id, "content_index": 0}
    yield "created", {"response": begun}
    yield "in_progress", {"response": begun}
    yield "output_item.added", item | {"item": message}
    yield "content_part.added", place | {"part": output_text("")}
    async for reply in replies:
        if reply["kind"] == "text":
            text += reply["text"]
            yield "output_text.delta", place | {"delta": reply["text"], "logprobs": []}
        else:
            done = reply
    response = finished(begun, message_id, text, done)
    yield "output_text.done", place | {"text": text, "logprobs": []}
    yield "content_part.done", place | {"part": output_text(text)}
    yield "output_item.done", item | {"item": response["output"][0]}
    yield response["status"], {"response": response}


async def _events(begun: Response, replies: Replies) -> AsyncIterator[str]:
    number = 0

    def event(name: str, content: Mapping[str, object]) -> str:
        data = {"type": f"response.{name}", "sequence_number": number, **content}
        return f"event: response.{name}\ndata: {json.dumps(data)}\n\n"

    try:
        async for name, content in _stages(begun, replies):
            yield event(name, content)
            number += 1
    except ApiError as error:
        # The status line has gone out already; this event is how a response says that it failed.
        failed: Response = {
            **begun,
            "status": "failed",
            "error": {"code": "server_error", "message": str(error)},
        }
        yield event("failed", {"response": failed})
