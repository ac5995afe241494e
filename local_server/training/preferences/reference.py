"""How likely the model that a job starts from finds each answer: what `dpo` compares with."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import torch

from local_server.training.job_log import Log
from local_server.training.measured.foretold import foretold
from local_server.training.preferences.pairs import Collator, Pair
from local_server.training.rows.progress import PERIOD_SECONDS

Reference = list[tuple[float, float]]


def likelihoods(model: torch.nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """The logarithm of the likelihood of each answer.

    Args:
        model: The model.
        batch: From `Collator`.

    Returns:
        Sums over the tokens of an answer in nats, shape (2, pairs).
    """
    return -foretold(model, batch).losses.sum(dim=1).view(2, -1)


@torch.no_grad()
def reference_of(
    model: torch.nn.Module,
    pairs: list[Pair],
    collate: Collator,
    at_once: int,
    kept: Path,
    log: Log,
    stop: threading.Event,
) -> Reference | None:
    """Read each pair once with the model as it is now, or take what an earlier process has kept.

    The numbers are the same for every epoch: a second model in memory would be read with each step again.

    Args:
        model: That the job starts from.
        pairs: Of one file.
        collate: Makes batches.
        at_once: Pairs in one.
        kept: The file for the numbers: a job that goes on does not read the pairs again.
        log: Where it is said how far the reading is when it takes long.
        stop: Ends the reading when set.

    Returns:
        For each pair the logarithms of the likelihoods of both answers; None when it was stopped.
    """
    if kept.exists():
        return [(chosen, rejected) for chosen, rejected in json.loads(kept.read_text(encoding="utf-8"))]
    was_training = model.training
    model.eval()
    found: Reference = []
    tell = _teller(kept.name.split(".")[0], len(pairs), log)
    for first in range(0, len(pairs), at_once):
        if stop.is_set():
            return None
        batch = collate([pair._asdict() for pair in pairs[first : first + at_once]])
        chosen, rejected = likelihoods(model, batch).tolist()
        found += zip(chosen, rejected, strict=True)
        tell(len(found))
    model.train(was_training)
    draft = kept.with_name(kept.name + ".new")
    draft.write_text(json.dumps(found), encoding="utf-8")
    os.replace(draft, kept)
    return found


def _teller(part: str, count: int, log: Log) -> Callable[[int], None]:
    said = time.monotonic()

    def tell(done: int) -> None:
        nonlocal said
        now = time.monotonic()
        if done < count and now - said >= PERIOD_SECONDS:
            said = now
            message = f"Reading the {part} file with the starting model: {done:,} of {count:,} pairs"
            log.reads(f"{part} pairs", done, message)

    return tell


def with_reference(pairs: Iterable[Pair], reference: Reference) -> list[dict[str, object]]:
    """The rows that the trainer reads."""
    return [
        {**pair._asdict(), "reference": list(numbers)} for pair, numbers in zip(pairs, reference, strict=True)
    ]
