"""Answers many requests side by side: between two tokens, new ones join and those that have ended leave."""

import traceback
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from local_server.generation.answer import logprob
from local_server.generation.batch import Batch
from local_server.generation.messages import Cancel, Failure, NumberedQuestion, Reply
from local_server.generation.models import Models
from local_server.generation.request import Request, TooLong

# Rows that grow at the same time. More would make every answer slower and none faster.
MAX_ROWS = 64
# Tokens of keys and values that all rows together may come to, padding included: 650 MB for the tiny model.
MAX_CELLS = 64 * 1024
# Prompt tokens that are read before the running answers get their next token: 0.2 s for the tiny model.
MAX_PROMPT_TOKENS = 2048


class Generator:
    """Answers many requests side by side, first come first served when there is no room.

    Args:
        models: Where models come from.
    """

    def __init__(self, models: Models) -> None:
        self._models = models
        self._waiting: deque[Request] = deque()
        self._running: dict[int, Request] = {}
        self._batches: dict[tuple[str, int], Batch] = {}

    @property
    def busy(self) -> bool:
        """Whether there is anything to do without a new message."""
        return bool(self._waiting or self._running)

    def take(self, message: NumberedQuestion | Cancel) -> Iterator[Reply]:
        """Take a question, or drop one that is to be cancelled.

        Args:
            message: From the server.

        Yields:
            An error when the question can never be answered.
        """
        if "cancel" in message:
            self._drop({message["cancel"]})
            return
        try:
            self._waiting.append(Request(message, self._models.get(message["folder"])))
        except TooLong as error:
            yield {
                "id": message["id"],
                "kind": "error",
                "code": "context_length_exceeded",
                "message": str(error),
            }
        except Exception as error:
            yield _failure(message["id"], message["folder"], error)

    def step(self) -> Iterator[Reply]:
        """Let waiting requests join where there is room, then grow every answer by one token.

        Yields:
            What is new for the server.
        """
        admitted: dict[tuple[str, int], list[Request]] = {}
        tokens = 0
        while self._waiting and self._fits(self._waiting[0]) and tokens < MAX_PROMPT_TOKENS:
            request = self._waiting.popleft()
            self._running[request.id] = request
            admitted.setdefault(request.batch_key, []).append(request)
            tokens += len(request.prompt)
        for key, requests in admitted.items():
            batch = self._batches.setdefault(key, Batch(requests[0].loaded.model))
            try:
                batch.join([(request.prompt, request.rows) for request in requests])
            except Exception as error:
                yield from self._failed({request.id for request in requests}, error)
        for batch in list(self._batches.values()):
            try:
                yield from self._grow(batch)
            except Exception as error:
                yield from self._failed({row.request for row in batch.rows}, error)
        self._batches = {key: batch for key, batch in self._batches.items() if batch.rows}

    def _fits(self, request: Request) -> bool:
        rows = sum(len(running.rows) for running in self._running.values()) + len(request.rows)
        widest = max((running.cells for running in self._running.values()), default=0)
        # Whatever asks for more than there is room for runs alone.
        return not self._running or (rows <= MAX_ROWS and rows * max(widest, request.cells) <= MAX_CELLS)

    def _grow(self, batch: Batch) -> Iterator[Reply]:
        if not batch.rows:
            return
        tokens = batch.tokens()
        for place, (row, token) in enumerate(zip(batch.rows, tokens, strict=True)):
            request = self._running[row.request]
            entry = None
            if row.top_logprobs is not None:
                entry = logprob(request.loaded.tokenizer, batch.scores[place], token, row.top_logprobs)
            row.answer.add(token, entry)
            if not request.stream and row.answer.finish_reason is None:
                continue
            text, logprobs = row.answer.take()
            if text or logprobs:
                yield {
                    "id": request.id,
                    "kind": "text",
                    "index": row.index,
                    "text": text,
                    "logprobs": logprobs,
                }
            if row.answer.finish_reason is not None and (done := request.done()):
                del self._running[request.id]
                yield done
        going_on = [place for place, row in enumerate(batch.rows) if row.answer.finish_reason is None]
        batch.keep(going_on)
        if batch.rows:
            batch.advance([tokens[place] for place in going_on])

    def _failed(self, ids: set[int], error: Exception) -> Iterator[Reply]:
        for number in ids & self._running.keys():
            yield _failure(number, self._running[number].loaded.folder, error)
        self._drop(ids)

    def _drop(self, ids: set[int]) -> None:
        self._waiting = deque(request for request in self._waiting if request.id not in ids)
        for batch in self._batches.values():
            batch.keep([place for place, row in enumerate(batch.rows) if row.request not in ids])
        for number in ids:
            self._running.pop(number, None)


def _failure(number: int, folder: str, error: Exception) -> Failure:
    traceback.print_exception(error)
    message = (
        f"The model in '{Path(folder).name}' cannot answer: {type(error).__name__}: {error}. "
        "Its weights may be damaged; the file generate.log in the server's state folder has the details."
    )
    return {"id": number, "kind": "error", "code": "model_error", "message": message}
