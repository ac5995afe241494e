"""What chat and responses share: a question to the chat process, its replies, and the ways they leave."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import aclosing
from typing import Annotated, Any, TypeVar

from fastapi import Request, Response
from pydantic import Field

from local_server.chat.structured.formats import FREE_TEXT, Format
from local_server.chat.tools.definitions import NO_OFFER, Offer
from local_server.chat.worker import Worker, WorkerDied
from local_server.generation.messages import Done, Question, Text
from local_server.http.answers import EventStream, Json
from local_server.http.errors import ApiError, model_not_found, server_error
from local_server.jobs.models import find_model
from local_server.settings import Settings
from local_server.store import Store

T = TypeVar("T")
Replies = AsyncIterator[Text | Done]
TopLogprobs = Annotated[int, Field(ge=0, le=20)]


def question(
    settings: Settings,
    store: Store,
    model: str,
    messages: Sequence[Mapping[str, Any]],
    *,
    max_tokens: int | None,
    temperature: float | None,
    top_p: float | None,
    stream: bool,
    form: Format = FREE_TEXT,
    offer: Offer = NO_OFFER,
    seed: int | None = None,
    stop: Sequence[str] = (),
    n: int = 1,
    top_logprobs: int | None = None,
    frequency_penalty: float = 0.0,
    presence_penalty: float = 0.0,
    start: bool = True,
    prompt_logprobs: int | None = None,
) -> Question:
    """Make what the chat process reads, of what a client may leave out.

    Args:
        settings: Where models lie.
        store: Which models exist.
        model: A base model, its alias, a fine-tuned model or a checkpoint.
        messages: From `plain` or `with_calls` of the rows.
        max_tokens: None for as many as there is room for.
        temperature: None for 1, the API's default.
        top_p: None for 1, the API's default.
        stream: Whether text is wanted before the end.
        form: What the answer has to be.
        offer: What it may call.
        seed: None draws one.
        stop: Texts that end an answer.
        n: Number of choices.
        top_logprobs: How many log probabilities go with a token; None for none at all.
        frequency_penalty: -2 to 2.
        presence_penalty: -2 to 2.
        start: Whether the prompt ends with the beginning of an answer.
        prompt_logprobs: How many of the best tokens are told for each token of the prompt; None for nothing.

    Returns:
        The question.

    Raises:
        ApiError: 404 for a model that is not here; 400 where JSON mode is not told of JSON.
    """
    found = find_model(settings, store, model)
    if found is None:
        raise model_not_found(model)
    form.check(messages)
    asked: Question = {
        "folder": str(found.folder),
        "messages": [dict(message) for message in messages],
        "tools": offer.definitions,
        "calls": offer.calls,
        "max_tokens": max_tokens,
        "temperature": 1.0 if temperature is None else temperature,
        "top_p": 1.0 if top_p is None else top_p,
        "seed": seed,
        "stop": list(stop),
        "n": n,
        "stream": stream,
        "top_logprobs": top_logprobs,
        "frequency_penalty": frequency_penalty,
        "presence_penalty": presence_penalty,
        "schema": form.schema,
        "start": start,
        "prompt_logprobs": prompt_logprobs,
    }
    if store.project is not None:
        asked["project"] = store.project
    return asked


def name_in_answers(settings: Settings, store: Store, model: str) -> str:
    """The name that answers give a model: the client's own, or its dated one as at OpenAI."""
    found = find_model(settings, store, model)
    return model if found is None else found.model["id"]


async def replies(
    worker: Worker,
    question: Question,
    param: str,
    form: Format = FREE_TEXT,
    offer: Offer = NO_OFFER,
) -> AsyncGenerator[Text | Done]:
    """Ask the chat process.

    Args:
        worker: The chat process.
        question: From `question`.
        param: What the client calls the prompt: `messages` or `input`.
        form: What the answer has to be.
        offer: What it may call.

    Yields:
        `text` replies, then `done`.

    Raises:
        ApiError: The prompt is too long, too much is to be told of it, no answer can follow the schema, the
            model cannot answer, or the process died.
    """
    try:
        async with aclosing(worker.ask(question)) as asked:
            async for reply in asked:
                if reply["kind"] == "error":
                    if reply["code"] == "context_length_exceeded":
                        raise ApiError(400, reply["message"], code=reply["code"], param=param)
                    if reply["code"] == "too_much_told":
                        raise ApiError(400, reply["message"], code="invalid_value", param="prompt_logprobs")
                    if reply["code"] == "invalid_json_schema":
                        function = reply.get("function")
                        if offer.calls is not None and (function is not None or form.schema is None):
                            raise offer.refused(reply["message"], function)
                        raise form.refused(reply["message"])
                    raise server_error(reply["message"], code=reply["code"])
                yield reply
    except WorkerDied:
        message = (
            "The process that generates text ended in the middle of the answer. Ask again: a new one starts."
        )
        raise server_error(message, code="worker_died") from None


async def whole(request: Request, answer: Coroutine[None, None, T]) -> Json[T] | Response:
    """Wait for an answer, but not longer than the client does.

    Args:
        request: Tells when the client goes away.
        answer: Makes the body. It is cancelled when nobody waits for it any more.

    Returns:
        The answer, or an empty one that nobody reads.
    """
    answering = asyncio.ensure_future(answer)
    leaving = asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if answering.done():
            return await Json.in_pieces(answering.result())
        # It is what nginx writes into its log for this; no one reads it.
        return Response(status_code=499)
    finally:
        leaving.cancel()
        answering.cancel()


async def _left(request: Request) -> None:
    # The body has been read, so the next message that is no part of it says that the client is gone.
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def streamed(
    replies: AsyncGenerator[Text | Done], events: Callable[[Replies], AsyncIterator[str]]
) -> EventStream:
    """Stream an answer as server-sent events.

    Args:
        replies: From `replies`. A client that goes away closes them.
        events: Turns replies into the lines of the stream.

    Returns:
        The stream.

    Raises:
        ApiError: The first reply is a refusal. It is awaited here, so that it is still an HTTP error.
    """
    first = await anext(replies)

    async def all_replies() -> Replies:
        yield first
        async for reply in replies:
            yield reply

    async def lines() -> AsyncIterator[str]:
        async with aclosing(replies):
            async for line in events(all_replies()):
                yield line

    return EventStream(lines())
