"""Which models are read from their files without Transformers."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from finetune_dataset.models import PERIODIC_TINY
from local_server.generation.weights.plain import end_tokens, plain_folder

# PyTorch, in the process of the tests, takes seconds to load.
pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the course's small model."""
    return Path(shutil.copytree(PERIODIC_TINY, tmp_path / "model"))


def changed(folder: Path, **values: object) -> None:
    """Give a config other values; None takes one out."""
    config = json.loads((folder / "config.json").read_text()) | values
    kept = {key: value for key, value in config.items() if value is not None}
    (folder / "config.json").write_text(json.dumps(kept))


def test_the_weights_are_those_that_transformers_reads() -> None:
    model = AutoModelForCausalLM.from_pretrained(PERIODIC_TINY, dtype=torch.float32)

    plain = plain_folder(PERIODIC_TINY, torch.float32)

    assert plain.end_tokens == {model.generation_config.eos_token_id}
    assert plain.shape.context == model.config.max_position_embeddings
    weights = {name: weight for name, weight in model.state_dict().items() if name != "lm_head.weight"}
    assert all(torch.equal(plain.read(name), weight) for name, weight in weights.items())


@pytest.mark.parametrize(
    "other",
    [
        {"model_type": "qwen2"},
        {"architectures": ["LlamaForSequenceClassification"]},
        {"hidden_act": "gelu"},
        {"attention_bias": True},
        {"rope_parameters": {"rope_type": "linear", "factor": 2.0, "rope_theta": 10000.0}},
        {"rope_parameters": None, "rope_theta": 10000.0},
        {"head_dim": None},
        {"quantization_config": {"quant_method": "bitsandbytes"}},
    ],
    ids=lambda other: " ".join(other),
)
def test_what_the_decoder_does_not_know_is_left_to_transformers(folder: Path, other: dict) -> None:
    changed(folder, **other)

    assert plain_folder(folder, torch.float32) is None


def test_missing_weights_are_named(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    del weights["model.layers.1.mlp.up_proj.weight"]
    save_file(weights, folder / "model.safetensors")

    with pytest.raises(ValueError, match=r"weights are missing: model\.layers\.1\.mlp\.up_proj\.weight"):
        plain_folder(folder, torch.float32)


def test_without_a_generation_config_the_model_names_the_end(folder: Path) -> None:
    (folder / "generation_config.json").unlink()
    changed(folder, eos_token_id=[1, 5])

    assert plain_folder(folder, torch.float32).end_tokens == {1, 5}
    assert [end_tokens(None), end_tokens(3)] == [set(), {3}]
