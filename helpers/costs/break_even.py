"""When a fine-tune pays: its training against the longer prompts that it saves."""

from dataclasses import dataclass
from math import ceil
from typing import Literal

from finetune_dataset.errors import FineTuneError
from helpers.costs.estimate import CostEstimate
from helpers.costs.prices import find_price, money, span

_HOURS_PER_DAY = 24


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
) -> tuple[tuple[int, int] | None, str]:
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

    Returns:
        The lowest and highest number of requests (None for never), and a text that explains it: what the
        training and one request to each model cost, with the sources of the prices.

    Raises:
        FineTuneError: A price is not known and not given, or `requests_per_day` is missing.
    """
    if cost.usd_low is None or cost.usd_high is None:
        raise FineTuneError(f"The training price of {cost.model} is not known. Pass price= to estimate_cost.")
    if cost.hosting and not requests_per_day:
        raise FineTuneError(
            f"A deployment at {cost.provider} costs {cost.hosting.usd:.2f} USD per hour, used or not. "
            "Pass requests_per_day= to spread it over your requests."
        )
    base_model = base_model or cost.model
    tuned = _find_inference("inference", cost.model, cost, tuned_prices, "tuned_prices")
    base = _find_inference("base", base_model, cost, base_prices, "base_prices")
    hosting = cost.hosting.usd * _HOURS_PER_DAY / (requests_per_day or 1) if cost.hosting else 0.0
    usd_tuned = tuned.usd(prompt_tokens, answer_tokens) + hosting
    usd_base = base.usd(prompt_tokens + few_shot_tokens, answer_tokens)
    requests = _requests_until(cost.usd_low, cost.usd_high, usd_base - usd_tuned)
    lines = [
        _headline(requests, cost.model),
        f"Training {cost.model}: {money(cost.usd_low, cost.usd_high)}",
        f"A request to the fine-tune: {usd_tuned:.6f} USD for {prompt_tokens:,} prompt and "
        f"{answer_tokens:,} answer tokens at {tuned.per_input:g} and {tuned.per_output:g} "
        f"USD per 1 million ({tuned.source})",
        f"A request to {base_model}: {usd_base:.6f} USD, with {few_shot_tokens:,} tokens "
        f"of examples, at {base.per_input:g} and {base.per_output:g} ({base.source})",
    ]
    if cost.hosting:
        lines.append(
            f"Hosting: {cost.hosting.usd:.2f} USD per hour over {requests_per_day:,g} requests a day"
        )
    if requests and cost.days_to_live is not None:
        lines.append(_daily_need(requests[1], cost.days_to_live))
    return requests, "\n  ".join(lines)


@dataclass(frozen=True)
class _Inference:
    """What a model asks for its answers, in USD per 1 million tokens."""

    per_input: float
    per_output: float
    source: str

    def usd(self, prompt_tokens: int, answer_tokens: int) -> float:
        """Cost of one request in USD."""
        return (prompt_tokens * self.per_input + answer_tokens * self.per_output) / 1_000_000


def _find_inference(
    kind: Literal["inference", "base"],
    model: str,
    cost: CostEstimate,
    given: tuple[float, float] | None,
    argument: str,
) -> _Inference:
    if given is not None:
        return _Inference(*given, "given by you")
    price = find_price(kind, model, cost.provider)
    if price is None or price.output_usd is None:
        raise FineTuneError(
            f"No {kind} price for {model!r} at {cost.provider} in data/prices.json. Pass {argument}="
            "(input, output) in USD per 1 million tokens."
        )
    return _Inference(price.usd, price.output_usd, price.origin.describe(cost.today))


def _requests_until(usd_low: float, usd_high: float, saving: float) -> tuple[int, int] | None:
    """How many requests pay a training of that cost, when each saves that many USD; None for never."""
    if saving <= 0:
        return None
    # Rounded first: 90.00000000001 is 90 requests, not 91.
    return ceil(round(usd_low / saving, 6)), ceil(round(usd_high / saving, 6))


def _headline(requests: tuple[int, int] | None, model: str) -> str:
    if requests is None:
        return f"Never: a request to the fine-tune of {model} is not cheaper."
    low, high = requests
    return f"After {span(f'{low:,}', f'{high:,}')} request{_s(high)}."


def _daily_need(requests: int, days: int) -> str:
    """Say how many requests a day it takes to pay before the model ends."""
    if days == 0:
        return "The model has ended, or ends today: there is no time left in which the training could pay"
    a_day = ceil(requests / days)
    live = f"The fine-tune would live {days} day{_s(days)}"
    return f"{live}: to pay in that time, {a_day:,} request{_s(a_day)} a day"


def _s(count: int) -> str:
    return "" if count == 1 else "s"
