"""The training takes the steps of TRL's own trainer."""

import threading
from pathlib import Path

import pytest
import torch
from datasets import Dataset
from pairs import PAIRS, preference_folder, specification_of
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
from trl import DPOConfig, DPOTrainer

from finetune_dataset.models import PERIODIC_TINY
from local_server.training.__main__ import train
from local_server.training.job_log import Log

pytestmark = pytest.mark.slow

NAMES = {
    "loss": "train_loss",
    "rewards/chosen": "train_chosen_reward",
    "rewards/rejected": "train_rejected_reward",
    "rewards/margins": "train_reward_margin",
    "rewards/accuracies": "train_reward_accuracy",
    "mean_token_accuracy": "train_mean_token_accuracy",
}


class Kept(TrainerCallback):
    """What TRL logs of each step."""

    def __init__(self) -> None:
        self.steps: list[dict[str, float]] = []

    def on_log(self, *arguments: object, logs: dict[str, float], **kwargs: object) -> None:
        if "loss" in logs:
            self.steps.append({ours: logs[name] for name, ours in NAMES.items()})


def of_trl(folder: Path) -> list[dict[str, float]]:
    """Train with TRL's own way from messages to steps, and a second model to compare with."""
    kept = Kept()
    rows = [
        {
            "prompt": row["input"]["messages"],
            "chosen": row["preferred_output"],
            "rejected": row["non_preferred_output"],
        }
        for row in PAIRS
    ]
    settings = DPOConfig(
        output_dir=str(folder), num_train_epochs=2, per_device_train_batch_size=4, learning_rate=5e-5,
        lr_scheduler_type="linear", optim="adamw_torch_fused", seed=1, data_seed=1, bf16=False,
        gradient_checkpointing=False, use_cpu=True, logging_steps=1, save_strategy="no", report_to="none",
        disable_tqdm=True, beta=0.1,
    )  # fmt: skip
    trainer = DPOTrainer(
        AutoModelForCausalLM.from_pretrained(PERIODIC_TINY, dtype=torch.float32),
        args=settings,
        processing_class=AutoTokenizer.from_pretrained(PERIODIC_TINY),
        train_dataset=Dataset.from_list(rows),
        callbacks=[kept],
    )
    trainer.train()
    return kept.steps


def test_loss_and_rewards_of_each_step_are_those_of_trl(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As the server sets it for a job: a trainer would ask the hub for a file of the model.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    folder = preference_folder(tmp_path / "job", n_epochs=2, precision="float32", training_method="full")
    log = Log(folder / "events.jsonl")
    train(folder, specification_of(folder), log, threading.Event())

    theirs = of_trl(tmp_path / "trl")

    ours = [{name: line[name] for name in NAMES.values()} for line in log.metrics()]
    assert len(ours) == len(theirs) == 8
    # Before the first step all rewards are 0 but for rounding, and none is the higher one.
    del ours[0]["train_reward_accuracy"], theirs[0]["train_reward_accuracy"]
    for mine, other in zip(ours, theirs, strict=True):
        assert mine == pytest.approx(other, rel=2e-3, abs=2e-4)
