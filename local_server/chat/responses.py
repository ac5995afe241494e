"""Responses: plain text in and out, whole and streamed. Nothing is stored."""

import json
import time
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import Request
from fastapi.responses import Response
from pydantic import Field

from local_server.chat import answering as asking
from local_server.chat.answering import Replies, Temperature, TopP
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
        return head + [asking.plain(message.role, message.content) for message in self.input]


async def create(request: Request, settings: TheSettings, store: TheStore, body: CreateResponse) -> Response:
    """Answer a text with the base model, a fine-tuned model or a checkpoint."""
    temperature = 1.0 if body.temperature is None else body.temperature
    top_p = 1.0 if body.top_p is None else body.top_p
    question = asking.question(
        settings,
        store,
        body.model,
        messages=body.messages(),
        max_tokens=body.max_output_tokens,
        temperature=temperature,
        top_p=top_p,
        stream=bool(body.stream),
    )
    replies = asking.replies(request.app.state.worker, question, "input")
    head = {
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
        "temperature": temperature,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": top_p,
        "truncation": "disabled",
        "usage": None,
        "user": body.user,
    }
    if body.stream:
        return await asking.streamed(replies, partial(_events, head))
    return await asking.whole(request, _whole(head, replies))


def _part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _message(message_id: str, status: str, content: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": message_id,
        "type": "message",
        "role": "assistant",
        "status": status,
        "content": content,
    }


def _finished(head: dict[str, Any], message_id: str, text: str, done: dict[str, Any]) -> dict[str, Any]:
    """The whole response, from the chat process's last reply."""
    complete = done["finish_reasons"] == ["stop"]
    status = "completed" if complete else "incomplete"
    return head | {
        "status": status,
        "completed_at": int(time.time()) if complete else None,
        "incomplete_details": None if complete else {"reason": "max_output_tokens"},
        "output": [_message(message_id, status, [_part(text)])],
        "usage": {
            "input_tokens": done["prompt_tokens"],
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": done["completion_tokens"],
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": done["prompt_tokens"] + done["completion_tokens"],
        },
    }


async def _whole(head: dict[str, Any], replies: Replies) -> dict[str, Any]:
    text = ""
    async for reply in replies:
        if reply["kind"] == "text":
            text += reply["text"]
    return _finished(head, new_id("msg_", 48), text, reply)


async def _stages(head: dict[str, Any], replies: Replies) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """The events of one answer, in the order of the API reference (openapi.yaml, read 2026-08-21)."""
    message_id, text = new_id("msg_", 48), ""
    item = {"output_index": 0}
    place = item | {"item_id": message_id, "content_index": 0}
    yield "created", {"response": head}
    yield "in_progress", {"response": head}
    yield "output_item.added", item | {"item": _message(message_id, "in_progress", [])}
    yield "content_part.added", place | {"part": _part("")}
    async for reply in replies:
        if reply["kind"] == "text":
            text += reply["text"]
            yield "output_text.delta", place | {"delta": reply["text"], "logprobs": []}
    finished = _finished(head, message_id, text, reply)
    yield "output_text.done", place | {"text": text, "logprobs": []}
    yield "content_part.done", place | {"part": _part(text)}
    yield "output_item.done", item | {"item": finished["output"][0]}
    yield finished["status"], {"response": finished}


async def _events(head: dict[str, Any], replies: Replies) -> AsyncIterator[str]:
    number = 0

    def event(name: str, content: dict[str, Any]) -> str:
        data = {"type": f"response.{name}", "sequence_number": number} | content
        return f"event: response.{name}\ndata: {json.dumps(data)}\n\n"

    try:
        async for name, content in _stages(head, replies):
            yield event(name, content)
            number += 1
    except ApiError as error:
        # The status line has gone out already; this event is how a response says that it failed.
        reason = {"code": "server_error", "message": str(error)}
        yield event("failed", {"response": head | {"status": "failed", "error": reason}})
