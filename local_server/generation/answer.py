"""One answer while it grows in the chat process: its text, where it ends, and its log probabilities."""

from contextlib import suppress
from functools import cache

import torch

from local_server.generation.messages import Candidate, FinishReason, Token
from local_server.generation.text.tokenizer import TextTokenizer

# "Otherwise, the value -9999.0 is used to signify that the token is very unlikely" (openai 3.54).
VERY_UNLIKELY = -9999.0
# UTF-8 has no longer one.
_CHARACTER_BYTES = 4
# Tokens that are decoded again at most, where the text is made of characters or of bytes that are none.
_WINDOW = 32


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
        tokenizer: TextTokenizer,
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
        self._growing = GrowingText(tokenizer)
        # Text that no token can change any more is given to the client, or held because a stop text may
        # begin in it. Each token costs the same, however long the answer is.
        self._ready: list[str] = []
        self._held = ""
        self._safe = 0
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
            self._logprobs.append((self._safe + len(self._held), logprob))
        if self._live and self._stopped(self._growing.add(token)):
            return
        if self.count == self._limit:
            self._finish("length")

    def take(self) -> tuple[str, list[Token]]:
        """Take what is new since the last call.

        Text is held back while a stop text or a character may be half done.

        Returns:
            Text, and the log probabilities of the tokens in it.
        """
        piece = "".join(self._ready)
        self._ready = []
        ready = [
            entry for begin, entry in self._logprobs if begin < self._safe or self.finish_reason is not None
        ]
        self._logprobs = self._logprobs[len(ready) :]
        return piece, ready

    def _finish(self, reason: FinishReason) -> None:
        # What is left may hold a stop text too, where its last character was not known to be whole.
        rest = _decoded(self._tokenizer, self._tokens, skip_special_tokens=True)
        if not self._stopped(rest[self._safe + len(self._held) :]):
            self._give(len(self._held))
            self.finish_reason = reason

    def _stopped(self, new: str) -> bool:
        """Take text, and say whether a stop text ends the answer in it."""
        self._held += new
        if found := [place for stop in self._stop if (place := self._held.find(stop)) >= 0]:
            self._give(min(found))
            self._held = ""
            self._logprobs = [entry for entry in self._logprobs if entry[0] < self._safe]
            self.finish_reason = "stop"
            return True
        self._give(len(self._held) - max((overlap(self._held, stop) for stop in self._stop), default=0))
        return False

    def _give(self, size: int) -> None:
        self._ready.append(self._held[:size])
        self._held = self._held[size:]
        self._safe += size


class GrowingText:
    """The text of tokens that come one after the other, at the same cost for each.

    Only a window of the last tokens is decoded again. It begins where a character does, and a token before
    what is new: some tokenizers drop a space at the beginning of a text.

    Args:
        tokenizer: Turns tokens into text.
    """

    def __init__(self, tokenizer: TextTokenizer) -> None:
        self._tokenizer = tokenizer
        self._without_text = {
            token for token, added in tokenizer.added_tokens_decoder.items() if added.special
        }
        self._window: list[int] = []
        # Where in the window a character ended with its token, the last time that one did.
        self._boundary = 0
        self._given = 0

    def add(self, token: int) -> str:
        """Take one token.

        Args:
            token: The next one.

        Returns:
            What is new of the text that no further token can change. All of it together is the text of all
            tokens decoded at once, but for bytes at the end that are no character yet.
        """
        if token in self._without_text:
            return ""
        self._window.append(token)
        text = self._text(self._window)
        given = max(self._given, len(text.rstrip("\ufffd")))
        ended = not text.endswith("\ufffd")
        half = len(self._window) // 2 if len(self._window) > _WINDOW else 0
        place = self._boundary if ended else half
        rest = self._text(self._window[place:])
        dropped = len(text) - len(rest)
        if ended:
            fits = rest != "" and text.endswith(rest)
        else:
            # Many bytes that are no text. None that comes later makes a character of the first ones, where
            # none lies across the place: its parts would count as two.
            fits = len(rest) >= _CHARACTER_BYTES and text == self._text(self._window[:place]) + rest
            given = max(given, dropped) if fits else given
        new = text[self._given : given]
        if place and fits:
            self._window, self._boundary = self._window[place:], max(0, self._boundary - place)
            given -= dropped
        self._given = given
        if ended:
            self._boundary = len(self._window)
        return new

    def _text(self, tokens: list[int]) -> str:
        return _decoded(self._tokenizer, tokens, skip_special_tokens=True)


def overlap(text: str, stop: str) -> int:
    """Say how many characters at the end of a text may be the beginning of a stop text."""
    largest = min(len(stop) - 1, len(text))
    return next((size for size in range(largest, 0, -1) if text.endswith(stop[:size])), 0)


def logprob(tokenizer: TextTokenizer, scores: torch.Tensor, token: int, top: int) -> Token:
    """Give the log probability of a token and of the best ones, as OpenAI's clients read them.

    Args:
        tokenizer: Spells the tokens.
        scores: The model's scores of the vocabulary, before temperature and penalties; minus infinity for
            what the schema of the answer forbids.
        token: The token that was chosen.
        top: How many of the best tokens to list, 0 to 20.

    Returns:
        token, bytes, logprob and top_logprobs.
    """
    logprobs = scores.log_softmax(dim=-1)

    def entry(token: int) -> Candidate:
        text = spelled(tokenizer, token)
        return {
            "token": text.decode(errors="replace"),
            "bytes": list(text),
            "logprob": max(float(logprobs[token]), VERY_UNLIKELY),
        }

    # Tokens that a schema forbids have no probability, and are not listed.
    top = min(top, int(logprobs.isfinite().sum()))
    best = logprobs.topk(top).indices.tolist() if top else []
    return {**entry(token), "top_logprobs": [entry(other) for other in best]}


def spelled(tokenizer: TextTokenizer, token: int) -> bytes:
    """Give the bytes of one token: a part of a character has no text of its own."""
    text = tokenizer.convert_ids_to_tokens(token)
    # Only many tokens give a list.
    assert isinstance(text, str)
    if type(tokenizer.backend_tokenizer.decoder).__name__ == "ByteLevel":
        with suppress(KeyError):
            return bytes(byte for character in text for byte in _byte_of()[character])
        # A token that was added as text.
        return text.encode()
    return _decoded(tokenizer, [token]).encode()


def _decoded(tokenizer: TextTokenizer, tokens: list[int], *, skip_special_tokens: bool = False) -> str:
    text = tokenizer.decode(tokens, skip_special_tokens=skip_special_tokens)
    # Only many sequences at once give a list.
    assert isinstance(text, str)
    return text


@cache
def _byte_of() -> dict[str, bytes]:
    """The byte that each character of a byte-level vocabulary stands for, as in GPT-2's."""
    printed = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printed]
    moved = {chr(256 + place): bytes([byte]) for place, byte in enumerate(others)}
    return moved | {chr(byte): bytes([byte]) for byte in printed}
