"""Notebook 08 with a model of one's own: a folder in place of a name of the hub, of another shape."""

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient.exceptions import CellExecutionError
from notebook_runner import execute

from finetune_dataset.models import PERIODIC_TINY
from helpers.paths import ROOT

pytestmark = pytest.mark.slow

NOTEBOOK = ROOT / "notebooks" / "08_open_models.ipynb"
MAKE = """
import sys
import torch
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM
torch.manual_seed(1)
config = LlamaConfig(
    vocab_size=2048, hidden_size=96, intermediate_size=160, num_hidden_layers=3, num_attention_heads=6,
    num_key_value_heads=2, tie_word_embeddings=False, eos_token_id=1, pad_token_id=0, bos_token_id=None,
)
model, tokenizer = LlamaForCausalLM(config), AutoTokenizer.from_pretrained(sys.argv[1])
if sys.argv[3] == "without a template":
    tokenizer.chat_template = None
for part in (model, tokenizer):
    part.save_pretrained(sys.argv[2])
print(model.num_parameters())
"""


def made(folder: Path, template: str = "with a template") -> int:
    """Make a small random model; returns its parameters."""
    command = [sys.executable, "-c", MAKE, str(PERIODIC_TINY), str(folder), template]
    return int(subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout)


def ran(tmp_path: Path, name: str) -> Path:
    """Run the notebook with a model's name; returns the folder of the run."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    [cell] = [cell for cell in notebook.cells if 'NAME = ""' in cell.source]
    cell.source = cell.source.replace('NAME = ""', f"NAME = {name!r}")
    nbformat.write(notebook, tmp_path / "own.ipynb")
    environment = {
        "FINETUNE_BACKEND": "replay",
        "FINETUNE_REPLAY_SPEED": "instant",
        "FINETUNE_RUNS_DIR": str(tmp_path / "runs"),
    }
    execute(tmp_path / "own.ipynb", tmp_path / "done.ipynb", environment, lambda cell, cells: None)
    return tmp_path / "runs" / "my-run"


def test_a_model_of_ones_own_is_estimated_trained_and_saved(tmp_path: Path) -> None:
    parameters = made(tmp_path / "mine")

    run = ran(tmp_path, str(tmp_path / "mine"))

    estimated = json.loads((run / "08_memory.json").read_text(encoding="utf-8"))["your choice"]
    losses = json.loads((run / "08_own.json").read_text(encoding="utf-8"))["losses"]
    adapter = json.loads((run / "08_own" / "adapter_config.json").read_text(encoding="utf-8"))
    # Weights, gradients and AdamW's numbers take 16 bytes for each parameter; tokens take more.
    assert estimated["all, float32"] >= round(16 * parameters / 1e9, 2) > 0
    assert losses[-1] < losses[0]
    assert (adapter["base_model_name_or_path"], adapter["r"]) == (str(tmp_path / "mine"), 16)


def test_a_model_without_a_chat_template_is_refused_before_it_is_loaded(tmp_path: Path) -> None:
    made(tmp_path / "mine", "without a template")

    with pytest.raises(CellExecutionError, match="has no chat template and needs"):
        ran(tmp_path, str(tmp_path / "mine"))
