"""What a request to each way costs: by the prices of a service, or in seconds of your own computer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import inf, isnan, nan

import pandas as pd

from helpers.costs.per_thousand import (
    REQUESTS,
    PerThousand,
    cheapest_untuned,
    pays_after,
    per_thousand,
    training_usd,
)
from helpers.costs.prices import find_price
from helpers.costs.retirements import find_retirement
from helpers.decision.measured.summary import Summary
from helpers.decision.options import Option

_PROMPT, _ANSWER = 1_000, 100
"""Tokens by which two models are compared: a prompt with some examples, and a short answer."""


def _once(base_model: str) -> int:
    return 1


@dataclass(frozen=True)
class Pricing:
    """By which prices the measured tokens are counted; the learner's own numbers are added to them.

    Attributes:
        model: The service's model that stands for the main base model.
        service: "openai" or "azure".
        others: Another base model → the service's model that stands for it; `model` without an entry.
        cached_share: Share of the requests that find the beginning of their prompt in the cache, 0 to 1.
        fixed_tokens: Tokens of your own instructions, the same in every prompt.
        question_tokens: Tokens that your questions have more than the measured ones, such as a document.
        n_epochs: Base model → passes of its training over the rows, such as
            `lambda base: lesson.settings(base)["n_epochs"]`.
        today: The day that the ages of prices count from; today without it.
    """

    model: str = "gpt-4.1-mini"
    service: str = "openai"
    others: Mapping[str, str] = field(default_factory=dict)
    cached_share: float = 0.0
    fixed_tokens: float = 0
    question_tokens: float = 0
    n_epochs: Callable[[str], int] = _once
    today: date | None = None

    def name(self, base_model: str) -> str:
        """Return the service's model that stands for a base model."""
        return self.others.get(base_model, self.model)


def options_in_seconds(found: Sequence[Summary]) -> list[Option]:
    """Make options whose cost is seconds of this computer; nobody bills them.

    Another base model is offered only where its answers take fewer seconds than the main one's, asked in the
    same way: it is an option for its lower cost.

    Args:
        found: What `summarize` returned.
    """
    main = {each.way: each.seconds for each in found if each.kind != "smaller model"}
    return [
        _option(each, _known(each.seconds), _known(each.training_seconds), "")
        for each in found
        if each.kind != "smaller model" or each.seconds < main.get(each.way, inf)
    ]


def options_in_usd(found: Sequence[Summary], pricing: Pricing) -> list[Option]:
    """Make options whose cost is what a service would ask for the measured tokens.

    Another base model is offered only where the model that stands for it is cheaper than the one that stands
    for the main base model: it is an option for its lower cost.

    Args:
        found: What `summarize` returned.
        pricing: The prices to count by.

    Raises:
        FineTuneError: A price is not known.
    """
    options = []
    main = next(
        (pricing.name(each.base_model) for each in found if each.kind != "smaller model"), pricing.model
    )
    for each in found:
        if each.kind == "smaller model" and not _is_cheaper(pricing.name(each.base_model), main, pricing):
            continue
        cost, once = _priced(each, found, pricing, pricing.name(each.base_model)), _training(each, pricing)
        usd = cost.usd + pricing.cached_share * (cost.usd_cached - cost.usd)
        kind = "a fine-tune of " if each.rows else ""
        origin = f"{each.base_model}{', tuned,' if each.rows else ''} is priced like {kind}{cost.model} at "
        origin += f"{pricing.service} ({cost.source})." + (_terms(cost.model, pricing) if each.rows else "")
        options.append(_option(each, _known(usd / REQUESTS), _known(once), origin))
    return options


