"""What chat and responses share: a question to the chat process, its replies, and the ways they leave."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import Field

from local_server.chat.models import find_model
from local_server.chat.worker import Worker, WorkerDied
from local_server.http.errors import ApiError, model_not_found, server_error
from local_server.settings import Settings
from local_server.store import Store

Replies = AsyncIterator[dict[str, Any]]
Temperature = Annotated[float, Field(ge=0, le=2)]
TopP = Annotated[float, Field(ge=0, le=1)]
Seed = Annotated[int, Field(ge=-(2**63), lt=2**63)]
TopLogprobs = Annotated[int, Field(ge=0, le=20)]


def plain(role: str, content: str | Sequence[Any]) -> dict[str, str]:
    """A message as the chat template reads it.

    Args:
        role: Of the client's message; `developer` is the newer name of `system`.
        content: Text, or parts that have a `text`.
    """
    text = content if isinstance(content, str) else "".join(part.text for part in content)
    return {"role": "system" if role == "developer" else role, "content": text}


def question(settings: Settings, store: Store, model: str, **sampling: object) -> dict[str, Any]:
    """What the chat process reads.

    Args:
        settings: Where models lie.
        store: Which models exist.
        model: The base model, a fine-tuned model or a checkpoint.
        **sampling: messages, max_tokens, temperature, top_p and stream; the rest has a default.

    Raises:
        ApiError: 404 for a model that is not here.
    """
    found = find_model(settings, store, model)
    if found is None:
        raise model_not_found(model)
    defaults = {
        "seed": None,
        "stop": [],
        "n": 1,
        "top_logprobs": None,
        "frequency_penalty": 0.0,
        "presence_penalty": 0.0,
    }
    return defaults | {"folder": str(found[1])} | sampling


async def replies(worker: Worker, question: dict[str, Any], param: str) -> Replies:
    """Ask the chat process.

    Args:
        worker: The chat process.
        question: From `question`.
        param: What the client calls the prompt: `messages` or `input`.

    Yields:
        `text` replies, then `done`.

    Raises:
        ApiError: The prompt is too long, the model cannot answer, or the process died.
    """
    try:
        async with aclosing(worker.ask(question)) as asked:
            async for reply in asked:
                if reply["kind"] == "error":
                    if reply["code"] == "context_length_exceeded":
                        raise ApiError(400, reply["message"], code=reply["code"], param=param)
                    raise server_error(reply["message"], code=reply["code"])
                yield reply
    except WorkerDied:
        message = (
            "The process that generates text ended in the middle of the answer. Ask again: a new one starts."
        )
        raise server_error(message, code="worker_died") from None


async def whole(request: Request, answer: Coroutine[Any, Any, dict[str, Any]]) -> Response:
    """Wait for an answer, but not longer than the client does.

    Args:
        request: Tells when the client goes away.
        answer: Makes the body. It is cancelled when nobody waits for it any more.
    """
    answering = asyncio.ensure_future(answer)
    leaving = asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
        # 499 is what nginx writes into its log for this; no one reads it.
        return JSONResponse(answering.result()) if answering.done() else Response(status_code=499)
    finally:
        leaving.cancel()
        answering.cancel()


async def _left(request: Request) -> None:
    # The body has been read, so the next message that is no part of it says that the client is gone.
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def streamed(replies: Replies, events: Callable[[Replies], AsyncIterator[str]]) -> StreamingResponse:
    """Stream an answer as server-sent events.

    Args:
        replies: From `replies`. A client that goes away closes them.
        events: Turns replies into the lines of the stream.

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

    return StreamingResponse(lines(), media_type="text/event-stream")
