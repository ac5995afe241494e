"""One answer while it grows in the chat process: its text, where it ends, and its log probabilities."""

from functools import cache

import torch
from transformers import PreTrainedTokenizerBase
from transformers.convert_slow_tokenizer import bytes_to_unicode

from local_server.generation.messages import Candidate, FinishReason, Token

# "Otherwise, the value -9999.0 is used to signify that the token is very unlikely" (openai 3.54).
_VERY_UNLIKELY = -9999.0


class Answer:
    """The text of one choice while it grows.

    Args:
        tokenizer: Turns tokens into text.
        end_tokens: Tokens that end the answer and do not appear in it.
        stop: Texts that end the answer and do not appear in it.
        limit: Largest number of tokens, at least 1.
        live: Whether `take` must have text before the end. Text at the end alone costs less.

    Attributes:
        count: Tokens so far, the one that ended the answer included.
        finish_reason: Why the answer has ended; None while it grows.
    """

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        end_tokens: set[int],
        stop: list[str],
        limit: int,
        live: bool,
    ) -> None:
        self._tokenizer = tokenizer
        self._end_tokens = end_tokens
        self._stop = stop
        self._limit = limit
        self._live = live or bool(stop)
        self._tokens: list[int] = []
        self._text = ""
        self._safe = 0
        self._sent = 0
        self._logprobs: list[tuple[int, Token]] = []
        self.count = 0
        self.finish_reason: FinishReason | None = None

    def add(self, token: int, logprob: Token | None = None) -> None:
        """Take one token.

        Args:
            token: Chosen by the batch.
            logprob: Its log probability, where the client asked for it.
        """
        self.count += 1
        if token in self._end_tokens:
            self._finish("stop")
            return
        self._tokens.append(token)
        if logprob is not None:
            self._logprobs.append((len(self._text.rstrip("\ufffd")), logprob))
        if self._live:
            self._text = self._decoded()
            if found := [place for stop in self._stop if (place := self._text.find(stop)) >= 0]:
                self._text = self._text[: min(found)]
                self._logprobs = [entry for entry in self._logprobs if entry[0] < len(self._text)]
                self._safe = len(self._text)
                self.finish_reason = "stop"
                return
            held = max((_overlap(self._text, stop) for stop in self._stop), default=0)
            self._safe = max(self._sent, len(self._text[: len(self._text) - held].rstrip("\ufffd")))
        if self.count == self._limit:
            self._finish("length")

    def take(self) -> tuple[str, list[Token]]:
        """Take what is new since the last call.

        Text is held back while a stop text or a character may be half done.

        Returns:
            Text, and the log probabilities of the tokens in it.
        """
        piece = self._text[self._sent : self._safe]
        self._sent = self._safe
        ready = [
            entry for begin, entry in self._logprobs if begin < self._sent or self.finish_reason is not None
        ]
        self._logprobs = self._logprobs[len(ready) :]
        return piece, ready

    def _finish(self, reason: FinishReason) -> None:
        self.finish_reason = reason
        self._text = self._decoded()
        self._safe = len(self._text)

    def _decoded(self) -> str:
        return _decoded(self._tokenizer, self._tokens, skip_special_tokens=True)


def _overlap(text: str, stop: str) -> int:
    """How many characters at the end of `text` may be the beginning of `stop`."""
    return next((size for size in range(len(stop) - 1, 0, -1) if text.endswith(stop[:size])), 0)


def logprob(tokenizer: PreTrainedTokenizerBase, scores: torch.Tensor, token: int, top: int) -> Token:
    """Give the log probability of a token and of the best ones, as OpenAI's clients read them.

    Args:
        tokenizer: Spells the tokens.
        scores: The model's scores of the vocabulary, before temperature and penalties.
        token: The token that was chosen.
        top: How many of the best tokens to list, 0 to 20.

    Returns:
        token, bytes, logprob and top_logprobs.
    """
    logprobs = scores.log_softmax(dim=-1)

    def entry(token: int) -> Candidate:
        spelled = _spelled(tokenizer, token)
        return {
            "token": spelled.decode(errors="replace"),
            "bytes": list(spelled),
            "logprob": max(float(logprobs[token]), _VERY_UNLIKELY),
        }

    best = logprobs.topk(min(top, len(logprobs))).indices.tolist() if top else []
    return {**entry(token), "top_logprobs": [entry(other) for other in best]}


def _spelled(tokenizer: PreTrainedTokenizerBase, token: int) -> bytes:
    """The bytes of one token: a part of a character has no text of its own."""
    text = tokenizer.convert_ids_to_tokens(token)
    if type(tokenizer.backend_tokenizer.decoder).__name__ == "ByteLevel":
        return bytes(byte for character in text for byte in _byte_of()[character])
    return _decoded(tokenizer, [token]).encode()


def _decoded(
    tokenizer: PreTrainedTokenizerBase, tokens: list[int], *, skip_special_tokens: bool = False
) -> str:
    text = tokenizer.decode(tokens, skip_special_tokens=skip_special_tokens)
    # Only many sequences at once give a list.
    assert isinstance(text, str)
    return text


@cache
def _byte_of() -> dict[str, bytes]:
    return {character: bytes([byte]) for byte, character in bytes_to_unicode().items()}
