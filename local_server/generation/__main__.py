"""The chat process: reads requests as JSON lines on stdin, writes pieces of text as JSON lines on stdout.

Started by worker.py. All requests are answered side by side: between two tokens, new ones join and
finished or cancelled ones leave. It ends when stdin closes, so it never outlives the server.
"""

import json
import queue
import secrets
import sys
import threading
import traceback
from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from local_server.generation.answer import Answer, logprob
from local_server.generation.batch import Batch, Row

# Rows that grow at the same time. More would make every answer slower and none faster.
MAX_ROWS = 64
# Tokens of keys and values that all rows together may come to, padding included: 650 MB for the tiny model.
MAX_CELLS = 64 * 1024
# Prompt tokens that are read before the running answers get their next token: 0.2 s for the tiny model.
MAX_PROMPT_TOKENS = 2048
# Up to this many bits of length, prompts share a batch. Next to a longer one they would be mostly padding.
_SHARED_BITS = 8


@dataclass(frozen=True)
class Loaded:
    """A model that is ready to answer.

    Args:
        folder: Where it was read from.
        model: In float32.
        tokenizer: With a chat template.
        end_tokens: Every token that ends a turn.
    """

    folder: str
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    end_tokens: set[int]

    @property
    def context(self) -> int:
        """Tokens of prompt and answer together that the model can read."""
        return self.model.config.max_position_embeddings


class Models:
    """Loaded models; the one not used for longest leaves first.

    Args:
        capacity: How many stay in memory.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._loaded: OrderedDict[str, Loaded] = OrderedDict()

    def get(self, folder: str) -> Loaded:
        """The model and tokenizer of a folder."""
        if folder not in self._loaded:
            self._loaded[folder] = load(folder)
            if len(self._loaded) > self._capacity:
                self._loaded.popitem(last=False)
        self._loaded.move_to_end(folder)
        return self._loaded[folder]


def load(folder: str) -> Loaded:
    """Read a model from safetensors, in float32.

    Raises:
        ValueError: Weights are missing. transformers would go on with randomly initialized weights.
    """
    model, report = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, use_safetensors=True, local_files_only=True, output_loading_info=True
    )
    if report["missing_keys"]:
        raise ValueError(f"weights are missing: {', '.join(sorted(report['missing_keys'])[:3])}")
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    configured = model.generation_config.eos_token_id
    listed = configured if isinstance(configured, list) else [configured]
    end_tokens = {token for token in [*listed, tokenizer.eos_token_id] if token is not None}
    return Loaded(folder, model.eval(), tokenizer, end_tokens)


class Request:
    """One request: its prompt, its rows, and what is known of its end.

    Args:
        asked: id, folder, messages, max_tokens (or None), temperature, top_p, seed (or None), stop
            (list), n, stream, top_logprobs (or None), frequency_penalty, presence_penalty. With log
            probabilities, `stream` must be true: the lines of a whole answer would be too long.
        loaded: The model that answers.

    Raises:
        TooLong: The prompt leaves no room for an answer.
    """

    def __init__(self, asked: dict[str, Any], loaded: Loaded) -> None:
        self.id = asked["id"]
        self.loaded = loaded
        self.prompt: list[int] = loaded.tokenizer.apply_chat_template(
            asked["messages"], add_generation_prompt=True, sanitize_control_tokens=True, return_dict=False
        )
        room = loaded.context - len(self.prompt)
        if room < 1:
            raise TooLong(loaded.context, len(self.prompt))
        limit = min(asked["max_tokens"] or room, room)
        self.cells = len(self.prompt) + limit
        self.stream: bool = asked["stream"]
        seed = secrets.randbelow(2**31) if asked["seed"] is None else asked["seed"]
        self.rows = [
            Row(
                request=self.id,
                index=index,
                answer=Answer(
                    loaded.tokenizer, loaded.end_tokens, asked["stop"], limit, live=asked["stream"]
                ),
                temperature=asked["temperature"],
                top_p=asked["top_p"],
                rng=torch.Generator().manual_seed((seed + index) % 2**63),
                frequency_penalty=asked["frequency_penalty"],
                presence_penalty=asked["presence_penalty"],
                top_logprobs=asked["top_logprobs"],
            )
            for index in range(asked["n"])
        ]

    @property
    def batch_key(self) -> tuple[str, int]:
        """Requests with the same key grow in one batch."""
        return self.loaded.folder, max(_SHARED_BITS, len(self.prompt).bit_length())

    def done(self) -> dict[str, Any] | None:
        """The last reply, once every row has ended."""
        reasons = [row.answer.finish_reason for row in self.rows]
        if None in reasons:
            return None
        return {
            "id": self.id,
            "kind": "done",
            "finish_reasons": reasons,
            "prompt_tokens": len(self.prompt),
            "completion_tokens": sum(row.answer.count for row in self.rows),
        }


class TooLong(Exception):
    """The prompt fills the model's context."""

    def __init__(self, context: int, tokens: int) -> None:
        super().__init__(
            f"This model's maximum context length is {context} tokens. However, your messages resulted in "
            f"{tokens} tokens. Please reduce the length of the messages."
        )


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

    def take(self, message: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Take a request, or `{"cancel": id}`; yields an error when it can never be answered."""
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

    def step(self) -> Iterator[dict[str, Any]]:
        """Let waiting requests join where there is room, then grow every answer by one token."""
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

    def _grow(self, batch: Batch) -> Iterator[dict[str, Any]]:
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

    def _failed(self, ids: set[int], error: Exception) -> Iterator[dict[str, Any]]:
        for number in ids & self._running.keys():
            yield _failure(number, self._running[number].loaded.folder, error)
        self._drop(ids)

    def _drop(self, ids: set[int]) -> None:
        self._waiting = deque(request for request in self._waiting if request.id not in ids)
        for batch in self._batches.values():
            batch.keep([place for place, row in enumerate(batch.rows) if row.request not in ids])
        for number in ids:
            self._running.pop(number, None)


def _failure(number: int, folder: str, error: Exception) -> dict[str, Any]:
    traceback.print_exception(error)
    message = (
        f"The model in '{Path(folder).name}' cannot answer: {type(error).__name__}: {error}. "
        "Its weights may be damaged; the file generate.log in the server's state folder has the details."
    )
    return {"id": number, "kind": "error", "code": "model_error", "message": message}


def _read_stdin(inbox: "queue.SimpleQueue[str | None]") -> None:
    for line in sys.stdin:
        inbox.put(line)
    inbox.put(None)


def main() -> None:
    """Serve requests until stdin closes."""
    generator = Generator(Models(int(sys.argv[1])))
    inbox: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    threading.Thread(target=_read_stdin, args=(inbox,), daemon=True).start()
    while True:
        replies: list[dict[str, Any]] = []
        # Wait for a message only when there is nothing else to do.
        while not inbox.empty() or not generator.busy:
            line = inbox.get()
            if line is None:
                return
            replies.extend(generator.take(json.loads(line)))
            if replies:
                break
        replies.extend(generator.step())
        if replies:
            sys.stdout.write("".join(json.dumps(reply) + "\n" for reply in replies))
            sys.stdout.flush()


if __name__ == "__main__":
    main()
