"""The chat process: reads requests as JSON lines on stdin, writes pieces of text as JSON lines on stdout.

Started by worker.py. It ends when stdin closes, so it never outlives the server.
"""

import json
import secrets
import sys
import traceback
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

Loaded = tuple[PreTrainedModel, PreTrainedTokenizerBase]


class Models:
    """Loaded models; the one not used for longest leaves first.

    Args:
        capacity: How many stay in memory.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._loaded: OrderedDict[str, Loaded] = OrderedDict()

    def get(self, folder: str) -> Loaded:
        """The model and tokenizer of a folder, in float32."""
        if folder not in self._loaded:
            model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
            self._loaded[folder] = (model, AutoTokenizer.from_pretrained(folder))
            if len(self._loaded) > self._capacity:
                self._loaded.popitem(last=False)
        self._loaded.move_to_end(folder)
        return self._loaded[folder]


class Answer:
    """The text of one choice while it grows.

    Args:
        tokenizer: Turns tokens into text.
        stop: Texts that end the answer and do not appear in it.
        end_tokens: Tokens that end the answer.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, stop: list[str], end_tokens: set[int]) -> None:
        self._tokenizer = tokenizer
        self._stop = stop
        self._end_tokens = end_tokens
        self._tokens: list[int] = []
        self._sent = 0
        self.finish_reason: str | None = None
        self.count = 0

    def add(self, token: int) -> str:
        """Take one token.

        Returns:
            The text that is safe to send by now; "" while a stop text or a character may be half done.
        """
        self.count += 1
        if token in self._end_tokens:
            return self.finish("stop")
        self._tokens.append(token)
        text = self._text()
        if found := [place for stop in self._stop if (place := text.find(stop)) >= 0]:
            self.finish_reason = "stop"
            return self._send(text[: min(found)])
        held = max((_overlap(text, stop) for stop in self._stop), default=0)
        return self._send(text[: len(text) - held].rstrip("\ufffd"))

    def finish(self, reason: str) -> str:
        """End the answer and return what was held back."""
        self.finish_reason = reason
        return self._send(self._text())

    def _text(self) -> str:
        return self._tokenizer.decode(self._tokens, skip_special_tokens=True)

    def _send(self, text: str) -> str:
        piece = text[self._sent :]
        self._sent = max(self._sent, len(text))
        return piece


def _overlap(text: str, stop: str) -> int:
    """How many characters at the end of `text` may be the beginning of `stop`."""
    return next((size for size in range(len(stop) - 1, 0, -1) if text.endswith(stop[:size])), 0)


def end_tokens(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> set[int]:
    """Every token that ends a turn, from the model's and the tokenizer's own settings."""
    configured = model.generation_config.eos_token_id
    listed = configured if isinstance(configured, list) else [configured]
    return {token for token in [*listed, tokenizer.eos_token_id] if token is not None}


def pick(logits: torch.Tensor, temperature: float, top_p: float, rng: torch.Generator) -> int:
    """Choose the next token.

    Args:
        logits: Scores of the vocabulary, shape (vocabulary,).
        temperature: 0 takes the best token; up to 2, larger is wilder.
        top_p: Share of probability to choose from, 0 to 1.
        rng: Source of chance; the same seed gives the same text.
    """
    if temperature == 0:
        return int(logits.argmax())
    # Below 1e-4 the softmax of a division would overflow; the best token then has all the weight anyway.
    weights, tokens = torch.softmax(logits / max(temperature, 1e-4), dim=-1).sort(descending=True)
    before = weights.cumsum(dim=-1) - weights
    weights[before > top_p] = 0
    return int(tokens[torch.multinomial(weights, 1, generator=rng)])


@torch.inference_mode()
def generate(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, request: dict[str, Any]
) -> Iterator[dict]:
    """Answer one request token by token, its `n` choices side by side in one batch.

    Args:
        model: The loaded model.
        tokenizer: Its tokenizer, with a chat template.
        request: messages, max_tokens (or None), temperature, top_p, seed (or None), stop (list), n.

    Yields:
        `text` replies with index and piece, then one `done` with finish reasons and token counts.
    """
    chat = tokenizer.apply_chat_template(request["messages"], tokenize=False, add_generation_prompt=True)
    prompt = tokenizer(chat, add_special_tokens=False, return_tensors="pt").input_ids
    room = model.config.max_position_embeddings - prompt.shape[1]
    if room < 1:
        yield {
            "kind": "error",
            "code": "context_length_exceeded",
            "message": _too_long(model, prompt.shape[1]),
        }
        return
    n, seed = request["n"], request["seed"]
    seed = secrets.randbelow(2**31) if seed is None else seed
    rngs = [torch.Generator().manual_seed((seed + index) % 2**63) for index in range(n)]
    answers = [Answer(tokenizer, request["stop"], end_tokens(model, tokenizer)) for _ in range(n)]
    output = model(prompt.repeat(n, 1), use_cache=True, logits_to_keep=1)
    for left in range(min(request["max_tokens"] or room, room), 0, -1):
        scores = output.logits[:, -1]
        tokens = [pick(scores[i], request["temperature"], request["top_p"], rngs[i]) for i in range(n)]
        for index, answer in enumerate(answers):
            if answer.finish_reason is None:
                piece = answer.add(tokens[index])
                if left == 1 and answer.finish_reason is None:
                    piece += answer.finish("length")
                if piece:
                    yield {"kind": "text", "index": index, "text": piece}
        if all(answer.finish_reason for answer in answers):
            break
        output = model(
            torch.tensor(tokens).unsqueeze(1), past_key_values=output.past_key_values, use_cache=True
        )
    yield {
        "kind": "done",
        "finish_reasons": [answer.finish_reason for answer in answers],
        "prompt_tokens": prompt.shape[1],
        "completion_tokens": sum(answer.count for answer in answers),
    }


def _too_long(model: PreTrainedModel, tokens: int) -> str:
    context = model.config.max_position_embeddings
    return (
        f"This model's maximum context length is {context} tokens. However, your messages resulted in "
        f"{tokens} tokens. Please reduce the length of the messages."
    )


def answer_line(models: Models, line: str) -> Iterator[dict]:
    """Answer one line of stdin. A model that cannot be loaded or run gives an error reply."""
    request = json.loads(line)
    try:
        model, tokenizer = models.get(request["folder"])
        yield from ({"id": request["id"]} | reply for reply in generate(model, tokenizer, request))
    except Exception as error:
        traceback.print_exc()
        message = (
            f"The model in '{Path(request['folder']).name}' cannot answer: {type(error).__name__}: {error}. "
            "Its weights may be damaged; the file generate.log in the server's state folder has the details."
        )
        yield {"id": request["id"], "kind": "error", "code": "model_error", "message": message}


def main() -> None:
    """Serve requests until stdin closes."""
    models = Models(int(sys.argv[1]))
    for line in sys.stdin:
        for reply in answer_line(models, line):
            print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
