"""Chat completions, whole and streamed."""

import json
import time
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import Request
from fastapi.responses import Response
from pydantic import Field

from local_server.chat import answering as asking
from local_server.chat.answering import Replies, Seed, Temperature, TopLogprobs, TopP
from local_server.http.errors import ApiError
from local_server.http.requests import Body, Metadata, TheSettings, TheStore
from local_server.store import new_id

Penalty = Annotated[float, Field(ge=-2, le=2)]


class TextPart(Body):
    type: Literal["text"]
    text: str


class Message(Body):
    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[TextPart]
    name: str | None = None
    # OpenAI's answers carry an empty list, and clients send answers back.
    annotations: Annotated[list[Any], Field(max_length=0)] | None = None


class ResponseFormat(Body):
    type: Literal["text"]


class StreamOptions(Body):
    include_usage: bool = False
    include_obfuscation: bool = False


class CreateCompletion(Body):
    """The body of `chat.completions.create`; ranges of OpenAI's openapi.yaml, read 2026-08-21.

    What cannot be combined, and the words for it, are those of OpenAI's answers in public bug reports, 2025.
    """

    model: str
    messages: Annotated[list[Message], Field(min_length=1)]
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    temperature: Temperature | None = None
    top_p: TopP | None = None
    n: Annotated[int, Field(ge=1, le=128)] | None = None
    seed: Seed | None = None
    stop: str | Annotated[list[str], Field(max_length=4)] | None = None
    frequency_penalty: Penalty | None = None
    presence_penalty: Penalty | None = None
    logprobs: bool | None = None
    top_logprobs: TopLogprobs | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    # Accepted because they change nothing here; other parameters are refused by name.
    response_format: ResponseFormat | None = None
    modalities: list[Literal["text"]] | None = None
    user: str | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None
    metadata: Metadata | None = None
    store: bool | None = None
    service_tier: str | None = None

    def stops(self) -> list[str]:
        """The stop texts as a list without empty ones."""
        stops = [self.stop] if isinstance(self.stop, str) else self.stop or []
        return [stop for stop in stops if stop]


async def create(
    request: Request, settings: TheSettings, store: TheStore, body: CreateCompletion
) -> Response:
    """Answer a chat with the base model, a fine-tuned model or a checkpoint."""
    if body.top_logprobs is not None and not body.logprobs:
        message = "Invalid 'top_logprobs': it needs 'logprobs' to be true. Set it, or leave both out."
        raise ApiError(400, message, code="invalid_value", param="top_logprobs")
    if body.max_tokens is not None and body.max_completion_tokens is not None:
        message = (
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported. "
            "Leave one of them out."
        )
        raise ApiError(400, message, code="invalid_parameter_combination", param="max_tokens")
    if body.stream_options is not None and not body.stream:
        message = (
            "The 'stream_options' parameter is only allowed when 'stream' is enabled. Set 'stream' to true, "
            "or leave both out."
        )
        raise ApiError(400, message, param="stream_options")
    n = body.n or 1
    question = asking.question(
        settings,
        store,
        body.model,
        messages=[asking.plain(message.role, message.content) for message in body.messages],
        max_tokens=body.max_completion_tokens or body.max_tokens,
        temperature=1.0 if body.temperature is None else body.temperature,
        top_p=1.0 if body.top_p is None else body.top_p,
        seed=body.seed,
        stop=body.stops(),
        n=n,
        top_logprobs=(body.top_logprobs or 0) if body.logprobs else None,
        frequency_penalty=body.frequency_penalty or 0.0,
        presence_penalty=body.presence_penalty or 0.0,
        stream=bool(body.stream or body.logprobs),
    )
    replies = asking.replies(request.app.state.worker, question, "messages")
    head = {
        "id": new_id("chatcmpl-", 29),
        "created": int(time.time()),
        "model": body.model,
        "service_tier": "default",
        "system_fingerprint": None,
    }
    if not body.stream:
        return await asking.whole(request, _whole(head, n, bool(body.logprobs), replies))
    with_usage = body.stream_options is not None and body.stream_options.include_usage
    return await asking.streamed(replies, partial(_events, head, n, bool(body.logprobs), with_usage))


def _usage(done: dict[str, Any]) -> dict[str, Any]:
    return {
        "prompt_tokens": done["prompt_tokens"],
        "completion_tokens": done["completion_tokens"],
        "total_tokens": done["prompt_tokens"] + done["completion_tokens"],
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


async def _whole(head: dict[str, Any], n: int, with_logprobs: bool, replies: Replies) -> dict[str, Any]:
    texts: list[str] = [""] * n
    logprobs: list[list[dict[str, Any]]] = [[] for _ in range(n)]
    async for reply in replies:
        if reply["kind"] == "text":
            texts[reply["index"]] += reply["text"]
            logprobs[reply["index"]] += reply["logprobs"]
    choices = [
        {
            "index": index,
            "message": {"role": "assistant", "content": text, "refusal": None, "annotations": []},
            "logprobs": {"content": logprobs[index], "refusal": None} if with_logprobs else None,
            "finish_reason": reply["finish_reasons"][index],
        }
        for index, text in enumerate(texts)
    ]
    return head | {"object": "chat.completion", "choices": choices, "usage": _usage(reply)}


async def _chunks(
    head: dict[str, Any], n: int, with_logprobs: bool, with_usage: bool, replies: Replies
) -> AsyncIterator[dict[str, Any]]:
    head = head | {"object": "chat.completion.chunk"} | ({"usage": None} if with_usage else {})

    def chunk(
        index: int,
        delta: dict[str, str | None],
        logprobs: dict[str, Any] | None = None,
        finish_reason: str | None = None,
    ) -> dict[str, Any]:
        choice = {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish_reason}
        return head | {"choices": [choice]}

    for index in range(n):
        yield chunk(index, {"role": "assistant", "content": "", "refusal": None})
    async for reply in replies:
        if reply["kind"] == "text":
            logprobs = {"content": reply["logprobs"], "refusal": None} if with_logprobs else None
            yield chunk(reply["index"], {"content": reply["text"]}, logprobs)
    for index, reason in enumerate(reply["finish_reasons"]):
        yield chunk(index, {}, finish_reason=reason)
    if with_usage:
        yield head | {"choices": [], "usage": _usage(reply)}


async def _events(
    head: dict[str, Any], n: int, with_logprobs: bool, with_usage: bool, replies: Replies
) -> AsyncIterator[str]:
    try:
        async for chunk in _chunks(head, n, with_logprobs, with_usage, replies):
            yield f"data: {json.dumps(chunk)}\n\n"
    except ApiError as error:
        # The status line has gone out already; the SDK raises APIError for this event.
        yield f"data: {json.dumps(error.body)}\n\n"
        return
    yield "data: [DONE]\n\n"
