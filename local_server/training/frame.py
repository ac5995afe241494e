"""What stands around the training with every method: the start, TRL's common settings, the end."""

import os
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

import torch
from transformers import AutoConfig, AutoTokenizer, PreTrainedTokenizerBase, Trainer, TrainingArguments

from local_server.training.adapters import rank_of
from local_server.training.choice import memory
from local_server.training.choice.memory import Load, Size
from local_server.training.choice.plan import Asked, DoesNotFit, NotNow, choose, still_fits
from local_server.training.job_log import Log, step_of
from local_server.training.keeping import base_of, keep_weights_only
from local_server.training.narrow.llama import MULTIPLE
from local_server.training.reporter import TrainingFailed
from local_server.training.specification import Chosen, Specification

Settings = TypeVar("Settings", bound=TrainingArguments)


class Start(NamedTuple):
    """What a job starts from.

    Args:
        model: Folder of the model: whole, or an adapter.
        base: Folder of the model that an adapter stands on; the same one where it is whole.
        tokenizer: Of the model.
        context: Tokens that the model can read.
        size: Of the model.
    """

    model: Path
    base: Path
    tokenizer: PreTrainedTokenizerBase
    context: int
    size: Size


def start_of(job: Specification) -> Start:
    """Look what a job starts from, without its weights.

    Args:
        job: The content of job.json.

    Raises:
        OSError: The model is not there.
    """
    model = Path(job["model_folder"])
    base = base_of(model) or model
    context: int = AutoConfig.from_pretrained(base).max_position_embeddings
    return Start(model, base, AutoTokenizer.from_pretrained(base), context, memory.size_of(base))


def has_ended(folder: Path, size: Size) -> bool:
    """Whether an earlier process has trained to the end: then the rest of its work is done here."""
    if (folder / "model").exists():
        keep_weights_only(folder, size)
        return True
    return False


def run(trainer: Trainer, folder: Path, log: Log, size: Size) -> bool:
    """Train from the last checkpoint on, and keep the model.

    Args:
        trainer: TRL's, with a `Reporter`.
        folder: The job folder.
        log: Which checkpoints are whole.
        size: Of the model.

    Returns:
        False when the training was stopped before its end.
    """
    trainer.train(resume_from_checkpoint=_last_checkpoint(folder, log))
    if trainer.state.global_step < trainer.state.max_steps:
        return False
    os.rename(folder / "checkpoints" / f"checkpoint-{trainer.state.max_steps}", folder / "model")
    keep_weights_only(folder, size)
    return True


def _last_checkpoint(folder: Path, log: Log) -> str | None:
    whole = {line["step"] for line in log.lines if line["kind"] == "checkpoint"}
    kept = [path for path in (folder / "checkpoints").glob("checkpoint-*") if step_of(path) in whole]
    return str(max(kept, key=step_of)) if kept else None


def chosen_way(log: Log, job: Specification, base: Path, load: Load, *, products: bool = True) -> Chosen:
    """What the job trains: as in its earlier process, or chosen now and said in an event.

    Args:
        log: Lines of an earlier process, and where the choice goes.
        job: The content of job.json.
        base: Folder of the base model.
        load: Of one step.
        products: Whether the method can train with matrix products in bfloat16.

    Raises:
        TrainingFailed: Nothing that was asked for fits into this machine.
        NotNow: Other programs use the memory just now.
    """
    earlier = next((line["chosen"] for line in log.lines if line["kind"] == "chosen"), None)
    try:
        if earlier is not None:
            still_fits(earlier)
            return earlier
        chosen, message = choose(base, _asked(log, job), load, rank_of(Path(job["model_folder"])), products)
    except DoesNotFit as error:
        raise TrainingFailed(str(error), "insufficient_memory") from error
    except NotNow as error:
        log.waits(str(error))
        raise
    log.chosen(chosen, message)
    return chosen


def _asked(log: Log, job: Specification) -> Asked:
    if log.metrics():
        # A job of a version that knew nothing else goes on as it began.
        return {"training_method": "full", "precision": "float32", "threads": torch.get_num_threads()}
    names = Asked.__optional_keys__
    return cast(Asked, {name: value for name, value in job.items() if name in names})


def settings(folder: Path, job: Specification, learning_rate: float, chosen: Chosen) -> dict[str, Any]:
    """TRL's settings that are the same for every method.

    Args:
        folder: The job folder.
        job: The content of job.json.
        learning_rate: Of the first step; it falls to 0.
        chosen: What is trained.
    """
    return {
        "output_dir": str(folder / "checkpoints"),
        "num_train_epochs": job["n_epochs"],
        "per_device_train_batch_size": job["batch_size"],
        "learning_rate": learning_rate,
        "lr_scheduler_type": "linear",
        "optim": "adamw_torch_fused",
        "seed": job["seed"],
        "data_seed": job["seed"],
        # TRL turns both on by default; on a CPU they cost time and save nothing (measured Nov 2026).
        "bf16": False,
        "gradient_checkpointing": False,
        "use_cpu": chosen["device"] == "cpu",
        "logging_steps": 1,
        "logging_nan_inf_filter": False,
        "save_strategy": "epoch",
        "pad_to_multiple_of": MULTIPLE if "products" in chosen else None,
        "dataloader_pin_memory": False,
        "report_to": "none",
        "disable_tqdm": True,
    }


def on_one_device(made: Settings) -> Settings:
    """Keep the batch on one device: several GPUs would each read a part of it, and other numbers come out."""
    made._n_gpu = min(made.n_gpu, 1)
    return made
