"""What the jobs in `runs/` have cost, and what the same tokens would cost elsewhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finetune_dataset.display.html_text import plain_tables
from helpers.costs.prices import find_price, money
from helpers.errors import UnreadableContent
from helpers.paths import runs_dir
from helpers.stored_json import read_json

if TYPE_CHECKING:
    import pandas as pd

LOCAL = "org-local"
"""The organization that the local server writes into its jobs."""


@dataclass(frozen=True)
class Bill:
    """What one job cost.

    Attributes:
        run: The run folder that knows the job.
        job: Its id.
        model: Its base model.
        service: Who trained it: "local", "openai", "azure", "nebius" or "unknown".
        tokens: Trained tokens; None where no file of the run says it.
        usd: What it cost; None where the tokens or the price are not known.
    """

    run: str
    job: str
    model: str
    service: str
    tokens: int | None
    usd: float | None


def all_bills(folder: Path | None = None) -> list[Bill]:
    """Read the jobs of all runs, each of them once.

    Args:
        folder: Where the run folders are; `runs_dir()` without it.

    Returns:
        One bill per job, by run and id.

    Raises:
        UnreadableContent: A file with jobs is damaged: what it held would be missing in a sum.
    """
    newest: dict[str, tuple[str, dict[str, Any]]] = {}
    for path in sorted((folder or runs_dir()).glob("*/[0-9]*job*.json")):
        way_out = "Remove it to leave its jobs out of the sum."
        for job in _jobs(read_json(path, dict, way_out=way_out, error=UnreadableContent)):
            known = newest.get(job["id"])
            # A job is written down when it is made and when it has ended; only the second one has a bill.
            if known is None or job.get("trained_tokens") is not None:
                newest[job["id"]] = (path.parent.name, job)
    return sorted((_bill(run, job) for run, job in newest.values()), key=lambda bill: (bill.run, bill.job))


def total_usd(found: list[Bill]) -> float:
    """Add up what is known of some bills, in USD."""
    return sum(bill.usd or 0.0 for bill in found)


def without_bill(found: list[Bill]) -> list[str]:
    """Name the paid jobs whose cost is not known, so that no sum hides them."""
    return [bill.job for bill in found if bill.usd is None]


def bills(service: str = "openai", model: str = "gpt-4.1-mini") -> "pd.DataFrame":
    """Show the jobs of all runs: what each cost, and what its tokens would have cost at a service.

    Args:
        service: Where, by the prices of `data/prices.json`.
        model: Which model there.

    Returns:
        One row per job. The tokens are those of the model that was trained; another model cuts the same text
        into more or fewer, so that the last column is an estimate.
    """
    import pandas as pd  # Here, so that an estimate needs no pandas.

    plain_tables()
    price = find_price("training", model, service)
    there = f"USD at {service}, {model}"
    rows = [
        {
            "run": bill.run,
            "job": bill.job,
            "model": bill.model,
            "trained by": bill.service,
            "tokens": bill.tokens,
            "USD": bill.usd,
            there: price.usd * bill.tokens / 1e6 if price and bill.tokens is not None else None,
        }
        for bill in all_bills()
    ]
    columns = ["run", "job", "model", "trained by", "tokens", "USD", there]
    return pd.DataFrame(rows, columns=columns).astype({"tokens": "Int64", "USD": float, there: float})


def describe_bills(today: date | None = None) -> str:
    """Say in a sentence what the jobs in `runs/` cost together, and of which of them that is not known.

    Args:
        today: The day to name; today without it.
    """
    found = all_bills()
    total, missing = total_usd(found), without_bill(found)
    paid = sum(bill.service != "local" for bill in found)
    cost = money(total, total) if total else "0.00 USD"
    jobs = "1 job" if len(found) == 1 else f"{len(found)} jobs"
    said = f"Up to {today or date.today()}: {jobs}, {paid} of them at a service, {cost}."
    if missing:
        said += f" Not counted, because tokens or price are not known: {', '.join(missing)}."
    return said


def _jobs(value: object) -> Iterator[dict[str, Any]]:
    """The jobs in a JSON file: one, or several by name."""
    if isinstance(value, dict):
        if value.get("object") == "fine_tuning.job" and isinstance(value.get("id"), str):
            yield value
        else:
            for each in value.values():
                yield from _jobs(each)


def _bill(run: str, job: dict[str, Any]) -> Bill:
    service, model, tokens = _service(job), str(job.get("model", "")), job.get("trained_tokens")
    usd: float | None = None
    if service == "local":
        usd = 0.0
    elif tokens is None:
        # A job that failed in its check is free; a cancelled one is billed for what it did (both documented).
        usd = 0.0 if job.get("status") == "failed" else None
    else:
        price = find_price("training", model, service)
        usd = price.usd * tokens / 1e6 if price else None
    return Bill(run, str(job["id"]), model, service, tokens, usd)


def _service(job: dict[str, Any]) -> str:
    """Who trained a job: by its organization, and by the names that services give."""
    named = f"{job.get('fine_tuned_model') or ''}"
    if job.get("organization_id") == LOCAL:
        return "local"
    if "trainingType" in job or ".ft-" in named:
        return "azure"
    if str(job.get("organization_id") or "").startswith("org-"):
        return "openai"
    return "nebius" if "/" in str(job.get("model", "")) else "unknown"
