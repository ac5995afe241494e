"""When a fine-tune pays: its training against the longer prompts that it saves."""

from math import ceil

from finetune_dataset.errors import FineTuneError
from helpers.costs.estimate import CostEstimate
from helpers.costs.inference import Prices, Request, find_inference
from helpers.costs.prices import money, span

_HOURS_PER_DAY = 24


def break_even(
    cost: CostEstimate,
    *,
    prompt_tokens: int,
    answer_tokens: int,
    few_shot_tokens: int,
    fixed_tokens: int = 0,
    cached_share: float = 1.0,
    base_model: str | None = None,
    base_answer_tokens: int | None = None,
    tuned_prices: Prices | None = None,
    base_prices: Prices | None = None,
    requests_per_day: float | None = None,
) -> tuple[tuple[int, int] | None, str]:
    """Find the number of requests after which a fine-tune has paid for its training.

    It compares the fine-tune, which needs no examples in its prompt, with a model whose prompt carries them.
    Services read the beginning of a prompt from a cache, for less money, when it is long enough and was sent
    a few minutes before; so the examples cost much less than their number says. What a service asks for
    writing to its cache is left out.

    Args:
        cost: The estimate of `estimate_cost`.
        prompt_tokens: Tokens of one request's prompt, without examples, see `count_tokens`.
        answer_tokens: Tokens of one answer.
        few_shot_tokens: Tokens that the examples add to each prompt of the base model.
        fixed_tokens: How many of `prompt_tokens` come before the examples and are the same in every request,
            such as the system prompt.
        cached_share: Share of the requests that find these and the examples in the cache: 1 for a service
            that is asked every few minutes, 0 for one that is asked seldom.
        base_model: The model to compare with, at the same provider: see `untuned_models`. The fine-tune's own
            base without it.
        base_answer_tokens: Tokens of its answers, where it writes more of them, such as thoughts.
        tuned_prices: USD per 1 million input and output tokens of the fine-tune, and of cached input as a
            third number, when you know them better.
        base_prices: The same for the base model.
        requests_per_day: How many requests you expect; needed where a deployment costs money per hour.

    Returns:
        The lowest and highest number of requests (None for never), and a text that explains it: what the
        training and one request to each model cost, with the sources of the prices.

    Raises:
        FineTuneError: A price is not known and not given, `requests_per_day` is missing, or a share or a
            number of tokens is impossible.
    """
    if cost.usd_low is None or cost.usd_high is None:
        raise FineTuneError(f"The training price of {cost.model} is not known. Pass price= to estimate_cost.")
    if cost.hosting and not requests_per_day:
        raise FineTuneError(
            f"A deployment at {cost.provider} costs {cost.hosting.usd:.2f} USD per hour, used or not. "
            "Pass requests_per_day= to spread it over your requests."
        )
    if not 0 <= cached_share <= 1:
        raise FineTuneError(f"cached_share is {cached_share!r}; expected a share of the requests, 0 to 1.")
    if not 0 <= fixed_tokens <= prompt_tokens:
        raise FineTuneError(
            f"fixed_tokens is {fixed_tokens!r}; expected a part of prompt_tokens, 0 to {prompt_tokens}."
        )
    base_model = base_model or cost.model
    tuned = find_inference("inference", cost.model, cost, tuned_prices, "tuned_prices")
    base = find_inference("base", base_model, cost, base_prices, "base_prices")
    hosting = cost.hosting.usd * _HOURS_PER_DAY / (requests_per_day or 1) if cost.hosting else 0.0
    short = Request(prompt_tokens, answer_tokens, fixed_tokens, cached_share)
    long = Request(
        prompt_tokens + few_shot_tokens,
        base_answer_tokens or answer_tokens,
        fixed_tokens + few_shot_tokens,
        cached_share,
    )
    usd_tuned = short.usd(tuned) + hosting
    usd_base = long.usd(base)
    requests = _requests_until(cost.usd_low, cost.usd_high, usd_base - usd_tuned)
    lines = [
        _headline(requests, cost.model),
        f"Training {cost.model}: {money(cost.usd_low, cost.usd_high)}",
        f"A request to the fine-tune: {usd_tuned:.6f} USD for {short.describe(tuned)}",
        f"A request to {base_model}, with {few_shot_tokens:,} tokens of examples: {usd_base:.6f} USD for "
        f"{long.describe(base)}",
    ]
    if cost.hosting:
        lines.append(
            f"Hosting: {cost.hosting.usd:.2f} USD per hour over {requests_per_day:,g} requests a day"
        )
    if requests and cost.days_to_live is not None:
        lines.append(_daily_need(requests[1], cost))
    return requests, "\n  ".join(lines)


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


def _daily_need(requests: int, cost: CostEstimate) -> str:
    """Say how many requests a day it takes to pay before the model ends."""
    days = cost.days_to_live
    if not days:
        return f"By the known dates, a fine-tune made on {cost.today} would answer on no day: it cannot pay"
    a_day = ceil(requests / days)
    live = f"A fine-tune made on {cost.today} would live {days} day{_s(days)}"
    return f"{live}: to pay in that time, {a_day:,} request{_s(a_day)} a day"


def _s(count: int) -> str:
    return "" if count == 1 else "s"
