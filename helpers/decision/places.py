"""Where one can still fine-tune on a day, from the dates that the services gave: `data/roads.json`."""

from datetime import date

from helpers.costs.prices import base_name, find_price
from helpers.costs.retirements import Retirement, find_notices

_NOT_BY_EXAMPLES = {"o4-mini"}
"""Trained with a grader only (Microsoft Foundry, table of models for fine-tuning, 2026-07)."""

_TITLES = {"openai": "OpenAI", "azure": "Azure, for OpenAI's models"}


def places_to_train(today: date | None = None) -> list[str]:
    """Say where a model can be fine-tuned, and until when it would answer.

    Args:
        today: The day to count from; today without it.

    Returns:
        One sentence for your own computer, and one for each service that the course's tables know.
    """
    today = today or date.today()
    sentences = [
        "On your own computer: open models, on any day; the weights are files that you keep. The local "
        "server of this course does it."
    ]
    for service, title in _TITLES.items():
        ends = [
            end for models, end in find_notices(service) if set(map(base_name, models)) - _NOT_BY_EXAMPLES
        ]
        sentences.append(f"{title}: {_say(ends, today)}")
    nebius = find_price("training", "any", "nebius")
    if nebius is not None:
        sentences.append(f"Nebius: open models ({nebius.origin.describe(today)}).")
    return sentences


def _say(notices: list[Retirement], today: date) -> str:
    """Of a service's models, those that can be trained for the longest time."""
    open_now = [notice for notice in notices if today <= notice.last_job]
    last = max(open_now or notices, key=lambda notice: notice.last_job)
    if open_now:
        return (
            f"{last.jobs(today)}; such a model stops on {last.shutdown}, "
            f"{(last.shutdown - today).days} days from {today} ({last.origin.describe(today)})."
        )
    live = [notice.shutdown for notice in notices if notice.shutdown > today]
    planned = (
        "the plan was that its fine-tuned models stop" if last.at_least else "its models that exist stop"
    )
    ended = "on this plan its" if last.at_least else "its"
    rest = f"{planned} on {max(live)}" if live else f"{ended} fine-tuned models have stopped"
    return f"{last.jobs(today)}; {rest} ({last.origin.describe(today)})."
