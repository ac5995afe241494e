"""What was approved, in one file beside the runs: a job whose notebook stopped is counted, too."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from finetune_dataset.errors import DatasetError
from finetune_dataset.jsonlines import read_jsonl
from helpers.errors import UnreadableContent
from helpers.paths import runs_dir

NAME = "approved.jsonl"


def note_approval(model: str, service: str, usd_high: float | None) -> None:
    """Write down that a job may be made. Call it right before: what is noted counts, whatever happens then.

    Args:
        model: The base model.
        service: Who bills it.
        usd_high: The most that the job may cost in USD; None where no price is known.
    """
    place = runs_dir() / NAME
    place.parent.mkdir(parents=True, exist_ok=True)
    line = {"at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", "model": model, "service": service}
    with open(place, "a", encoding="utf-8", newline="\n") as file:
        file.write(f"{json.dumps({**line, 'usd_high': usd_high})}\n")


def approved_usd() -> float:
    """Add up the most that all approved jobs may cost, in USD; those without a known price count nothing.

    Raises:
        UnreadableContent: The file is damaged: what it held would be missing in the sum.
    """
    return sum(amount for amount in map(_amount, _approvals()) if amount is not None)


def approved_without_price() -> int:
    """How many jobs were approved whose price nobody knew.

    Raises:
        UnreadableContent: The file is damaged.
    """
    return sum(_amount(line) is None for line in _approvals())


def _amount(line: dict[str, Any]) -> float | None:
    amount = line.get("usd_high")
    return float(amount) if isinstance(amount, int | float) else None


def _approvals() -> Iterator[dict[str, Any]]:
    place: Path = runs_dir() / NAME
    if not place.exists():
        return
    try:
        yield from read_jsonl(place)
    except DatasetError as error:
        raise UnreadableContent(
            f"{error}\nThis file says what was approved. Mend it, or remove the file to begin a new sum."
        ) from error
