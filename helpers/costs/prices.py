"""What services ask: the table `data/prices.json`.

Every entry has its source, its date and its kind of evidence, because pages on
the web contradict each other and prices change.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Literal, NotRequired, TypedDict

import msgspec

from helpers.costs.sources import Origin, Sourced, origin_of, read_table

Kind = Literal["training", "inference", "base", "hosting"]


_Usd = Annotated[float, msgspec.Meta(ge=0, le=1e6)]


class _Training(Sourced):
    usd_per_million: _Usd


class _Hosting(Sourced):
    usd_per_hour: _Usd


class _Inference(Sourced):
    input_usd_per_million: _Usd
    cached_usd_per_million: NotRequired[_Usd]
    output_usd_per_million: _Usd


class _PriceEntry(TypedDict):
    service: str
    model: str
    training: NotRequired[_Training]
    inference: NotRequired[_Inference]
    base: NotRequired[_Inference]
    hosting: NotRequired[_Hosting]


@dataclass(frozen=True)
class Price:
    """One line of the price table.

    Attributes:
        usd: USD per 1 million tokens, or per hour for hosting; for inference the price of input tokens.
        output_usd: USD per 1 million output tokens; None for training and hosting.
        origin: Where the price is from.
        cached_usd: USD per 1 million input tokens that the service has in its cache; None where no such
            price is known.
    """

    usd: float
    output_usd: float | None
    origin: Origin
    cached_usd: float | None = None


def snapshot(model: str) -> str:
    """Return the base model of a fine-tune: `ft:gpt-4o-2024-08-06:acme` → `gpt-4o-2024-08-06`."""
    return re.split(r":|\.ft-", model.removeprefix("ft:"), maxsplit=1)[0]


def base_name(model: str) -> str:
    """Return a model's name without snapshot and fine-tune: `ft:gpt-4o-2024-08-06:acme` → `gpt-4o`."""
    return re.sub(r"-\d{4}(-\d{2}-\d{2})?$", "", snapshot(model))


def find_price(kind: Kind, model: str, service: str) -> Price | None:
    """Look up a price; a snapshot costs what its model does, a similar name does not.

    Args:
        kind: "training" (per 1 million tokens), "inference" (of the fine-tune), "base" (inference of the
            model itself) or "hosting" (per hour).
        model: A model id, fine-tuned or not.
        service: "openai", "azure", "nebius" or "local".

    Returns:
        The price of the model, else the service's price for any model, else None.
    """
    entries = {
        entry["model"]: entry[kind] for entry in _prices() if entry["service"] == service and kind in entry
    }
    entry = entries.get(base_name(model), entries.get("any"))
    if entry is None:
        return None
    amounts = {name: value for name, value in entry.items() if isinstance(value, float)}
    output = amounts.pop("output_usd_per_million", None)
    cached = amounts.pop("cached_usd_per_million", None)
    return Price(amounts.popitem()[1], output, origin_of(entry), cached)


def trainable_models() -> list[tuple[str, str]]:
    """Return service and model of every training price that is for one model."""
    return [
        (entry["service"], entry["model"])
        for entry in _prices()
        if "training" in entry and entry["model"] != "any"
    ]


def untuned_models(service: str) -> list[str]:
    """Return the models of a service that answer without fine-tuning, the cheapest first.

    Args:
        service: "openai", "azure" or "local".

    Returns:
        Their names, by the price of input tokens; newer ones that cannot be fine-tuned are among them.
    """
    usd = {
        entry["model"]: entry["base"]["input_usd_per_million"]
        for entry in _prices()
        if entry["service"] == service and "base" in entry
    }
    return sorted(usd, key=lambda model: usd[model])


def money(low: float, high: float) -> str:
    """Write an amount of money, or a range.

    Args:
        low: Lowest amount in USD.
        high: Highest amount in USD.
    """
    return f"{span(_cents(low), _cents(high))} USD"


def span(low: str, high: str) -> str:
    """Write two figures as a range, or one figure when they are the same."""
    return low if low == high else f"{low} to {high}"


def _cents(usd: float) -> str:
    return "less than 0.01" if usd < 0.01 else f"{usd:.2f}"


def _prices() -> list[_PriceEntry]:
    return read_table("prices.json", list[_PriceEntry])
