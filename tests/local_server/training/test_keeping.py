"""What stays of a checkpoint."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from local_server.training import keeping
from local_server.training.choice.memory import Size

# PyTorch, in the process of the tests, takes seconds to load.
pytestmark = pytest.mark.slow

STATE = ("optimizer.pt", "scheduler.pt", "rng_state.pth", "training_args.bin", "trainer_state.json")


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    save_file({"a": torch.tensor([1.0, 1e-3]), "b": torch.zeros(2)}, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text(json.dumps({"dtype": "float32", "hidden_size": 2}))
    for name in (*STATE, "tokenizer.json"):
        (tmp_path / name).write_text("x")
    return tmp_path


def test_a_large_model_is_kept_in_bfloat16_and_without_its_training_state(whole: Path) -> None:
    keeping.strip(whole, "bfloat16")
    keeping.strip(whole, "bfloat16")

    weights = load_file(whole / "model.safetensors")
    assert {name: tensor.dtype for name, tensor in weights.items()} == dict.fromkeys("ab", torch.bfloat16)
    assert weights["a"].tolist() == [1.0, torch.tensor(1e-3, dtype=torch.bfloat16).item()]
    assert json.loads((whole / "config.json").read_text()) == {"dtype": "bfloat16", "hidden_size": 2}
    assert files(whole) == {"model.safetensors", "config.json", "tokenizer.json"}


def test_a_small_model_stays_in_float32(whole: Path) -> None:
    before = (whole / "model.safetensors").read_bytes()

    keeping.strip(whole, keeping.kept_precision(Size(4_000_000, 5, 256, 688, 2048)))

    assert (whole / "model.safetensors").read_bytes() == before
    assert keeping.kept_precision(Size(135_000_000, 30, 576, 1536, 49_152)) == "bfloat16"


def test_an_adapter_is_kept_alone(whole: Path) -> None:
    (whole / "adapter_config.json").write_text("{}")
    (whole / "adapter_model.safetensors").write_text("x")

    keeping.strip(whole, "float32")

    assert files(whole) == {"adapter_config.json", "adapter_model.safetensors"}


def test_an_adapter_names_its_base_and_a_base_that_is_gone_is_said(tmp_path: Path) -> None:
    base, adapter = tmp_path / "base", tmp_path / "adapter"
    base.mkdir()
    adapter.mkdir()
    (base / "config.json").write_text("{}")
    (adapter / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": str(base)}))

    assert keeping.base_of(adapter) == base
    assert keeping.base_of(base) is None
    base.rename(tmp_path / "moved")
    with pytest.raises(keeping.NoBase, match="Put the base model back there, or write its new folder"):
        keeping.base_of(adapter)
