"""Answers many requests side by side: between two tokens, new ones join and those that have ended leave."""

import traceback
from collections.abc import Iterator
from pathlib import Path

from local_server.generation.answer import logprob
from local_server.generation.batch import Batch
from local_server.generation.messages import CallPiece, Cancel, ErrorCode, Failure, NumberedQuestion, Reply
from local_server.generation.models import Models
from local_server.generation.request import Request, TooLong, TooMuchTold
from local_server.generation.row import Piece
from local_server.generation.scoring import Scoring, Scorings
from local_server.generation.structured.trial import Refused, in_words
from local_server.generation.turns import Turns

Prepared = Request | Failure | Cancel


class Generator:
    """Answers many requests side by side; `turns.py` says who joins when.

    Args:
        models: Where models come from.
    """

    def __init__(self, models: Models) -> None:
        self._models = models
        self._turns = Turns()
        self._requests: dict[int, Request] = {}
        self._batches: dict[tuple[str, int], Batch] = {}
        # Prompts whose tokens are told before their rows wait.
        self._scorings = Scorings()

    @property
    def busy(self) -> bool:
        """Whether there is anything to do without a new message."""
        return bool(self._requests)

    def give_memory_back(self) -> None:
        """Let models leave that nobody has used for long."""
        self._models.give_back({request.loaded.folder for request in self._requests.values()})

    def prepare(self, message: NumberedQuestion | Cancel) -> Prepared:
        """Load the model of a question and read its text into tokens.

        It may run beside `step`, in one other thread: nobody's next token waits for a long text.

        Args:
            message: From the server.

        Returns:
            What `take` takes; an error when the question can never be answered.
        """
        if "cancel" in message:
            return message
        try:
            return Request(message, self._models.get(message["folder"]))
        except TooLong as error:
            return _error(message["id"], "context_length_exceeded", str(error))
        except TooMuchTold as error:
            return _error(message["id"], "too_much_told", str(error))
        except Exception as error:
            return _failure(message["id"], message["folder"], error)

    def constrain(self, request: Request) -> Prepared:
        """Compile what an answer may be: its schema, and its tools.

        It may run beside everything else, in one thread of its own.

        Args:
            request: From `prepare`, with a schema or tools.

        Returns:
            The request; an error when no answer can follow a schema of it.
        """
        try:
            # llguidance, only where it is needed.
            from local_server.generation.tools.compiled import compiled_for

            compiled = compiled_for(request)
        except Refused as error:
            return _unsupported(request.id, str(error), error.function)
        except Exception as error:
            traceback.print_exception(error)
            message = (
                f"The schema of the answer could not be tried: {type(error).__name__}: {error}. If a package "
                "is missing, install the course with its extra `local` again; the file generate.log in the "
                "server's state folder has the details."
            )
            return _error(request.id, "model_error", message)
        for row in request.rows:
            row.constraint = compiled.copy()
        return request

    def take(self, prepared: Prepared) -> Iterator[Reply]:
        """Take a question, or drop one that is to be cancelled.

        Args:
            prepared: From `prepare`, in the same order.

        Yields:
            An error when the question can never be answered.
        """
        if isinstance(prepared, Request):
            self._requests[prepared.id] = prepared
            if prepared.prompt_logprobs is None:
                self._turns.wait(prepared.rows)
            else:
                self._scorings.add(
                    prepared.id, Scoring(prepared.loaded, prepared.prompt, prepared.prompt_logprobs)
                )
        elif "kind" in prepared:
            yield prepared
        else:
            self._drop({prepared["cancel"]})

    def step(self) -> Iterator[list[Reply]]:
        """Read what was chosen last and a part of the prompts that wait, and choose everybody's next token.

        What is new leaves before more is read: a client waits for no work that only others need.

        Yields:
            What is new for the server, after each reading.
        """
        yield list(self._score())
        pieces, leaving = self._turns.next([row for batch in self._batches.values() for row in batch.rows])
        for batch in self._batches.values():
            batch.keep([place for place, row in enumerate(batch.rows) if row not in leaving])
        for batch in list(self._batches.values()):
            yield list(self._advance(batch))
        for key, some in self._by_batch(pieces).items():
            yield from self._read(key, some)
        self._batches = {key: batch for key, batch in self._batches.items() if not batch.empty}

    def _score(self) -> Iterator[Reply]:
        """Tell one piece of a prompt, where it is time for one."""
        if (found := self._scorings.next(growing=bool(self._batches))) is None:
            return
        number, scoring = found
        try:
            told = scoring.piece()
        except Exception as error:
            yield from self._failed({number}, error)
            return
        yield {
            "id": number, "kind": "text", "index": 0, "text": "", "logprobs": [], "calls": [], "prompt": told
        }  # fmt: skip
        if scoring.ended:
            self._scorings.drop(number)
            self._turns.wait(self._requests[number].rows)

    def _by_batch(self, pieces: list[Piece]) -> dict[tuple[str, int], list[Piece]]:
        found: dict[tuple[str, int], list[Piece]] = {}
        for piece in pieces:
            # Another choice of the same request may just have failed.
            if request := self._requests.get(piece.prompt.request):
                found.setdefault(request.batch_key(piece.prompt.tokens), []).append(piece)
        return found

    def _advance(self, batch: Batch) -> Iterator[Reply]:
        try:
            batch.advance()
        except Exception as error:
            yield from self._failed({row.request for row in batch.rows}, error)
        yield from self._grow(batch)

    def _read(self, key: tuple[str, int], pieces: list[Piece]) -> Iterator[list[Reply]]:
        # A request may have failed by now.
        pieces = [piece for piece in pieces if piece.prompt.request in self._requests]
        if not pieces:
            return
        model = self._requests[pieces[0].prompt.request].loaded.model
        try:
            for read in self._batches.setdefault(key, Batch(model)).join(pieces):
                yield list(self._grow(read))
        except Exception as error:
            yield list(self._failed({piece.prompt.request for piece in pieces}, error))

    def _grow(self, batch: Batch) -> Iterator[Reply]:
        # Another choice of a request may just have failed.
        batch.drop({row.request for row in batch.rows} - self._requests.keys())
        try:
            yield from self._choose(batch)
        except Exception as error:
            failed = {row.request for row in batch.rows}
            yield from self._failed(failed, error)
            batch.drop(failed)

    def _choose(self, batch: Batch) -> Iterator[Reply]:
        for number, error in batch.constrain().items():
            yield _unsupported(number, f"In context=(), {in_words(str(error))}.")
            self._drop({number})
            batch.drop({number})
        if not batch.rows:
            return
        tokens = batch.tokens()
        for place, (row, token) in enumerate(zip(batch.rows, tokens, strict=True)):
            request = self._requests[row.request]
            entry = None
            if row.top_logprobs is not None:
                entry = logprob(request.loaded.tokenizer, batch.scores[place], token, row.top_logprobs)
            row.answer.add(token, entry)
            if not request.stream and row.answer.finish_reason is None:
                continue
            text, logprobs = row.answer.take()
            calls: list[CallPiece] = []
            if row.reader is not None:
                ended = row.answer.finish_reason is not None
                text, calls, logprobs = row.reader.take(text, logprobs, ended)
            if text or logprobs or calls:
                yield {
                    "id": request.id, "kind": "text", "index": row.index, "text": text, "logprobs": logprobs,
                    "calls": calls,
                }  # fmt: skip
            if row.answer.finish_reason is not None and (done := request.done()):
                del self._requests[request.id]
                yield done
        batch.keep([place for place, row in enumerate(batch.rows) if row.answer.finish_reason is None])

    def _failed(self, ids: set[int], error: Exception) -> Iterator[Reply]:
        for number in ids & self._requests.keys():
            yield _failure(number, self._requests[number].loaded.folder, error)
        self._drop(ids)

    def _drop(self, ids: set[int]) -> None:
        self._turns.drop(ids)
        for batch in self._batches.values():
            batch.drop(ids)
        for number in ids:
            self._requests.pop(number, None)
            self._scorings.drop(number)


def _unsupported(number: int, message: str, function: str | None = None) -> Failure:
    failure = _error(number, "invalid_json_schema", message)
    return failure if function is None else {**failure, "function": function}


def _failure(number: int, folder: str, error: Exception) -> Failure:
    traceback.print_exception(error)
    message = (
        f"The model in '{Path(folder).name}' cannot answer: {type(error).__name__}: {error}. "
        "Its weights may be damaged; the file generate.log in the server's state folder has the details."
    )
    return _error(number, "model_error", message)


def _error(number: int, code: ErrorCode, message: str) -> Failure:
    return {"id": number, "kind": "error", "code": code, "message": message}
