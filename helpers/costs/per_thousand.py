"""What 1,000 requests cost at dated prices, with and without the cache, and when a training pays."""

from dataclasses import dataclass
from datetime import date
from math import ceil
from typing import Literal, NamedTuple

from finetune_dataset.errors import FineTuneError
from helpers.costs.inference import Prices, Request, find_inference
from helpers.costs.prices import find_price, untuned_models

REQUESTS = 1_000


class Billed(NamedTuple):
    """Who bills, and the day that the ages of prices count from."""

    provider: str
    today: date


@dataclass(frozen=True)
class PerThousand:
    """What 1,000 requests to a model cost.

    Attributes:
        model: The model by whose prices this is.
        usd: Cost in USD when nothing is in the service's cache.
        usd_cached: The same when the fixed beginning of each prompt is in it; equal for a short beginning.
        source: Where the prices are from, with their date.
    """

    model: str
    usd: float
    usd_cached: float
    source: str


def per_thousand(
    model: str,
    *,
    prompt_tokens: float,
    answer_tokens: float,
    fixed_tokens: float = 0,
    tuned: bool = False,
    service: str = "openai",
    prices: Prices | None = None,
    today: date | None = None,
) -> PerThousand:
    """Price 1,000 requests, so that ways to ask can be compared.

    Args:
        model: The service's model by which you price.
        prompt_tokens: Tokens of one prompt, on average.
        answer_tokens: Tokens of one answer, on average.
        fixed_tokens: How many of the prompt's tokens stand first and are the same in each request.
        tuned: True for the price of its fine-tunes, False for that of the model as it is.
        service: "openai" or "azure"; another one with `prices`.
        prices: USD per 1 million input and output tokens, and of cached input as a third number, when you
            know them better than the course's table.
        today: The day that ages count from; today without it.

    Raises:
        FineTuneError: No price is known, or a number of tokens is impossible.
    """
    for name, tokens in {"prompt_tokens": prompt_tokens, "answer_tokens": answer_tokens}.items():
        if not tokens >= 0:
            raise FineTuneError(f"{name} is {tokens!r}; expected a number of tokens, 0 or more.")
    if not 0 <= fixed_tokens <= prompt_tokens:
        raise FineTuneError(
            f"fixed_tokens is {fixed_tokens!r}; expected a part of prompt_tokens, 0 to {prompt_tokens:g}."
        )
    kind: Literal["inference", "base"] = "inference" if tuned else "base"
    found = find_inference(kind, model, Billed(service, today or date.today()), prices, "prices")
    usd, cached = (
        REQUESTS * Request(prompt_tokens, answer_tokens, int(fixed_tokens), share).usd(found)
        for share in (0, 1)
    )
    return PerThousand(model, usd, cached, found.source)


def cheapest_untuned(service: str = "openai") -> str:
    """Name the cheapest model of a service that answers without fine-tuning; often a newer one.

    Args:
        service: "openai" or "azure".

    Raises:
        FineTuneError: The course's table has no such model.
    """
    if not (models := untuned_models(service)):
        raise FineTuneError(f"data/prices.json has no untuned model at {service!r}. Use openai or azure.")
    return models[0]


def training_usd(model: str, tokens: float, service: str = "openai", *, price: float | None = None) -> float:
    """Price a training.

    Args:
        model: The service's model by which you price.
        tokens: Trained tokens, all epochs together.
        service: "openai", "azure" or "nebius".
        price: USD per 1 million training tokens, when you know it better.

    Raises:
        FineTuneError: No price is known.
    """
    if price is None and (listed := find_price("training", model, service)):
        price = listed.usd
    if price is None:
        raise FineTuneError(
            f"No training price for {model!r} at {service} in data/prices.json. Pass price= in USD per "
            "1 million tokens."
        )
    return tokens * price / 1_000_000


def pays_after(once: float, saved: float) -> int | None:
    """Say after how many requests a training has paid for itself.

    Args:
        once: What it cost, 0 or more.
        saved: What each request saves, in the same unit.

    Returns:
        The number of requests; None for never.
    """
    # Rounded first: 90.00000000001 is 90 requests, not 91.
    return ceil(round(once / saved, 6)) if saved > 0 else None
