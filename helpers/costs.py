"""What a fine-tuning job will cost, before it is made.

Prices are in `data/prices.json`, each with its source, date and kind of
evidence. Pages on the web contradict each other, so an estimate shows where
its price is from, and you can pass the price of today.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from helpers.errors import FineTuneError, NotApproved
from helpers.runs import data_path
from helpers.tokens import count_dataset, encoding_of, is_local

# Service → how the published token estimate becomes a bill, and how sure that is.
RULES = {
    "openai": "n_epochs × (published estimate - 2 per row) matched 7 recorded bills (to Mar 2025); "
    "the higher figure is the published estimate",
    "azure": "n_epochs × published estimate, rounded up to 1,000, matched 2 recorded bills",
    "nebius": "n_epochs × published estimate for OpenAI's models; not compared with any bill",
    "compatible": "n_epochs × published estimate for OpenAI's models; this service may count otherwise",
    "local": "n_epochs × tokens in the model's chat template",
}


@dataclass(frozen=True)
class Cost:
    """What a job will be billed, as a range.

    Attributes:
        model: The base model.
        service: Who bills it: openai, azure, nebius, compatible or local.
        rows: Number of training examples.
        n_epochs: How often the job sees each example.
        tokens: Lowest and highest number of billed tokens.
        price: USD per 1 million training tokens; None when no price is known.
        source: Where the price is from, its date, and what kind of evidence that is.
        rule: How the tokens were counted, and how sure that is.
    """

    model: str
    service: str
    rows: int
    n_epochs: int
    tokens: tuple[int, int]
    price: float | None
    source: str
    rule: str

    @property
    def free(self) -> bool:
        """True when training costs nothing, because it runs on this computer."""
        return self.service == "local"

    @property
    def usd(self) -> tuple[float, float] | None:
        """Lowest and highest cost in USD; None when no price is known."""
        if self.price is None:
            return None
        return self.tokens[0] * self.price / 1_000_000, self.tokens[1] * self.price / 1_000_000

    def __repr__(self) -> str:
        tokens = _span(*(f"{count:,}" for count in self.tokens))
        head = f"{self.model}: {self.rows} rows × {self.n_epochs} epochs = {tokens} tokens"
        if self.free:
            return f"{head}, free (trained on this computer)"
        money = f"{_span(*map(_cents, self.usd))} USD" if self.usd else "price unknown"
        return f"{head}, {money}\n  Price: {self.source}\n  Tokens: {self.rule}"


def estimate_cost(
    rows: Iterable[dict],
    model: str | Path,
    n_epochs: int,
    *,
    service: str = "openai",
    price: float | None = None,
) -> Cost:
    """Estimate the bill of a supervised job.

    Only training rows are billed at OpenAI; validation rows are free (guide, early 2025).

    Args:
        rows: The training examples.
        model: The base model: an id, or the folder of a local model.
        n_epochs: Number of epochs, 1 to 50; `n_epochs_auto` gives the number that "auto" stands for.
        service: Who bills it: "openai", "azure", "nebius", or the backend of a run ("compatible",
            "replay", "local"). A local model is free in any case.
        price: USD per 1 million training tokens, when you know it better than the price table.

    Returns:
        A range, with its rule and the source of its price.

    Raises:
        FineTuneError: The service is not known.
    """
    if is_local(model) or service == "replay":
        service = "local"
    if service not in RULES:
        raise FineTuneError(f"No billing rule for service {service!r}. Known: {', '.join(RULES)}.")
    rows = list(rows)
    tokens = _billed_tokens(rows, model, n_epochs, service)
    table_price, source = _training_price(str(model), service)
    if price is not None:
        table_price, source = price, f"{price:.2f} USD per 1 million training tokens, given by you"
    return Cost(
        str(model), service, len(rows), n_epochs, tokens, table_price, source, _rule(rows, model, service)
    )


def approve(cost: Cost) -> None:
    """Show what a job will cost and ask before money is spent; a free job is not asked about.

    Args:
        cost: The estimate of `estimate_cost`.

    Raises:
        NotApproved: The answer was not "yes".
    """
    if cost.free:
        return
    print(cost)
    if input('This job costs money. Type "yes" to go on: ').strip().lower() != "yes":
        raise NotApproved('Stopped before the job was created: the answer was not "yes". Nothing was spent.')


def _billed_tokens(rows: list[dict], model: str | Path, n_epochs: int, service: str) -> tuple[int, int]:
    estimate = n_epochs * sum(counts.total for counts in count_dataset(rows, model))
    if service == "openai":
        return estimate - 2 * len(rows) * n_epochs, estimate
    if service == "azure":
        return estimate, ceil(estimate / 1000) * 1000
    return estimate, estimate


def _training_price(model: str, service: str) -> tuple[float | None, str]:
    """Find a price in the table: a snapshot (`gpt-4o-2024-08-06`) costs what its model does."""
    base = re.sub(r"-\d{4}-\d{2}-\d{2}.*", "", model.removeprefix("ft:").partition(":")[0])
    for entry in json.loads(data_path("prices.json").read_text(encoding="utf-8")):
        if entry["service"] == service and entry["model"] in (base, "any"):
            price = entry["training"]
            origin = f"{price['evidence']}, {price['as_of']}: {price['source']}"
            usd = price["usd_per_million"]
            return usd, f"{usd:.2f} USD per 1 million training tokens ({origin})"
    return None, f"no price for {model!r} at {service} in data/prices.json; pass price="


def _rule(rows: list[dict], model: str | Path, service: str) -> str:
    encoding = "its own tokenizer" if is_local(model) else encoding_of(str(model))
    partial = sum(1 for row in rows if row.get("tools") or _has_other_parts(row))
    left_out = f"; tools, images or audio in {partial} rows are not counted" if partial else ""
    return f"{RULES[service]}; counted with {encoding}{left_out}"


def _has_other_parts(row: dict) -> bool:
    contents = [message.get("content") for message in row["messages"]]
    return any(
        part["type"] != "text" for content in contents if isinstance(content, list) for part in content
    )


def _cents(usd: float) -> str:
    return "less than 0.01" if usd < 0.01 else f"{usd:.2f}"


def _span(low: str, high: str) -> str:
    return low if low == high else f"{low} to {high}"
