"""One training file at several services: what each would ask."""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from finetune_dataset.display.html_text import plain_tables
from finetune_dataset.models import LOCAL_MODEL
from finetune_dataset.report import DatasetReport
from helpers.costs.billing import count_for, vocabulary
from helpers.costs.estimate import estimate_cost
from helpers.costs.prices import Price, find_price, trainable_models

if TYPE_CHECKING:
    import pandas as pd


def cost_table(
    report: DatasetReport,
    models: Iterable[tuple[str, str | Path]] | None = None,
    n_epochs: int | None = None,
    *,
    prices: Mapping[tuple[str, str], float] | None = None,
    today: date | None = None,
) -> "pd.DataFrame":
    """Compare what a training file would cost at several services.

    Args:
        report: What `validate_dataset` found in the training file.
        models: Provider and model of each row; without it every model in the price table, one open
            model at Nebius, and the course's own model.
        n_epochs: Number of epochs, the same for all; None for the number that "auto" stands for.
        prices: (provider, model) → USD per 1 million training tokens, where you know it better.
        today: The day to count ages from; today without it.

    Returns:
        One row per model: price with its date and evidence, tokens of one pass, epochs, billed
        tokens, lowest and highest cost in USD, hosting in USD per hour, the days that a fine-tune
        made today would live, and the rule that made tokens a bill. Unknown figures are missing values.

    Raises:
        FineTuneError: A provider is not known, or the number of epochs is outside of the range.
        DatasetError: The report's file is gone.
    """
    import pandas as pd  # Here, so that an estimate needs no pandas.

    today = today or date.today()
    open_model = ("nebius", "meta-llama/Meta-Llama-3.1-8B-Instruct")
    counted: dict[str | Path, DatasetReport] = {}
    rows = []
    for provider, model in models or [*trainable_models(), open_model, ("local", LOCAL_MODEL)]:
        own = (prices or {}).get((provider, str(model)))
        words = vocabulary(model)
        counted[words] = counted.get(words) or count_for(report, model)
        cost = estimate_cost(counted[words], model, n_epochs, provider, price=own, today=today)
        listed = find_price("training", str(model), cost.provider) if own is None else None
        rows.append(
            {
                "provider": cost.provider,
                "model": cost.model,
                "USD per 1M": cost.price,
                "as of": listed.origin.as_of if listed else None,
                "evidence": _evidence(listed, own, today),
                "tokens": counted[words].tokens,
                "epochs": cost.n_epochs,
                "billed tokens": cost.billed_tokens,
                "USD low": cost.usd_low,
                "USD high": cost.usd_high,
                "hosting USD/h": cost.hosting.usd if cost.hosting else None,
                "days to live": cost.days_to_live,
                "rule": cost.rule,
            }
        )
    plain_tables()
    table = pd.DataFrame(rows)
    return table.astype({"days to live": "Int64", "USD per 1M": float, "hosting USD/h": float})


def _evidence(listed: Price | None, given: float | None, today: date) -> str | None:
    if given is not None:
        return "given by you"
    if listed is None:
        return None
    return ", ".join(filter(None, [listed.origin.evidence, listed.origin.warning(today)]))
