"""The training program: `python -m local_server.training JOB_FOLDER`.

It reads `job.json` and the rows beside it, and writes `events.jsonl` (one line per
step), `checkpoints/`, `step_metrics.csv` and `model/`. It shares nothing else with the
server. Started again on the same folder, it waits until an earlier process has left it,
goes on from the last checkpoint and writes no line twice.
"""

import gc

# Imports make a million objects that all stay: to search them for garbage is a fifth of the start
# (4.0 s of processor time instead of 3.2, measured Nov 2026). So the imports have to follow this line.
gc.disable()

import argparse
import math
import os
import sys
import threading
import traceback
from contextlib import suppress
from pathlib import Path

import torch
from datasets import Dataset
from filelock import FileLock
from transformers import AutoConfig, AutoTokenizer

from finetune_dataset.quality.private_data import mask_private
from local_server.training import shortage, specification
from local_server.training.adapters import load
from local_server.training.choice import memory
from local_server.training.job_log import Log, remove_half_written, step_of
from local_server.training.keeping import base_of, keep_weights_only
from local_server.training.narrow.llama import train_in_bfloat16
from local_server.training.reporter import Reporter, TrainingFailed, Validation
from local_server.training.result_file import write_result_file
from local_server.training.trainer import (
    Trainer,
    chosen_way,
    config,
    load_of,
    tokenized,
    validation_rows,
)

gc.freeze()
gc.enable()

# A process that was told to stop needs one step and one checkpoint for it.
_LEAVE_SECONDS = 600


def train(folder: Path, job: specification.Specification, log: Log, stop: threading.Event) -> int | None:
    """Fine-tune a model, or an adapter on it, on the answers of the training rows.

    Args:
        folder: The job folder.
        job: The content of job.json.
        log: Where lines go.
        stop: Ends the training at the next step when set; a checkpoint of that step is kept.

    Returns:
        Tokens trained on: those of all rows, times epochs, as OpenAI bills them. None when it was stopped.

    Raises:
        TrainingFailed: A row has no answer that fits the model, memory is missing, or the loss diverged.
        NotNow: Memory is missing that other programs use just now.
    """
    model_folder = Path(job["model_folder"])
    base = base_of(model_folder) or model_folder
    tokenizer = AutoTokenizer.from_pretrained(base)
    context: int = AutoConfig.from_pretrained(base).max_position_embeddings
    rows = tokenized(folder / "training.jsonl", tokenizer, context, log)
    tokens = sum(len(row["input_ids"]) for row in rows) * job["n_epochs"]
    size = memory.size_of(base)
    if (folder / "model").exists():
        keep_weights_only(folder, size)
        return tokens
    if stop.is_set():
        return None
    valid_rows = None
    if (folder / "validation.jsonl").exists():
        valid_rows = tokenized(folder / "validation.jsonl", tokenizer, context, log)
    chosen = chosen_way(log, job, base, load_of(rows, job["batch_size"]))
    torch.set_num_threads(chosen["threads"])
    model = load(model_folder, chosen, job["seed"])
    rate = specification.learning_rate(job, chosen["training_method"])
    trainer = Trainer(
        model,
        config(folder, job, rate, chosen),
        processing_class=tokenizer,
        train_dataset=Dataset.from_list(rows),
    )
    if "products" in chosen:
        train_in_bfloat16(model)
    validation = None
    if valid_rows is not None:
        at_once = validation_rows(size, valid_rows)
        validation = Validation(valid_rows, trainer.data_collator, min(job["batch_size"], at_once), at_once)
    steps_per_epoch = math.ceil(len(rows) / job["batch_size"])
    trainer.add_callback(
        Reporter(
            log, stop, validation, folder / "checkpoints", steps_per_epoch, size, lambda: trainer.accuracy
        )
    )
    trainer.train(resume_from_checkpoint=_last_checkpoint(folder, log))
    if trainer.state.global_step < trainer.state.max_steps:
        return None
    os.rename(folder / "checkpoints" / f"checkpoint-{trainer.state.max_steps}", folder / "model")
    keep_weights_only(folder, size)
    return tokens


def _last_checkpoint(folder: Path, log: Log) -> str | None:
    whole = {line["step"] for line in log.lines if line["kind"] == "checkpoint"}
    kept = [path for path in (folder / "checkpoints").glob("checkpoint-*") if step_of(path) in whole]
    return str(max(kept, key=step_of)) if kept else None


def _watch_stdin(stop: threading.Event) -> None:
    """The server holds the other end of stdin: it closes when the job is paused or the server ends."""
    # The descriptor and not `sys.stdin`: Python cannot shut down while a thread reads that.
    while os.read(0, 1):
        pass
    stop.set()


def _explain(error: Exception, folder: Path, log: Log) -> int:
    """Record why the training ended, if the job is to blame; returns the exit status."""
    status = None if isinstance(error, TrainingFailed) else shortage.status_of(error, folder)
    if status is None:
        why = (
            error
            if isinstance(error, TrainingFailed)
            else TrainingFailed(f"The training process failed: {type(error).__name__}: {error}")
        )
        try:
            further = [mask_private(line) for line in why.further]
            log.failed(why.code, mask_private(str(why)), why.param, further)
        except Exception as unwritten:
            status = shortage.status_of(unwritten, folder)
    if status is not None:
        # They are what fills the disk.
        remove_half_written(folder, log.lines)
    return status or 1


def main() -> None:
    """Train the job of one folder; the exit status is 0 unless the job failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the job folder, with job.json and training.jsonl")
    parser.add_argument("--watch-stdin", action="store_true", help="stop at the next step when stdin closes")
    arguments = parser.parse_args()
    folder, stop = arguments.folder, threading.Event()
    if arguments.watch_stdin:
        threading.Thread(target=_watch_stdin, args=(stop,), daemon=True).start()
    with suppress(OSError):
        # When the memory of the machine is used up, Linux ends this process before the server (0 to 1000).
        Path("/proc/self/oom_score_adj").write_text("500", encoding="utf-8")
    with FileLock(folder / "trainer.lock", timeout=_LEAVE_SECONDS):
        log = Log(folder / "events.jsonl")
        try:
            tokens = train(folder, specification.read(folder), log, stop)
            if tokens is None:
                return
            write_result_file(folder / "step_metrics.csv", log.metrics())
            log.finished(tokens)
        except Exception as error:
            status = _explain(error, folder, log)
            # Into trainer.log, which must not quote the rows either, and may be full.
            with suppress(OSError):
                print(mask_private("".join(traceback.format_exception(error))), file=sys.stderr)
            sys.exit(status)


if __name__ == "__main__":
    main()
