"""What a fine-tuning job will cost, before it is made.

No figure stands alone: an estimate is a range, names the rule that turns tokens into a bill (`billing`), and
says where its price is from (`prices`).
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from finetune_dataset.errors import DatasetError, FineTuneError
from finetune_dataset.models import is_local
from finetune_dataset.report import DatasetReport
from finetune_dataset.tokens.count import n_epochs_auto
from helpers.costs.billing import RULES, bill, count_for
from helpers.costs.prices import Price, find_price, money, span
from helpers.costs.retirements import Retirement, find_retirement
from helpers.costs.spending.approvals import note_approval
from helpers.costs.spending.limit import require_within_limit
from helpers.errors import NotApproved

_MAX_EPOCHS = 50  # openapi.yaml, read 2026-08-21.
_HOURLY = (
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
        is_counted: False for a free job of a model that is not on this computer: its tokens are unknown.
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
    is_counted: bool = True

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
        """Days that a fine-tune made today would answer, 0 where none can be made; None without a date."""
        return None if self.retirement is None else self.retirement.days(self.today)

    def __repr__(self) -> str:
        """Write the range, and in lines below it where each figure is from."""
        tokens = span(f"{self.tokens_low:,}", f"{self.tokens_high:,}")
        head = f"{self.model}: {self.rows} rows × {self.n_epochs} epochs"
        head += f" = {tokens} tokens" if self.is_counted else ""
        if self.free:
            return f"{head}, free (trained on this computer)"
        low, high = self.usd_low, self.usd_high
        usd = "price unknown" if low is None or high is None else money(low, high)
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
    if n_epochs is not None and n_epochs not in range(1, _MAX_EPOCHS + 1):
        raise FineTuneError(
            f"n_epochs is {n_epochs!r}; expected a whole number from 1 to {_MAX_EPOCHS}, or None for the "
            'number that "auto" stands for.'
        )
    today = today or date.today()
    counted, is_counted = _counted(report, model, provider)
    epochs = n_epochs or n_epochs_auto(max(1, report.n_rows))
    billed = bill(counted, model, epochs, provider)
    rule = billed.rule
    if n_epochs is None:
        rule += f'; {epochs} epochs for "auto" by the cookbook\'s rule, which OpenAI never confirmed'
    usd, source = _training_price(counted.method, str(model), provider, price, today)
    return CostEstimate(
        model=str(model),
        provider=provider,
        rows=report.n_rows,
        n_epochs=epochs,
        billed_tokens=billed.tokens,
        tokens_low=billed.low,
        tokens_high=billed.high,
        price=usd,
        rule=rule,
        source=source,
        hosting=find_price("hosting", str(model), provider),
        retirement=find_retirement(str(model), provider),
        today=today,
        is_counted=is_counted,
    )


def _counted(report: DatasetReport, model: str | Path, provider: str) -> tuple[DatasetReport, bool]:
    """The rows, counted for the model; where nobody bills them, a model that is not here is no fault."""
    try:
        return count_for(report, model), True
    except DatasetError:
        if provider != "local" or isinstance(model, Path) or not Path(report.path).is_file():
            raise
        return report, False


def approve(cost: CostEstimate, *, limit: float | None = None) -> None:
    """Show what a job will cost and ask before money is spent; a free job is not asked about.

    A "yes" is written down in `runs/approved.jsonl`, so that a limit counts the job from then on.

    Args:
        cost: The estimate of `estimate_cost`.
        limit: The most that all jobs in `runs/` may cost together, in USD; without it the variable
            FINETUNE_LIMIT_USD counts, and without that there is no limit.

    Raises:
        NotApproved: The answer was not "yes", or the limit would not hold.
        FineTuneError: The limit is no number, or below 0.
    """
    if cost.free:
        return
    print(cost)
    require_within_limit(cost.usd_high, limit)
    if input('This job costs money. Type "yes" to go on: ').strip().lower() != "yes":
        raise NotApproved('Stopped before the job was created: the answer was not "yes". Nothing was spent.')
    note_approval(cost.model, cost.provider, cost.usd_high)


def _training_price(
    method: str, model: str, provider: str, given: float | None, today: date
) -> tuple[float | None, str]:
    if given is not None:
        return given, f"{given:.2f} USD per 1 million training tokens, given by you"
    if method == "reinforcement" and provider != "local":
        return None, _HOURLY
    price = find_price("training", model, provider)
    if price is None:
        return None, f"no price for {model!r} at {provider} in data/prices.json; pass price="
    return price.usd, f"{price.usd:.2f} USD per 1 million training tokens ({price.origin.describe(today)})"
