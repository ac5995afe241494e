"""Chat completions, whole and streamed."""

import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Literal

from fastapi import Request, Response
from pydantic import Field

from local_server.chat import answering
from local_server.chat.accepted import Accepted, No, NoEntries
from local_server.chat.answering import Replies, TopLogprobs
from local_server.chat.completion_answers import (
    Choice,
    Chunk,
    ChunkChoice,
    Completion,
    Delta,
    Head,
    Logprobs,
    Reason,
    usage_of,
)
from local_server.chat.structured.formats import ChatFormat, wanted
from local_server.chat.tools.definitions import Offer, Tools, offered
from local_server.chat.tools.messages import Message, asked
from local_server.chat.tools.pieces import Collected, delta, reason_of
from local_server.generation.messages import PromptToken, Token
from local_server.http.answers import EventStream, Json
from local_server.http.errors import ApiError
from local_server.http.requests import Body, Seed, Temperature, TheSettings, TheStore, TopP
from local_server.store import new_id

Penalty = Annotated[float, Field(ge=-2, le=2)]


class StreamOptions(Body):
    """What a stream holds besides the answer."""

    include_usage: bool = False
    include_obfuscation: bool = False


class CreateCompletion(Accepted, Tools):
    """The body of `chat.completions.create`; ranges of OpenAI's openapi.yaml, read 2026-08-21."""

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
    response_format: ChatFormat | None = None
    # Additions of vLLM: `ChatCompletionRequest` in its chat_completion/protocol.py, read 2026-11-29.
    prompt_logprobs: TopLogprobs | None = None
    add_generation_prompt: bool | None = None
    continue_final_message: No | None = None
    echo: No | None = None
    # Accepted because they change nothing here; other parameters are refused by name.
    modalities: list[Literal["text"]] | None = None
    logit_bias: NoEntries | None = None
    reasoning_effort: Literal["none"] | None = None
    verbosity: Literal["medium"] | None = None

    def stops(self) -> list[str]:
        """The stop texts as a list without empty ones."""
        stops = [self.stop] if isinstance(self.stop, str) else self.stop or []
        return [stop for stop in stops if stop]

    def check(self) -> None:
        """Refuse what cannot be combined, in the words of OpenAI's answers in public bug reports (2025).

        Raises:
            ApiError: 400, for the first such pair.
        """
        if self.top_logprobs and not self.logprobs:
            message = "Invalid 'top_logprobs': it needs 'logprobs' to be true. Set it, or leave both out."
            raise ApiError(400, message, code="invalid_value", param="top_logprobs")
        if self.max_tokens is not None and self.max_completion_tokens is not None:
            message = (
                "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported. "
                "Leave one of them out."
            )
            raise ApiError(400, message, code="invalid_parameter_combination", param="max_tokens")
        if self.prompt_logprobs is not None and self.stream:
            message = (
                "'prompt_logprobs' are not available when 'stream' is true. Leave 'stream' out, or "
                "'prompt_logprobs'."
            )
            raise ApiError(400, message, code="invalid_parameter_combination", param="prompt_logprobs")
        asked = self.stream_options is not None and self.stream_options.model_dump(exclude_defaults=True)
        if asked and not self.stream:
            message = (
                "The 'stream_options' parameter is only allowed when 'stream' is enabled. Set 'stream' to "
                "true, or leave both out."
            )
            raise ApiError(400, message, param="stream_options")


