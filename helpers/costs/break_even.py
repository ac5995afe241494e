"""When a fine-tune pays: its training against the longer prompts that it saves."""

from dataclasses import dataclass
from math import ceil
from typing import Literal

from finetune_dataset.errors import FineTuneError
from helpers.costs.estimate import CostEstimate
from helpers.costs.prices import find_price, money, span

HOURS_PER_DAY = 24


@dataclass(frozen=True)
class BreakEven:
    """From how many requests on a fine-tune is cheaper than a longer prompt.

    Attributes:
        cost: What the training costs.
        base_model: The model that the fine-tune is compared with.
        prompt_tokens: Tokens of one request's prompt, without examples.
        answer_tokens: Tokens of one answer.
        few_shot_tokens: Tokens that the examples add to each prompt of the base model.
        tuned_prices: USD per 1 million input and output tokens of the fine-tune.
        base_prices: The same for the base model.
        requests_per_day: Requests over which the price of hosting spreads; None where hosting is free.
        sources: Where the prices are from.
    """

    cost: CostEstimate
    base_model: str
    prompt_tokens: int
    answer_tokens: int
    few_shot_tokens: int
    tuned_prices: tuple[float, float]
    base_prices: tuple[float, float]
    requests_per_day: float | None
    sources: tuple[str, str]

    @property
    def usd_tuned(self) -> float:
        """Cost of one request to the fine-tune, with its share of the hosting."""
        hosting = self.cost.hosting.usd * HOURS_PER_DAY if self.cost.hosting else 0.0
        return self._request(self.prompt_tokens, self.tuned_prices) + hosting / (self.requests_per_day or 1)

    @property
    def usd_base(self) -> float:
        """Cost of one request to the base model, with the examples in its prompt."""
        return self._request(self.prompt_tokens + self.few_shot_tokens, self.base_prices)

    @property
    def requests(self) -> tuple[int, int] | None:
        """Lowest and highest number of requests after which the training has paid; None for never."""
        saving = self.usd_base - self.usd_tuned
        if saving <= 0:
            return None
        # Rounded first: 90.00000000001 is 90 requests, not 91.
        low, high = (ceil(round(usd / saving, 6)) for usd in (self.cost.usd_low, self.cost.usd_high))
        return low, high

    def _request(self, prompt_tokens: int, prices: tuple[float, float]) -> float:
        return (prompt_tokens * prices[0] + self.answer_tokens * prices[1]) / 1_000_000

    def __repr__(self) -> str:
        cost, days = self.cost, self.cost.days_to_live
        lines = [
            f"Never: a request to the fine-tune of {cost.model} is not cheaper."
            if self.requests is None
            else f"After {span(*(f'{count:,}' for count in self.requests))} request{_s(self.requests[1])}."
        ]
        lines += [
            f"Training {cost.model}: {money(cost.usd_low, cost.usd_high)}",
            f"A request to the fine-tune: {self.usd_tuned:.6f} USD for {self.prompt_tokens:,} prompt and "
            f"{self.answer_tokens:,} answer tokens at {self.tuned_prices[0]:g} and {self.tuned_prices[1]:g} "
            f"USD per 1 million ({self.sources[0]})",
            f"A request to {self.base_model}: {self.usd_base:.6f} USD, with {self.few_shot_tokens:,} tokens "
            f"of examples, at {self.base_prices[0]:g} and {self.base_prices[1]:g} ({self.sources[1]})",
        ]
        if cost.hosting:
            lines.append(
                f"Hosting: {cost.hosting.usd:.2f} USD per hour over {self.requests_per_day:,g} requests a day"
            )
        if self.requests and days is not None:
            lines.append(_need(self.requests[1], days))
        return "\n  ".join(lines)


def break_even(
    cost: CostEstimate,
    *,
    prompt_tokens: int,
    answer_tokens: int,
    few_shot_tokens: int,
    base_model: str | None = None,
    tuned_prices: tuple[float, float] | None = None,
    base_prices: tuple[float, float] | None = None,
    requests_per_day: float | None = None,
) -> BreakEven:
    """Find the number of requests after which a fine-tune has paid for its training.

    It compares the fine-tune, which needs no examples in its prompt, with a base model whose
    prompt carries them. Prompt caching is left out: it makes the examples cheaper.

    Args:
        cost: The estimate of `estimate_cost`.
        prompt_tokens: Tokens of one request's prompt, without examples, see `count_tokens`.
        answer_tokens: Tokens of one answer.
        few_shot_tokens: Tokens that the examples add to each prompt of the base model.
        base_model: The model to compare with, at the same provider; the fine-tune's own base without it.
        tuned_prices: USD per 1 million input and output tokens of the fine-tune, when you know them better.
        base_prices: The same for the base model.
        requests_per_day: How many requests you expect; needed where a deployment costs money per hour.

    Raises:
        FineTuneError: A price is not known and not given, or `requests_per_day` is missing.
    """
    if cost.price is None:
        raise FineTuneError(f"The training price of {cost.model} is not known. Pass price= to estimate_cost.")
    if cost.hosting and not requests_per_day:
        raise FineTuneError(
            f"A deployment at {cost.provider} costs {cost.hosting.usd:.2f} USD per hour, used or not. "
            "Pass requests_per_day= to spread it over your requests."
        )
    base_model = base_model or cost.model
    tuned, tuned_source = _inference_prices("inference", cost.model, cost, tuned_prices, "tuned_prices")
    base, base_source = _inference_prices("base", base_model, cost, base_prices, "base_prices")
    return BreakEven(
        cost,
        base_model,
        prompt_tokens,
        answer_tokens,
        few_shot_tokens,
        tuned,
        base,
        requests_per_day,
        (tuned_source, base_source),
    )


def _need(requests: int, days: int) -> str:
    """Say how many requests a day it takes to pay before the model ends."""
    if days == 0:
        return "The model has ended, or ends today: there is no time left in which the training could pay"
    a_day = ceil(requests / days)
    live = f"The fine-tune would live {days} day{_s(days)}"
    return f"{live}: to pay in that time, {a_day:,} request{_s(a_day)} a day"


def _s(count: float) -> str:
    return "" if count == 1 else "s"


def _inference_prices(
    kind: Literal["inference", "base"],
    model: str,
    cost: CostEstimate,
    given: tuple[float, float] | None,
    argument: str,
) -> tuple[tuple[float, float], str]:
    if given is not None:
        return given, "given by you"
    price = find_price(kind, model, cost.provider)
    if price is None:
        raise FineTuneError(
            f"No {kind} price for {model!r} at {cost.provider} in data/prices.json. Pass {argument}="
            "(input, output) in USD per 1 million tokens."
        )
    return (price.usd, price.output_usd), price.origin.describe(cost.today)
