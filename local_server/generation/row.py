"""One choice of a request: what it has so far, what is read before it grows, how its next token is chosen."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import torch

from local_server.generation.answer import Answer

if TYPE_CHECKING:
    from local_server.generation.structured.constraint import Constraint
    from local_server.generation.tools.reader import Reader
    from local_server.generation.weights.cache import Kept, Prefixes

# The places of the bits in a byte.
_BITS = torch.arange(8, dtype=torch.uint8)


@dataclass(eq=False)
class Row:
    """One choice of a request.

    Attributes:
        request: The number of the request that it belongs to.
        prompt: Tokens.
        cells: Tokens that prompt and answer may come to together.
        index: Which of the request's choices.
        answer: Its text.
        temperature: 0 takes the best token; up to 2, larger is wilder.
        top_p: Share of probability to choose from, 0 to 1.
        rng: Random number generator; the same seed gives the same text.
        frequency_penalty: Taken from a token's score for each time it was chosen, -2 to 2.
        presence_penalty: Taken from a token's score once it was chosen, -2 to 2.
        top_logprobs: How many log probabilities go with a token; None for none at all.
        constraint: Which tokens may come next; None for all.
        reader: Tells calls from text; None where there are no tools.
        prefixes: What its model has read for earlier prompts; None where nothing is kept.
        chosen: Its tokens so far.
        joined: How many it had when it joined the rows that grow.
        cached: Tokens of the prompt that were not read for it, because an earlier prompt begins with them.
    """

    request: int
    prompt: list[int]
    cells: int
    index: int
    answer: Answer
    temperature: float
    top_p: float
    rng: torch.Generator
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0
    top_logprobs: int | None = None
    constraint: "Constraint | None" = None
    reader: "Reader | None" = None
    prefixes: "Prefixes | None" = None
    chosen: list[int] = field(default_factory=list)
    joined: int = 0
    cached: int = 0

    @property
    def turn(self) -> int:
        """Tokens since it joined the rows that grow."""
        return len(self.chosen) - self.joined

    def allowed(self, width: int) -> torch.Tensor | None:
        """Which tokens its constraint allows next.

        Args:
            width: Scores that the model has. Some have more than their vocabulary has tokens.

        Returns:
            A truth value for each, shape (width,); None where it has no constraint.

        Raises:
            Unsupported: Nothing can come next.
        """
        if self.constraint is None:
            return None
        bits = torch.frombuffer(bytearray(self.constraint.allowed()), dtype=torch.uint8)
        allowed = (bits.unsqueeze(1) >> _BITS & 1).flatten().bool()
        return torch.nn.functional.pad(allowed, (0, width - len(allowed)))

    def pick(self, scores: torch.Tensor) -> int:
        """Choose the next token.

        Args:
            scores: The model's scores of the vocabulary, shape (vocabulary,).

        Returns:
            The token.
        """
        if self.chosen and (self.frequency_penalty or self.presence_penalty):
            # The formula of OpenAI's API guide: each token's count so far, and whether there is any.
            tokens, counts = torch.tensor(self.chosen).unique(return_counts=True)
            scores = scores.clone()
            scores[tokens] -= counts * self.frequency_penalty + self.presence_penalty
        if self.temperature == 0:
            return int(scores.argmax())
        # Below 1e-4 the softmax of a division would overflow; the best token then has all the weight anyway.
        weights = torch.softmax(scores / max(self.temperature, 1e-4), dim=-1)
        if self.top_p == 1:
            return int(torch.multinomial(weights, 1, generator=self.rng))
        weights, tokens = weights.sort(descending=True)
        before = weights.cumsum(dim=-1) - weights
        weights[before > self.top_p] = 0
        return int(tokens[torch.multinomial(weights, 1, generator=self.rng)])


@dataclass(eq=False)
class Prompt:
    """What the model reads before rows grow: a prompt, and what a row that had to leave has chosen already.

    Attributes:
        tokens: All of them.
        rows: Those that all begin with these tokens.
        kept: Its beginning, which was read for an earlier prompt; None for nothing of it.
        read: How many tokens have been read, or will be between these two tokens of the others.
    """

    tokens: list[int]
    rows: list[Row]
    kept: "Kept | None" = None
    read: int = 0

    @property
    def known(self) -> int:
        """How many tokens were read for an earlier prompt."""
        return 0 if self.kept is None else len(self.kept.tokens)

    @property
    def rest(self) -> int:
        """How many tokens were not."""
        return len(self.tokens) - self.known

    @property
    def request(self) -> int:
        """The request that its rows belong to."""
        return self.rows[0].request

    @property
    def unread(self) -> int:
        """Tokens that have not been read."""
        return len(self.tokens) - self.read


class Piece(NamedTuple):
    """A part of a prompt that is read at once.

    Attributes:
        prompt: The prompt.
        begin: Its first token.
        end: Where the next piece begins.
    """

    prompt: Prompt
    begin: int
    end: int

    @property
    def tokens(self) -> list[int]:
        """The tokens of this piece."""
        return self.prompt.tokens[self.begin : self.end]

    @property
    def last(self) -> bool:
        """Whether the prompt has been read after it."""
        return self.end == len(self.prompt.tokens)

    @property
    def whole(self) -> bool:
        """Whether it is all of the prompt that was not read for an earlier one."""
        return self.begin == self.prompt.known and self.last
