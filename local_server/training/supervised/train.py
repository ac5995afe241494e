"""A job of the method `supervised`: the model learns each answer."""

import math
import threading
from pathlib import Path

import torch
from datasets import Dataset

from local_server.training import frame, specification
from local_server.training.adapters import load
from local_server.training.job_log import Log
from local_server.training.measured.validation import Validation
from local_server.training.narrow.llama import train_in_bfloat16
from local_server.training.reporter import Reporter
from local_server.training.supervised.trainer import (
    Trainer,
    config,
    evaluate,
    load_of,
    tokenized,
    validation_rows,
)


def train(folder: Path, job: specification.Specification, log: Log, stop: threading.Event) -> int | None:
    """Fine-tune on the answers of the training rows; arguments, result and errors as in `__main__.py`."""
    start = frame.start_of(job)
    rows = tokenized(folder / "training.jsonl", start.tokenizer, start.context, log)
    tokens = sum(len(row["input_ids"]) for row in rows) * job["n_epochs"]
    if frame.has_ended(folder, start.size):
        return tokens
    if stop.is_set():
        return None
    valid_rows = None
    if (folder / "validation.jsonl").exists():
        valid_rows = tokenized(folder / "validation.jsonl", start.tokenizer, start.context, log)
    chosen = frame.chosen_way(log, job, start.base, load_of(rows, job["batch_size"]))
    torch.set_num_threads(chosen["threads"])
    model = load(start.model, chosen, job["seed"])
    rate = specification.learning_rate(job, chosen["training_method"])
    trainer = Trainer(
        model,
        config(folder, job, rate, chosen),
        processing_class=start.tokenizer,
        train_dataset=Dataset.from_list(rows),
    )
    if "products" in chosen:
        train_in_bfloat16(model)
    validation = None
    if valid_rows is not None:
        at_once = validation_rows(start.size, valid_rows)
        small = min(job["batch_size"], at_once)
        validation = Validation(valid_rows, trainer.data_collator, small, at_once, evaluate)
    steps_per_epoch = math.ceil(len(rows) / job["batch_size"])
    trainer.add_callback(
        Reporter(
            log,
            stop,
            validation,
            folder / "checkpoints",
            steps_per_epoch,
            start.size,
            lambda: {"train_mean_token_accuracy": trainer.accuracy},
        )
    )
    return tokens if frame.run(trainer, folder, log, start.size) else None
