"""What one request to a model costs, when the service has the beginning of its prompt in a cache."""

from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

from finetune_dataset.errors import FineTuneError
from helpers.costs.prices import find_price

Prices = tuple[float, float] | tuple[float, float, float]
"""USD per 1 million tokens: input, output and, where the service has such a price, cached input."""

# OpenAI, guide "Prompt caching" (2024-10, read in copies of 2025 and 2026): prompts from 1,024 tokens on, in
# steps of 128, kept for 5 to 10 minutes without a request. Azure documents the same two numbers.
CACHED_FROM = 1_024
_CACHED_STEP = 128


class Billing(Protocol):
    """Who bills, and the day that ages count from; an estimate of a job is such."""

    @property
    def provider(self) -> str:
        """The service."""
        ...

    @property
    def today(self) -> date:
        """The day."""
        ...


@dataclass(frozen=True)
class Inference:
    """What a model asks for its answers, in USD per 1 million tokens.

    Attributes:
        per_input: Price of input tokens.
        per_output: Price of output tokens.
        per_cached: Price of input tokens that are in the service's cache; None when it is not known.
        source: Where the prices are from.
    """

    per_input: float
    per_output: float
    per_cached: float | None
    source: str


@dataclass(frozen=True)
class Request:
    """The tokens of one request, which is sent again and again with another question.

    Attributes:
        prompt: Tokens of the prompt, all together.
        answer: Tokens of the answer.
        fixed: How many of the prompt's tokens stand first and are the same every time.
        cached_share: Share of the requests that find them in the cache, 0 to 1.
    """

    prompt: float
    answer: float
    fixed: int
    cached_share: float

    def cached(self, model: Inference) -> int:
        """Return how many tokens of the prompt a service can read from its cache."""
        tokens = self.fixed // _CACHED_STEP * _CACHED_STEP
        return tokens if tokens >= CACHED_FROM and self.cached_share and model.per_cached is not None else 0

    def usd(self, model: Inference) -> float:
        """Return its cost in USD, on average."""
        cached = self.cached_share * self.cached(model)
        tokens_usd = (self.prompt - cached) * model.per_input + self.answer * model.per_output
        return (tokens_usd + cached * (model.per_cached or 0)) / 1_000_000

    def describe(self, model: Inference) -> str:
        """Name the tokens and their prices."""
        words = f"{self.prompt:,.0f} prompt and {self.answer:,.0f} answer tokens at {model.per_input:g} and "
        words += f"{model.per_output:g} USD per 1 million"
        if cached := self.cached(model):
            often = "" if self.cached_share == 1 else f" in {self.cached_share:.0%} of the requests"
            words += f", {cached:,} of the prompt cached{often} at {model.per_cached:g}"
        return f"{words} ({model.source})"


def find_inference(
    kind: Literal["inference", "base"], model: str, cost: Billing, given: Prices | None, argument: str
) -> Inference:
    """Return the prices of a model's answers.

    Args:
        kind: "inference" for the fine-tune, "base" for a model as it is.
        model: Its name.
        cost: The service, and the day that ages count from, such as the estimate of a job.
        given: Prices of the caller, which count more than the table.
        argument: Name of the argument that takes them, for the message.

    Raises:
        FineTuneError: No price is known and none is given.
    """
    if given is not None:
        return Inference(given[0], given[1], given[2] if len(given) == 3 else None, "given by you")
    price = find_price(kind, model, cost.provider)
    if price is None or price.output_usd is None:
        raise FineTuneError(
            f"No {kind} price for {model!r} at {cost.provider} in data/prices.json. Pass {argument}="
            "(input, output) in USD per 1 million tokens."
        )
    return Inference(price.usd, price.output_usd, price.cached_usd, price.origin.describe(cost.today))
