"""Responses: text in, text and calls of functions out, whole and streamed."""

import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial

import fastapi
from fastapi import Request

from local_server.chat import answering, kept_responses
from local_server.chat.answering import Replies
from local_server.chat.response_answers import Response, finished, is_complete
from local_server.chat.response_requests import CreateResponse
from local_server.chat.structured.formats import wanted
from local_server.chat.tools.response_items import joined
from local_server.chat.tools.response_output import Output
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
    offer = body.offer()
    previous = body.previous_response_id
    before = [] if previous is None else kept_responses.messages_before(store, previous)
    asked = body.asked(store)
    head = [] if body.instructions is None else [{"role": "system", "content": body.instructions}]
    question = answering.question(
        settings,
        store,
        body.model,
        joined([*head, *before, *asked]),
        max_tokens=body.max_output_tokens,
        temperature=body.temperature,
        top_p=body.top_p,
        stream=bool(body.stream),
        form=form,
        offer=offer,
    )
    replies = answering.replies(request.app.state.worker, question, "input", form, offer)
    output = Output(may_call=offer.calls is not None)
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
        "parallel_tool_calls": body.parallel_tool_calls is not False,
        "previous_response_id": previous,
        "store": body.store is not False,
        "temperature": question["temperature"],
        "text": {"format": form.echo},
        "tool_choice": body.choice_again(),
        "tools": body.tools_again(),
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
        return await answering.streamed(replies, partial(_events, begun, output, end))
    return await answering.whole(request, _whole(begun, output, end, replies))


async def _whole(begun: Response, output: Output, end: End, replies: Replies) -> Response:
    async for reply in replies:
        if reply["kind"] == "text":
            output.take(reply)
        else:
            done = reply
    items, _ = output.end(complete=is_complete(done))
    return end(finished(begun, items, done))


async def _stages(
    begun: Response, output: Output, end: End, replies: Replies
) -> AsyncIterator[tuple[str, Mapping[str, object]]]:
    """The events of one answer, in the order of the API reference (openapi.yaml, read 2026-08-21)."""
    yield "created", {"response": begun}
    yield "in_progress", {"response": begun}
    for event in output.begin():
        yield event
    async for reply in replies:
        if reply["kind"] == "text":
            for event in output.take(reply):
                yield event
        else:
            done = reply
    items, events = output.end(complete=is_complete(done))
    response = end(finished(begun, items, done))
    for event in events:
        yield event
    yield response["status"], {"response": response}


async def _events(begun: Response, output: Output, end: End, replies: Replies) -> AsyncIterator[str]:
    number = 0

    def event(name: str, content: Mapping[str, object]) -> str:
        data = {"type": f"response.{name}", "sequence_number": number, **content}
        return f"event: response.{name}\ndata: {json.dumps(data)}\n\n"

    try:
        async for name, content in _stages(begun, output, end, replies):
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
