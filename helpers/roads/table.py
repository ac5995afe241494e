"""Roads side by side on a day, and one of them in full: tables of what `data/roads.json` knows."""

from datetime import date
from typing import TYPE_CHECKING

from finetune_dataset.display.html_text import plain_tables
from helpers.costs.prices import Price, find_price, trainable_models
from helpers.roads.known import FACTS, Fact, all_roads, find_road

if TYPE_CHECKING:
    import pandas as pd

UNKNOWN = "not known"


def open_on(today: date | None = None) -> "pd.DataFrame":
    """Show who can train where on a day.

    Args:
        today: The day; today without it.

    Returns:
        One row per road: whether a newcomer can start, whether customers can, the last day of that, whether
        tuned models answer, whether the calls are OpenAI's, and how far this course has tried the road. What
        was read more than 90 days before the day says when that was.
    """
    import pandas as pd  # Here, so that a notice needs no pandas.

    today = today or date.today()
    plain_tables()
    rows = []
    for road in all_roads():
        phase, until = road.phase(today), road.until(today)
        newcomers, customers = (
            value if value in ("no", UNKNOWN) else ", ".join(filter(None, [value, road.stale(today)]))
            for value in (phase.newcomers, phase.customers)
        )
        rows.append(
            {
                "road": road.title,
                "newcomers": newcomers,
                "customers": customers,
                "until": str(until) if until else "no end known",
                "tuned models": phase.tuned,
                "calls": road.calls,
                "tried here": road.tested,
            }
        )
    return pd.DataFrame(rows).set_index("road")


def facts_of(name: str, today: date | None = None) -> "pd.DataFrame":
    """Show all that is known of a road, each with its source.

    Args:
        name: A road, such as "azure".
        today: The day to count ages from; today without it.

    Returns:
        One row per question: the answer or "not known", its source, and the day on which that was read. A
        source of more than 90 days ago says so.

    Raises:
        FineTuneError: The course knows no such road.
    """
    import pandas as pd

    today, road = today or date.today(), find_road(name)
    plain_tables()
    says = {"who can train": road.phase(today).says} | {FACTS[key]: road.facts[key] for key in FACTS}
    prices = [f"{price} ({origin})" for price, origin in _prices(name, today)]
    table = {
        question: {
            "known": "; ".join(
                filter(None, [fact.text or UNKNOWN, *(prices if question == "price" else [])])
            ),
            "source": _source(fact, today),
            "read": str(fact.read or ""),
        }
        for question, fact in says.items()
    }
    return pd.DataFrame.from_dict(table, orient="index")


def _source(fact: Fact, today: date) -> str:
    return fact.origin.describe(today) if fact.origin else ""


def _prices(service: str, today: date) -> list[tuple[str, str]]:
    """The figures of `data/prices.json`: training for each model, and hosting."""
    if service == "local":
        return []  # "nothing" says it.
    models = [model for of, model in trainable_models() if of == service] or ["any"]
    found: list[tuple[str, Price | None, str]] = [
        (model, find_price("training", model, service), "USD for 1 million trained tokens")
        for model in models
    ]
    found.append(("any", find_price("hosting", "any", service), "USD for each hour of a deployment"))
    return [
        (f"{'' if model == 'any' else f'{model}: '}{price.usd:.2f} {unit}", price.origin.describe(today))
        for model, price, unit in found
        if price
    ]
