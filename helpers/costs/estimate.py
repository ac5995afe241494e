"""What a fine-tuning job will cost, before it is made.

Tokens are in `tokens`, prices in `prices`. No figure stands alone: an estimate is a
range, names the rule that turns tokens into a bill, and says where its price is from.
When a fine-tune pays is in `payback`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

from finetune_dataset.errors import FineTuneError
from finetune_dataset.files import open_source
from finetune_dataset.models import LOCAL_MODEL, encoding_of, is_known, is_local
from finetune_dataset.report import DatasetReport
from finetune_dataset.tokens.count import n_epochs_auto
from finetune_dataset.validate import validate_dataset
from helpers.costs.prices import Price, Retirement, find_price, find_retirement, money, span, trainable_models
from helpers.errors import NotApproved

if TYPE_CHECKING:
    import pandas as pd

# Service → how the published token estimate becomes a bill, and how sure that is.
RULES = {
    "openai": "n_epochs × (published estimate - 2 per row) matched 7 recorded bills (to Mar 2025); "
    "the higher figure is the published estimate",
    "azure": "n_epochs × published estimate, rounded up to 1,000, matched 2 recorded bills",
    "nebius": "n_epochs × published estimate for OpenAI's models; not compared with any bill",
    "compatible": "n_epochs × published estimate for OpenAI's models; this service may count otherwise",
    "local": "n_epochs × tokens in the model's chat template",
}
MAX_EPOCHS = 50  # openapi.yaml, read 2026-08-21.
# What the chat API adds to the text of tool definitions (observed 2023; 5 with a system message). One
# recorded training bill does not have it.
TOOL_TOKENS = 9
# Tokens of six other vocabularies against o200k_base, on English prose and code (splintr-rs 0.22,
# November 2026): cl100k, Llama 3, Phi 4, DeepSeek V3, Mistral V2 and V3.
OTHER_VOCABULARIES = (0.99, 1.20)
# How a row with tool definitions, or with images or audio, looks in a file.
TOOL_KEYS = (b'"tools"', b'"functions"')
MEDIA_KEYS = (b'"image_url"', b'"input_audio"')
HOURLY = (
    "reinforcement jobs are billed by the hour, 100 USD for o4-mini (documented, 2026-03-19: Microsoft cost "
    "guide for fine-tuning; the same at OpenAI, help.openai.com/en/articles/11323177); graders that are "
    "models cost extra"
)


@dataclass(frozen=True)
class CostEstimate:
    """What a job will be billed, as a range.

    Attributes:
        model: The base model.
        provider: Who bills it: openai, azure, nebius, compatible or local.
        rows: Number of training examples.
        n_epochs: How often the job sees each example.
        billed_tokens: Billed tokens by the rule, for all epochs.
        tokens_low: Lowest number of billed tokens that the rule leaves open.
        tokens_high: Highest number.
        price: USD per 1 million training tokens; None when no price is known.
        rule: How the tokens were counted, and how sure that is.
        source: Where the price is from, its date, and what kind of evidence that is.
        hosting: Price of a deployment per hour, used or not; None where nothing is known to be asked.
        retirement: When the model ends at this service; None when no date is known.
        today: The day that the ages and lifetimes count from.
    """

    model: str
    provider: str
    rows: int
    n_epochs: int
    billed_tokens: int
    tokens_low: int
    tokens_high: int
    price: float | None
    rule: str
    source: str
    hosting: Price | None
    retirement: Retirement | None
    today: date

    @property
    def free(self) -> bool:
        """True when training costs nothing, because it runs on this computer."""
        return self.provider == "local"

    @property
    def usd_low(self) -> float | None:
        """Lowest cost in USD; None when no price is known."""
        return None if self.price is None else self.tokens_low * self.price / 1_000_000

    @property
    def usd_high(self) -> float | None:
        """Highest cost in USD; None when no price is known."""
        return None if self.price is None else self.tokens_high * self.price / 1_000_000

    @property
    def days_to_live(self) -> int | None:
        """Days that a fine-tune made today would answer, 0 or more; None when no date is known."""
        return None if self.retirement is None else max(0, (self.retirement.shutdown - self.today).days)

    def __repr__(self) -> str:
        tokens = span(f"{self.tokens_low:,}", f"{self.tokens_high:,}")
        head = f"{self.model}: {self.rows} rows × {self.n_epochs} epochs = {tokens} tokens"
        if self.free:
            return f"{head}, free (trained on this computer)"
        usd = "price unknown" if self.price is None else money(self.usd_low, self.usd_high)
        lines = [f"{head}, {usd}", f"Price: {self.source}", f"Tokens: {self.rule}"]
        if self.hosting:
            lines.append(
                f"Hosting: {self.hosting.usd:.2f} USD per hour, used or not "
                f"({self.hosting.origin.describe(self.today)})"
            )
        if self.retirement:
            lines.append(f"Retirement: {self.retirement.describe(self.today)}")
        return "\n  ".join(lines)


def estimate_cost(
    report: DatasetReport,
    model: str | Path,
    n_epochs: int | None = None,
    provider: str = "openai",
    *,
    price: float | None = None,
    today: date | None = None,
) -> CostEstimate:
    """Estimate the bill of a job.

    Only training rows are billed at OpenAI; validation rows are free (guide, early 2025).

    Args:
        report: What `validate_dataset` found in the training file. Its tokens are used when they were
            counted with the same vocabulary; otherwise its file is read again.
        model: The base model: an id, or the folder of a local model.
        n_epochs: Number of epochs, 1 to 50; None for the number that "auto" stands for, see `n_epochs_auto`.
        provider: Who bills it: "openai", "azure", "nebius", or the backend of a run ("compatible",
            "replay", "local"). A local model is free in any case.
        price: USD per 1 million training tokens, when you know it better than the price table.
        today: The day to count ages from; today without it.

    Returns:
        A range, with its rule and the source of its price.

    Raises:
        FineTuneError: The provider is not known, or the number of epochs is outside of the range.
        DatasetError: The report's file is gone.
    """
    if is_local(model) or provider == "replay":
        provider = "local"
    if provider not in RULES:
        raise FineTuneError(f"No billing rule for provider {provider!r}. Known: {', '.join(RULES)}.")
    if n_epochs is not None and n_epochs not in range(1, MAX_EPOCHS + 1):
        raise FineTuneError(
            f"n_epochs is {n_epochs!r}; expected a whole number from 1 to {MAX_EPOCHS}, or None for the "
            'number that "auto" stands for.'
        )
    today = today or date.today()
    counted = _count_for(report, model)
    epochs = n_epochs or n_epochs_auto(max(1, report.n_rows))
    billed, low, high, rule = _bill(counted, model, epochs, provider)
    if n_epochs is None:
        rule += f'; {epochs} epochs for "auto" by the cookbook\'s rule, which OpenAI never confirmed'
    usd, source = _training_price(counted.method, str(model), provider, price, today)
    return CostEstimate(
        model=str(model),
        provider=provider,
        rows=report.n_rows,
        n_epochs=epochs,
        billed_tokens=billed,
        tokens_low=low,
        tokens_high=high,
        price=usd,
        rule=rule,
        source=source,
        hosting=find_price("hosting", str(model), provider),
        retirement=find_retirement(str(model), provider),
        today=today,
    )


def approve(cost: CostEstimate) -> None:
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
    """
    import pandas as pd  # Here, so that a server can estimate without loading pandas.

    today = today or date.today()
    open_model = ("nebius", "meta-llama/Meta-Llama-3.1-8B-Instruct")
    models = models or [*trainable_models(), open_model, ("local", LOCAL_MODEL)]
    counted = {}
    rows = []
    for provider, model in models:
        vocabulary = _vocabulary(model)
        counted[vocabulary] = counted.get(vocabulary) or _count_for(report, model)
        own = (prices or {}).get((provider, str(model)))
        cost = estimate_cost(counted[vocabulary], model, n_epochs, provider, price=own, today=today)
        listed = find_price("training", str(model), cost.provider) if own is None else None
        rows.append(
            {
                "provider": cost.provider,
                "model": cost.model,
                "USD per 1M": cost.price,
                "as of": listed.origin.as_of if listed else None,
                "evidence": _evidence(listed, own, today),
                "tokens": counted[vocabulary].tokens,
                "epochs": cost.n_epochs,
                "billed tokens": cost.billed_tokens,
                "USD low": cost.usd_low,
                "USD high": cost.usd_high,
                "hosting USD/h": cost.hosting.usd if cost.hosting else None,
                "days to live": cost.days_to_live,
                "rule": cost.rule,
            }
        )
    table = pd.DataFrame(rows)
    return table.astype({"days to live": "Int64", "USD per 1M": float, "hosting USD/h": float})