def cost_of_ways(found: Sequence[Summary], pricing: Pricing) -> pd.DataFrame:
    """Compare the ways: quality, tokens, seconds, and what 1,000 requests cost.

    Args:
        found: What `summarize` returned.
        pricing: The prices to count by.

    Returns:
        One row per way: quality, tokens of prompt and answer, latency in seconds, seconds of this computer
        per request, USD per 1,000 requests without and with the cache, the same prompt at the cheapest model
        of the service without tuning, and the number of requests after which the best training of the main
        model has paid for itself against this way, without and with the cache (missing: never).

    Raises:
        FineTuneError: A price is not known.
    """
    newer = cheapest_untuned(pricing.service)
    costs = [_priced(each, found, pricing, pricing.name(each.base_model)) for each in found]
    tuned = [(each, cost) for each, cost in zip(found, costs, strict=True) if each.kind == "fine-tune"]
    best = max(tuned, key=lambda pair: pair[0].quality, default=None)
    rows = []
    for each, cost in zip(found, costs, strict=True):
        other = None if each.rows else _priced(each, found, pricing, newer).usd
        pays: list[int | None] = [None, None]
        if best is not None and not each.rows:
            once = _training(best[0], pricing)
            saved = (cost.usd - best[1].usd, cost.usd_cached - best[1].usd_cached)
            pays = [pays_after(once, usd / REQUESTS) for usd in saved]
        rows.append(
            {
                "way": each.name,
                "right": each.quality,
                "prompt tokens": each.prompt_tokens,
                "answer tokens": each.completion_tokens,
                "latency": each.latency_median,
                "p95": each.latency_p95,
                "own seconds": each.seconds,
                "USD per 1,000": cost.usd,
                "cached": cost.usd_cached,
                newer: other,
                "training pays after": pays[0],
                "pays after, cached": pays[1],
            }
        )
    table = pd.DataFrame(rows).astype(
        {newer: float, "training pays after": "Int64", "pays after, cached": "Int64"}
    )
    return table.set_index("way")


def _priced(each: Summary, found: Sequence[Summary], pricing: Pricing, model: str) -> PerThousand:
    """The measured tokens and the learner's own ones, at the prices of a service's model."""
    if isnan(each.prompt_tokens + each.completion_tokens):
        return PerThousand(model, nan, nan, "the run does not know its tokens")
    return per_thousand(
        model,
        prompt_tokens=each.prompt_tokens + pricing.fixed_tokens + pricing.question_tokens,
        answer_tokens=each.completion_tokens,
        fixed_tokens=pricing.fixed_tokens + _examples(each, found),
        tuned=bool(each.rows),
        service=pricing.service,
        today=pricing.today,
    )


def _is_cheaper(model: str, other: str, pricing: Pricing) -> bool:
    """Compare two models of the service, both untuned, by the same prompt and answer."""
    usd = [
        per_thousand(
            name, prompt_tokens=_PROMPT, answer_tokens=_ANSWER, service=pricing.service, today=pricing.today
        ).usd
        for name in (model, other)
    ]
    return usd[0] < usd[1]


def _examples(each: Summary, found: Sequence[Summary]) -> float:
    """Tokens of the solved examples, the same in each prompt: what the prompt has more than without them."""
    if not each.way.startswith("few_shot"):
        return 0.0
    without = "retrieval" if "retrieval" in each.way else "base"
    plain = [
        other.prompt_tokens for other in found if (other.base_model, other.way) == (each.base_model, without)
    ]
    return max(0.0, each.prompt_tokens - plain[0]) if plain else 0.0


def _training(each: Summary, pricing: Pricing) -> float:
    """USD of a training; nan where the run does not know its tokens."""
    if not each.rows:
        return 0.0
    tokens = each.prompt_tokens + each.completion_tokens + pricing.fixed_tokens + pricing.question_tokens
    name = pricing.name(each.base_model)
    return training_usd(name, each.rows * pricing.n_epochs(each.base_model) * tokens, pricing.service)


def _terms(model: str, pricing: Pricing) -> str:
    """What a service asks of a fine-tune beside its tokens: an end, and a deployment by the hour."""
    today, said = pricing.today or date.today(), ""
    end = find_retirement(model, pricing.service)
    if end is not None and today > end.last_job:
        said += f" There: {end.jobs(today)}. Take prices of a service where you can train."
    hosting = find_price("hosting", model, pricing.service)
    if hosting is not None:
        said += (
            f" A deployment there costs {hosting.usd:.2f} USD per hour, {24 * hosting.usd:.2f} a day: give "
        )
        said += f"it as hosting_usd_per_day ({hosting.origin.describe(today)})."
    return said


def _known(amount: float) -> float | None:
    return None if isnan(amount) else amount


def _option(each: Summary, per_request: float | None, once: float | None, priced: str) -> Option:
    return Option(
        each.name,
        each.kind,
        each.quality,
        len(each.by_group),
        each.by_group,
        each.runs,
        per_request,
        once,
        each.rows,
        each.looks_up,
        tuple(filter(None, [each.origin and f"Measured: {each.origin}.", priced])),
    )
