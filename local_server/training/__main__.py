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
from typing import Any

import torch
from datasets import Dataset
from filelock import FileLock
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from trl import SFTConfig, SFTTrainer

from finetune_dataset.quality.private_data import mask_private
from local_server.training import shortage, specification
from local_server.training.job_log import Log, remove_half_written, step_of, write_result_file
from local_server.training.reporter import Reporter, TrainingFailed, Validation, score
from local_server.training.tokenize import IGNORED, MAX_FURTHER, read_rows, tokenize_row

gc.freeze()
gc.enable()

_TRAINING_STATE = ("optimizer.pt", "scheduler.pt", "rng_state.pth", "training_args.bin", "trainer_state.json")
# A process that was told to stop needs one step and one checkpoint for it.
_LEAVE_SECONDS = 600


class Trainer(SFTTrainer):
    """TRL's trainer with the same loss at less cost.

    On a CPU, TRL 1.16 scores the vocabulary at every position, of prompts and padding too, and once more for
    the gradient: together a tenth of a step (measured Nov 2026).
    """

    accuracy = 0.0
    """Share of the last batch's trained tokens that the model ranked first, from 0 to 1."""

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: dict[str, torch.Tensor | Any],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> torch.Tensor:
        """The mean loss of a batch in nats, over its trained tokens."""
        loss, right, count = score(model, inputs)
        self.accuracy = right / count
        return loss / count


def train(folder: Path, job: specification.Specification, log: Log, stop: threading.Event) -> int | None:
    """Fine-tune all weights in float32 on the answers of the training rows.

    Args:
        folder: The job folder.
        job: The content of job.json.
        log: Where lines go.
        stop: Ends the training at the next step when set; a checkpoint of that step is kept.

    Returns:
        Tokens trained on: those of all rows, times epochs, as OpenAI bills them. None when it was stopped.

    Raises:
        TrainingFailed: A row has no answer that fits the model, or the loss diverged.
    """
    tokenizer = AutoTokenizer.from_pretrained(job["model_folder"])
    model = AutoModelForCausalLM.from_pretrained(job["model_folder"], dtype=torch.float32)
    rows = _tokenized(folder / "training.jsonl", tokenizer, model)
    tokens = sum(len(row["input_ids"]) for row in rows) * job["n_epochs"]
    if (folder / "model").exists():
        _keep_weights_only(folder)
        return tokens
    if stop.is_set():
        return None
    steps_per_epoch = math.ceil(len(rows) / job["batch_size"])
    trainer = Trainer(
        model, _config(folder, job), processing_class=tokenizer, train_dataset=Dataset.from_list(rows)
    )  # fmt: skip
    validation = None
    if (folder / "validation.jsonl").exists():
        valid_rows = _tokenized(folder / "validation.jsonl", tokenizer, model)
        validation = Validation(valid_rows, trainer.data_collator, job["batch_size"])
    trainer.add_callback(
        Reporter(log, stop, validation, folder / "checkpoints", steps_per_epoch, lambda: trainer.accuracy)
    )
    trainer.train(resume_from_checkpoint=_last_checkpoint(folder, log))
    if trainer.state.global_step < trainer.state.max_steps:
        return None
    os.rename(folder / "checkpoints" / f"checkpoint-{trainer.state.max_steps}", folder / "model")
    _keep_weights_only(folder)
    return tokens


def _tokenized(
    path: Path, tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel
) -> list[dict[str, list[int]]]:
    context = model.config.max_position_embeddings
    rows, problems = [], []
    for line, row in read_rows(path):
        try:
            rows.append(tokenize_row(row, tokenizer, context))
        except Exception as error:
            problems.append(f"Example {line} does not fit the chat template of the model: {error}")
            continue
        if all(label == IGNORED for label in rows[-1]["labels"]):
            problems.append(
                f"Example {line} has no answer within the first {context} tokens. Shorten it or leave it out."
            )
    if problems:
        first, *further = problems
        message = f"The job failed due to an invalid {path.stem} file. {first}"
        param = f"{path.stem}_file"
        raise TrainingFailed(message, f"invalid_{param}", param, further[:MAX_FURTHER])
    return rows


def _config(folder: Path, job: specification.Specification) -> SFTConfig:
    return SFTConfig(
        output_dir=str(folder / "checkpoints"),
        num_train_epochs=job["n_epochs"],
        per_device_train_batch_size=job["batch_size"],
        learning_rate=job["learning_rate"],
        lr_scheduler_type="linear",
        optim="adamw_torch_fused",
        seed=job["seed"],
        data_seed=job["seed"],
        # TRL turns both on by default; on a CPU they cost time and save nothing (measured Nov 2026).
        bf16=False,
        gradient_checkpointing=False,
        use_cpu=True,
        logging_steps=1,
        logging_nan_inf_filter=False,
        save_strategy="epoch",
        dataset_kwargs={"skip_prepare_dataset": True},
        dataloader_pin_memory=False,
        report_to="none",
        disable_tqdm=True,
    )


def _last_checkpoint(folder: Path, log: Log) -> str | None:
    whole = {line["step"] for line in log.lines if line["kind"] == "checkpoint"}
    kept = [path for path in (folder / "checkpoints").glob("checkpoint-*") if step_of(path) in whole]
    return str(max(kept, key=step_of)) if kept else None


def _keep_weights_only(folder: Path) -> None:
    """Make checkpoints plain models: the training state is most of their size, and it is pickled."""
    for checkpoint in [folder / "model", *(folder / "checkpoints").glob("checkpoint-*")]:
        for name in _TRAINING_STATE:
            (checkpoint / name).unlink(missing_ok=True)


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
        Path("/proc/self/oom_score_adj").write_text("500")
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