def _evidence(listed: Price | None, given: float | None, today: date) -> str | None:
    if given is not None:
        return "given by you"
    if listed is None:
        return None
    return ", ".join(filter(None, [listed.origin.evidence, listed.origin.warning(today)]))


def _vocabulary(model: str | Path) -> str | Path:
    """Name what a model is counted with: two models of one vocabulary have the same tokens."""
    return model if is_local(model) else encoding_of(str(model))


def _count_for(report: DatasetReport, model: str | Path) -> DatasetReport:
    """Return the report with tokens for a model; the file is read again only for another vocabulary."""
    if report.tokens is not None and _vocabulary(report.model) == _vocabulary(model):
        return report
    return validate_dataset(report.path, report.method, model)


def _bill(
    report: DatasetReport, model: str | Path, n_epochs: int, provider: str
) -> tuple[int, int, int, str]:
    """Return billed tokens by the rule, the lowest, the highest, and the rule in words."""
    rows = report.statistics.tokens_per_row.total()
    estimate = n_epochs * report.tokens
    billed = estimate
    if provider == "openai":
        billed -= 2 * rows * n_epochs
    elif provider == "azure":
        billed = _next_thousand(estimate)
    low, high = sorted((billed, estimate))
    rule = f"{RULES[provider]}; counted with {'its own tokenizer' if is_local(model) else encoding_of(model)}"
    if not is_known(model):
        low, high = int(low * OTHER_VOCABULARIES[0]), ceil(high * OTHER_VOCABULARIES[1])
        rule += f", which is a guess: {model} is not in our table, and the range holds six other vocabularies"
    tools, media = _rows_with(report.path, TOOL_KEYS), _rows_with(report.path, MEDIA_KEYS)
    if tools and provider != "local":
        high += TOOL_TOKENS * tools * n_epochs
        rule += f"; tools in {tools} rows as in one recorded bill, the higher figure as in the chat API"
    if media:
        rule += f"; images or audio in {media} rows are not counted: no rule for training is known"
    if report.method == "dpo" and provider != "local":
        high *= 2
        rule += "; not compared with a bill of preference rows: the higher figure has every row twice"
    if rows < report.n_rows:
        rule += f"; {report.n_rows - rows} rows with errors are left out"
    return billed, low, _next_thousand(high) if provider == "azure" else high, rule


def _next_thousand(tokens: int) -> int:
    return ceil(tokens / 1000) * 1000


def _rows_with(path: Path, keys: tuple[bytes, ...]) -> int:
    """Count the lines of a file that have a key; inside a text its quotes would be escaped."""
    with open_source(path) as source:
        return sum(1 for line in source if any(key in line for key in keys))


def _training_price(
    method: str, model: str, provider: str, given: float | None, today: date
) -> tuple[float | None, str]:
    if given is not None:
        return given, f"{given:.2f} USD per 1 million training tokens, given by you"
    if method == "reinforcement" and provider != "local":
        return None, HOURLY
    price = find_price("training", model, provider)
    if price is None:
        return None, f"no price for {model!r} at {provider} in data/prices.json; pass price="
    return price.usd, f"{price.usd:.2f} USD per 1 million training tokens ({price.origin.describe(today)})"
