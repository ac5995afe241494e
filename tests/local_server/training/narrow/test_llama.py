"""A model that trains with products in bfloat16 learns what Transformers' own would."""

import json
import threading
from pathlib import Path

import pytest
import torch
from serving import ROOT
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

from finetune_dataset.models import PERIODIC_TINY, REAL_MODEL
from local_server.training.__main__ import train
from local_server.training.choice import speed
from local_server.training.job_log import Line, Log
from local_server.training.narrow import llama
from local_server.training.narrow.products import Products
from local_server.training.supervised.trainer import score

pytestmark = pytest.mark.slow

CONFIG = json.loads((PERIODIC_TINY / "config.json").read_text())
REAL_FOLDER = ROOT / "runs" / ".models" / REAL_MODEL
# Two rows; the second is shorter, with padding on the right, and both have places that are not trained.
IDS = torch.arange(7, 39).view(2, 16)
LABELS = IDS.clone()
LABELS[:, :6] = LABELS[1, 12:] = -100
BATCH = {"input_ids": IDS, "labels": LABELS, "attention_mask": torch.ones_like(IDS)}
BATCH["attention_mask"][1, 12:] = 0
# Four rows that begin alike, as rows with the same tools do; they differ inside a multiple of eight.
ALIKE = torch.arange(7, 71).repeat(4, 1)
ALIKE[:, 45:] = ALIKE[:, 45:].flip(1).roll(1, 0).cumsum(0) % 64
ALIKE_LABELS = ALIKE.clone()
ALIKE_LABELS[:, :50] = ALIKE_LABELS[2, 60:] = -100
SHARED_BATCH = {"input_ids": ALIKE, "labels": ALIKE_LABELS, "attention_mask": torch.ones_like(ALIKE)}
SHARED_BATCH["attention_mask"][2, 60:] = 0


class WideProducts:
    """In place of the rounded ones: then nothing but the order of sums may differ from Transformers."""

    @staticmethod
    def apply(states: torch.Tensor, *weights: torch.Tensor) -> torch.Tensor:
        return states @ torch.cat(weights).t()


def loss_and_gradients(
    model: LlamaForCausalLM, batch: dict[str, torch.Tensor] = BATCH
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    model.zero_grad()
    loss, _, count = score(model, batch)
    (loss / count).backward()
    return (loss / count).detach(), {name: each.grad.clone() for name, each in model.named_parameters()}


def fewer_key_heads() -> LlamaForCausalLM:
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=64, hidden_size=48, intermediate_size=80, num_hidden_layers=3, num_attention_heads=6,
        num_key_value_heads=2, max_position_embeddings=64, tie_word_embeddings=False,
    )  # fmt: skip
    return LlamaForCausalLM(config)


MODELS = {
    "the tiny model": lambda: AutoModelForCausalLM.from_pretrained(PERIODIC_TINY, dtype=torch.float32),
    "heads that share keys": fewer_key_heads,
}
each_model = pytest.mark.parametrize("made", MODELS.values(), ids=MODELS)


