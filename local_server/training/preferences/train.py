"""A job of the method `dpo`: the model learns which of two answers is preferred."""

import math
import threading
from functools import partial
from pathlib import Path

import torch

from local_server.training import frame
from local_server.training.adapters import load
from local_server.training.job_log import Log
from local_server.training.measured.metrics import TrainMetrics
from local_server.training.measured.validation import Validation
from local_server.training.narrow.llama import MULTIPLE, train_in_bfloat16
from local_server.training.preferences.pairs import Collator, Pair, load_of, read_pairs
from local_server.training.preferences.reference import reference_of, with_reference
from local_server.training.preferences.trainer import config, evaluate, made
from local_server.training.reporter import Reporter
from local_server.training.specification import Specification, learning_rate
from local_server.training.supervised.trainer import validation_rows


def train(folder: Path, job: Specification, log: Log, stop: threading.Event) -> int | None:
    """Fine-tune on the pairs of the training rows; arguments, result and errors as in `__main__.py`."""
    start = frame.start_of(job)
    pairs = read_pairs(folder / "training.jsonl", start.tokenizer, start.context, log)
    tokens = sum(pair.tokens for pair in pairs) * job["n_epochs"]
    if frame.has_ended(folder, start.size):
        return tokens
    if stop.is_set():
        return None
    valid_pairs: list[Pair] = []
    if (folder / "validation.jsonl").exists():
        valid_pairs = read_pairs(folder / "validation.jsonl", start.tokenizer, start.context, log)
    chosen = frame.chosen_way(log, job, start.base, load_of(pairs, job["batch_size"]))
    torch.set_num_threads(chosen["threads"])
    model = load(start.model, chosen, job["seed"])
    if "products" in chosen:
        train_in_bfloat16(model)
    collate = Collator(_pad_token(start), MULTIPLE if "products" in chosen else None)
    sides = [side for pair in pairs + valid_pairs for side in pair]
    at_once = max(1, validation_rows(start.size, sides) // 2)
    files = {"training": pairs, "validation": valid_pairs}
    rows = {}
    for name, of_file in files.items():
        kept = folder / f"{name}.reference.json"
        reference = reference_of(model, of_file, collate, at_once, kept, log, stop)
        if reference is None:
            return None
        rows[name] = with_reference(of_file, reference)
    rate = learning_rate(job, chosen["training_method"])
    trainer = made(model, config(folder, job, rate, chosen), start.tokenizer, collate, rows["training"])
    validation = None
    if valid_pairs:
        small = min(job["batch_size"], at_once)
        measure = partial(evaluate, beta=job["beta"])
        validation = Validation(rows["validation"], collate, small, at_once, measure)

    def measured() -> TrainMetrics:
        return {"train_mean_token_accuracy": trainer.accuracy, **trainer.measured}

    steps_per_epoch = math.ceil(len(pairs) / job["batch_size"])
    trainer.add_callback(
        Reporter(log, stop, validation, folder / "checkpoints", steps_per_epoch, start.size, measured)
    )
    return tokens if frame.run(trainer, folder, log, start.size) else None


def _pad_token(start: frame.Start) -> int:
    """As in TRL: the end of a text fills rows up where the model has no token for it."""
    token = start.tokenizer.pad_token_id
    found = start.tokenizer.eos_token_id if token is None else token
    return int(found or 0)