async def create(
    request: Request, settings: TheSettings, store: TheStore, body: CreateCompletion
) -> Json[Completion] | EventStream | Response:
    """Answer a chat with a base model, a fine-tuned model or a checkpoint."""
    body.check()
    n = body.n or 1
    form = wanted(body.response_format, of_chat=True)
    offer = offered(body)
    question = answering.question(
        settings,
        store,
        body.model,
        asked(body.messages),
        max_tokens=body.max_completion_tokens or body.max_tokens,
        temperature=body.temperature,
        top_p=body.top_p,
        seed=body.seed,
        stop=body.stops(),
        n=n,
        top_logprobs=(body.top_logprobs or 0) if body.logprobs else None,
        frequency_penalty=body.frequency_penalty or 0.0,
        presence_penalty=body.presence_penalty or 0.0,
        stream=bool(body.stream or body.logprobs),
        form=form,
        offer=offer,
        start=body.add_generation_prompt is not False,
        prompt_logprobs=body.prompt_logprobs,
    )
    replies = answering.replies(request.app.state.worker, question, "messages", form, offer)
    head: Head = {
        "id": new_id("chatcmpl-", 29),
        "created": int(time.time()),
        "model": answering.name_in_answers(settings, store, body.model),
        "service_tier": "default",
        "system_fingerprint": None,
    }
    answer = _Answer(head, n, bool(body.logprobs), offer)
    if not body.stream:
        return await answering.whole(request, answer.whole(replies))
    with_usage = body.stream_options is not None and body.stream_options.include_usage
    return await answering.streamed(replies, partial(answer.events, with_usage))


@dataclass
class _Answer:
    """What turns the replies of the chat process into an answer of the API.

    Attributes:
        head: What stands in every part of it.
        n: Number of choices.
        with_logprobs: Whether log probabilities were asked for.
        offer: What it may call.
    """

    head: Head
    n: int
    with_logprobs: bool
    offer: Offer

    def _logprobs(self, tokens: list[Token]) -> Logprobs | None:
        return {"content": tokens, "refusal": None} if self.with_logprobs else None

    async def whole(self, replies: Replies) -> Completion:
        collected = [Collected() for _ in range(self.n)]
        prompt: list[PromptToken] = []
        async for reply in replies:
            if reply["kind"] == "text":
                collected[reply["index"]].add(reply)
                prompt += reply.get("prompt", [])
            else:
                done = reply
        choices: list[Choice] = [
            {
                "index": index,
                "message": one.message(is_old=self.offer.is_old),
                "logprobs": self._logprobs(one.tokens),
                "finish_reason": reason_of(done["finish_reasons"][index], self.offer),
            }
            for index, one in enumerate(collected)
        ]
        answer: Completion = {
            **self.head, "object": "chat.completion", "choices": choices, "usage": usage_of(done)
        }  # fmt: skip
        # Not empty, where it was asked for: a prompt has a token.
        return {**answer, "prompt_logprobs": prompt} if prompt else answer

    async def events(self, with_usage: bool, replies: Replies) -> AsyncIterator[str]:
        try:
            async for chunk in self._chunks(with_usage, replies):
                yield f"data: {json.dumps(chunk)}\n\n"
        except ApiError as error:
            # The status line has gone out already; the SDK raises APIError for this event.
            yield f"data: {json.dumps(error.body)}\n\n"
            return
        yield "data: [DONE]\n\n"

    async def _chunks(self, with_usage: bool, replies: Replies) -> AsyncIterator[Chunk]:
        def chunk(*choices: ChunkChoice) -> Chunk:
            made: Chunk = {**self.head, "object": "chat.completion.chunk", "choices": list(choices)}
            return {**made, "usage": None} if with_usage else made

        def choice(
            index: int, delta: Delta, tokens: list[Token] | None = None, reason: Reason | None = None
        ) -> ChunkChoice:
            logprobs = None if tokens is None else self._logprobs(tokens)
            return {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": reason}

        # Whether there will be text is not known yet where the answer may call.
        first = "" if self.offer.calls is None else None
        for index in range(self.n):
            yield chunk(choice(index, {"role": "assistant", "content": first, "refusal": None}))
        async for reply in replies:
            if reply["kind"] == "text":
                if reply["text"] or reply["logprobs"]:
                    yield chunk(choice(reply["index"], {"content": reply["text"]}, reply["logprobs"]))
                for piece in reply["calls"]:
                    yield chunk(choice(reply["index"], delta(piece, is_old=self.offer.is_old)))
            else:
                done = reply
        for index, reason in enumerate(done["finish_reasons"]):
            yield chunk(choice(index, {}, reason=reason_of(reason, self.offer)))
        if with_usage:
            yield {**chunk(), "usage": usage_of(done)}