@each_model
def test_without_rounding_loss_and_all_gradients_are_those_of_transformers(
    made: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = made().train()
    loss, gradients = loss_and_gradients(model)
    monkeypatch.setattr(llama, "Products", WideProducts)

    llama.train_in_bfloat16(model)
    our_loss, ours = loss_and_gradients(model)

    torch.testing.assert_close(our_loss, loss)
    torch.testing.assert_close(ours, gradients, rtol=1e-4, atol=1e-5)


@each_model
def test_what_all_rows_begin_with_is_read_once_and_loss_and_gradients_stay(
    made: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = made().train()
    loss, gradients = loss_and_gradients(model, SHARED_BATCH)
    read: list[int] = []

    class CountingProducts(WideProducts):
        @staticmethod
        def apply(states: torch.Tensor, *weights: torch.Tensor) -> torch.Tensor:
            read.append(len(states))
            return WideProducts.apply(states, *weights)

    monkeypatch.setattr(llama, "Products", CountingProducts)

    llama.train_in_bfloat16(model)
    our_loss, ours = loss_and_gradients(model, SHARED_BATCH)

    torch.testing.assert_close(our_loss, loss)
    torch.testing.assert_close(ours, gradients, rtol=1e-4, atol=1e-5)
    # 40 tokens of 64, a multiple of eight, once; the rest of each of four rows.
    assert max(read) == 40 + 4 * 24


@pytest.mark.parametrize(
    ("rows", "wanted", "shared"),
    [
        ("one row has nobody to share with", [50], 0),
        ("two rows that differ early", [50], 0),
        ("two rows that differ late", [50], 40),
        ("two rows that are learned early", [36], 32),
        ("two rows that are the same", [], 0),
        ("two rows that are the same", [63], 56),
    ],
)
def test_a_start_is_shared_up_to_where_rows_differ_or_are_learned(
    rows: str, wanted: list[int], shared: int
) -> None:
    ids = torch.arange(64).repeat(1 if rows.startswith("one") else 2, 1)
    if "differ" in rows:
        ids[-1, 31 if "early" in rows else 45] = 0

    assert llama._shared(ids, torch.tensor(wanted, dtype=torch.long)) == shared


@each_model
def test_with_rounding_they_are_near(made: object) -> None:
    model = made().train()
    loss, gradients = loss_and_gradients(model)

    llama.train_in_bfloat16(model)
    our_loss, ours = loss_and_gradients(model)

    assert llama.Products is Products
    torch.testing.assert_close(our_loss, loss, rtol=0.01, atol=0)
    for name, each in gradients.items():
        assert torch.nn.functional.cosine_similarity(ours[name].flatten(), each.flatten(), dim=0) > 0.999, (
            name
        )


@pytest.mark.skipif(not REAL_FOLDER.is_dir(), reason="the real model is not installed")
def test_the_real_model_is_read_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    model = AutoModelForCausalLM.from_pretrained(REAL_FOLDER, dtype=torch.float32)
    assert llama.reads(json.loads((REAL_FOLDER / "config.json").read_text()))
    loss, gradients = loss_and_gradients(model)

    llama.train_in_bfloat16(model)
    our_loss, ours = loss_and_gradients(model)

    torch.testing.assert_close(our_loss, loss, rtol=0.01, atol=0)
    for name, each in gradients.items():
        assert torch.nn.functional.cosine_similarity(ours[name].flatten(), each.flatten(), dim=0) > 0.95, name


@pytest.mark.parametrize(
    "other",
    [
        {"architectures": ["MistralForCausalLM"]},
        {"hidden_act": "gelu"},
        {"attention_bias": True},
        {"mlp_bias": True},
        {"attention_dropout": 0.1},
        {"quantization_config": {"bits": 4}},
    ],
)
def test_a_model_that_calculates_otherwise_is_left_to_transformers(other: dict) -> None:
    assert llama.reads(CONFIG)
    assert not llama.reads(CONFIG | other)


def losses(folder: Path, stop_at: int | None = None, **asked: str) -> tuple[str, list[float]]:
    """What a small job says of its way, and its losses; stopped at a step, it goes on in the same folder."""
    folder.mkdir()
    rows = (ROOT / "data" / "limericks.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)[:8]
    (folder / "training.jsonl").write_text("".join(rows), encoding="utf-8")
    job = {
        "n_epochs": 2, "batch_size": 2, "learning_rate_multiplier": 1.0, "learning_rate": 4e-4, "seed": 7,
        "model_folder": str(PERIODIC_TINY), **asked,
    }  # fmt: skip
    stop = threading.Event()

    class StoppingLog(Log):
        def append(self, line: Line) -> None:
            super().append(line)
            if stop_at == len(self.metrics()):
                stop.set()

    if stop_at is not None:
        assert train(folder, job, StoppingLog(folder / "events.jsonl"), stop) is None
    log = Log(folder / "events.jsonl")
    assert train(folder, job, log, threading.Event())
    return log.lines[0]["message"], [metrics["train_loss"] for metrics in log.metrics()]


def test_a_job_has_the_same_losses_to_the_last_digit_also_when_it_was_stopped_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As the server sets it for a job: its trainer would ask the hub for a file of the model.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr(speed, "bfloat16_products_are_faster", lambda *arguments: True)

    way, narrow = losses(tmp_path / "narrow")
    wide_way, wide = losses(tmp_path / "wide", precision="float32")

    assert way.startswith("Full training in float32 with matrix products in bfloat16, on ")
    assert wide_way.startswith("Full training in float32 on ")
    assert losses(tmp_path / "again")[1] == narrow
    assert losses(tmp_path / "stopped", stop_at=3)[1] == narrow
    assert len(narrow) == len(wide) == 8
    assert narrow != wide
    assert narrow == pytest.approx(wide, rel=0.05)
