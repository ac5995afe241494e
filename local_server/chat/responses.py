"""Responses: plain text in and out, whole and streamed."""

import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial

import fastapi
from fastapi import Request

from local_server.chat import answering, kept_responses
from local_server.chat.answering import Replies
from local_server.chat.response_answers import OutputMessage, Response, finished, output_text
from local_server.chat.response_requests import CreateResponse
from local_server.chat.structured.formats import wanted
from local_server.http.answers import EventStream, Json
from local_server.http.errors import ApiError
from local_server.http.requests import TheSettings, TheStore
from local_server.store import new_id

# What is done with a response that has ended.
End = Callable[[Response], Response]


async def create(
    request: Request, settings: TheSettings, store: TheStore, body: CreateResponse
) -> Json[Response] | EventStream | fastapi.Response:
    """Answer a text with a base model, a fine-tuned model or a checkpoint."""
    form = wanted(None if body.text is None else body.text.format, of_chat=False)
    previous = body.previous_response_id
    before = [] if previous is None else kept_responses.messages_before(store, previous)
    asked = body.asked(store)
    head = [] if body.instructions is None else [{"role": "system", "content": body.instructions}]
    question = answering.question(
        settings,
        store,
        body.model,
        [*head, *before, *asked],
        max_tokens=body.max_output_tokens,
        temperature=body.temperature,
        top_p=body.top_p,
        stream=bool(body.stream),
        form=form,
    )
    replies = answering.replies(request.app.state.worker, question, "input", form)
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
        "model": answering.name_in_answers(settings, store, body.model),
        "output": [],
        "parallel_tool_calls": True,
        "previous_response_id": previous,
        "store": body.store is not False,
        "temperature": question["temperature"],
        "text": {"format": form.echo},
        "tool_choice": "auto",
        "tools": [],
        "top_p": question["top_p"],
        "truncation": "disabled",
        "usage": None,
        "user": body.user,
    }

    def end(response: Response) -> Response:
        if response["store"]:
            kept_responses.keep(store, response, asked, before)
        return response

    if body.stream:
        return await answering.streamed(replies, partial(_events, begun, end))
    return await answering.whole(request, _whole(begun, end, replies))


async def _whole(begun: Response, end: End, replies: Replies) -> Response:
    text = ""
    async for reply in replies:
        if reply["kind"] == "text":
            text += reply["text"]
        else:
            done = reply
    return end(finished(begun, new_id("msg_", 48), text, done))


async def _stages(
    begun: Response, end: End, replies: Replies
) -> AsyncIterator[tuple[str, Mapping[str, object]]]:
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
    response = end(finished(begun, message_id, text, done))
    yield "output_text.done", place | {"text": text, "logprobs": []}
    yield "content_part.done", place | {"part": output_text(text)}
    yield "output_item.done", item | {"item": response["output"][0]}
    yield response["status"], {"response": response}


async def _events(begun: Response, end: End, replies: Replies) -> AsyncIterator[str]:
    number = 0

    def event(name: str, content: Mapping[str, object]) -> str:
        data = {"type": f"response.{name}", "sequence_number": number, **content}
        return f"event: response.{name}\ndata: {json.dumps(data)}\n\n"

    try:
        async for name, content in _stages(begun, end, replies):
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
