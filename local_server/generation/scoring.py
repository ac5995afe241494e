"""How probable each token of a given text is: what vLLM calls the log probabilities of the prompt."""

import torch

from local_server.generation.answer import VERY_UNLIKELY, spelled
from local_server.generation.messages import PromptToken, Ranked
from local_server.generation.models import Loaded
from local_server.generation.weights.cache import Cache

# Tokens that are scored between two tokens of the running answers. The scores of all tokens of a long prompt
# at once would fill the memory: those of 8,192 tokens, with a vocabulary of 49,152, are 1.6 GB.
PIECE = 128
# While answers grow, one piece is scored in so many of their tokens. It takes as long as five tokens of one
# answer (SmolLM2-135M, two cores, processor time, 29 Nov 2026): answers are slower by about a sixth.
EVERY = 32
# Texts of at most so many tokens have a room of their own, so that no longer one stands before them.
SHORT = 1024
# Tokens of half told texts, of the short ones and of the others: each has a cache, 23 kB a token for SmolLM2.
ROOM = 16 * 1024


class Scoring:
    """A prompt whose tokens are told, piece by piece.

    Args:
        loaded: The model that reads it.
        tokens: Of the prompt, at least one.
        top: How many of the best tokens are told in each place, besides the token that stands there.
    """

    def __init__(self, loaded: Loaded, tokens: list[int], top: int) -> None:
        self._loaded, self._tokens, self._top = loaded, tokens, top
        self._cache = Cache()
        self._read = 0

    @property
    def size(self) -> int:
        """Tokens of the prompt."""
        return len(self._tokens)

    @property
    def ended(self) -> bool:
        """Whether all tokens have been told."""
        # Nobody asks here what follows the last one.
        return self._read >= len(self._tokens) - 1

    @torch.inference_mode()
    def piece(self) -> list[PromptToken]:
        """Read the next tokens, and tell those that follow them.

        Returns:
            One for each token; with the first piece also None, for the token that follows nothing.

        Raises:
            ValueError: The model's scores are no numbers.
        """
        begin, end = self._read, min(len(self._tokens) - 1, self._read + PIECE)
        told: list[PromptToken] = [] if begin else [None]
        if begin < end:
            scores = self._loaded.model(
                torch.tensor([self._tokens[begin:end]]),
                torch.ones(1, end, dtype=torch.long),
                torch.arange(begin, end).unsqueeze(0),
                self._cache,
                every=True,
            ).flatten(0, -2)  # Of the one row.
            if scores.isnan().any():
                raise ValueError("the model's scores are not numbers")
            following = self._tokens[begin + 1 : end + 1]
            told += [self._told(each, token) for each, token in zip(scores, following, strict=True)]
        self._read = end
        return told

    def _told(self, scores: torch.Tensor, token: int) -> PromptToken:
        logprobs = scores.log_softmax(dim=-1)

        def ranked(other: int, rank: int) -> Ranked:
            text = spelled(self._loaded.tokenizer, other).decode(errors="replace")
            return {
                "logprob": max(float(logprobs[other]), VERY_UNLIKELY), "rank": rank, "decoded_token": text
            }  # fmt: skip

        best = scores.topk(self._top).indices.tolist()
        found = {token: ranked(token, 1 + int((scores > scores[token]).sum()))}
        found |= {other: ranked(other, rank) for rank, other in enumerate(best, 1) if other not in found}
        return {str(number): each for number, each in found.items()}


class Scorings:
    """Prompts that are to be told: they take turns piece by piece, and growing answers pass them."""

    def __init__(self) -> None:
        self._waiting: dict[int, Scoring] = {}
        # By whose turn it is.
        self._begun: dict[int, Scoring] = {}
        self._passed = EVERY

    def add(self, request: int, scoring: Scoring) -> None:
        """Let a prompt wait."""
        self._waiting[request] = scoring

    def drop(self, request: int) -> None:
        """Forget the prompt of a request, told or not."""
        self._waiting.pop(request, None)
        self._begun.pop(request, None)

    def next(self, *, growing: bool) -> tuple[int, Scoring] | None:
        """Decide whose piece is scored before everybody gets the next token.

        Args:
            growing: Whether there are answers that wait for it.

        Returns:
            The number of the request and its prompt; None when there is none, or not yet.
        """
        self._passed += 1
        if growing and self._passed < EVERY:
            return None
        self._begin()
        if not self._begun:
            return None
        self._passed = 0
        request = next(iter(self._begun))
        scoring = self._begun[request] = self._begun.pop(request)
        return request, scoring

    def _begin(self) -> None:
        """Let those that have waited longest begin, as far as there is room."""
        for short in (True, False):
            tokens = sum(one.size for one in self._begun.values() if (one.size <= SHORT) is short)
            for request in [number for number, one in self._waiting.items() if (one.size <= SHORT) is short]:
                size = self._waiting[request].size
                # What is larger than the room is told alone.
                if tokens and tokens + size > ROOM:
                    break
                tokens += size
                self._begun[request] = self._waiting.pop(request)
