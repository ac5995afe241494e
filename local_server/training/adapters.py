"""The model that a job trains: a whole one, or one with an adapter (LoRA, by PEFT)."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

import torch
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel

from local_server.training.keeping import ADAPTER_CONFIG, base_of
from local_server.training.specification import Chosen

if TYPE_CHECKING:
    from peft import PeftModel

# An adapter adds `alpha / rank` times its product: with twice the rank, a rate fits all ranks about equally.
_ALPHA_PER_RANK = 2


def hide_torchao() -> None:
    """Let PEFT work beside any version of torchao, which quantizes, and which the course does not need.

    PEFT refuses every adapter where it finds one before 0.16; Google Colab has 0.10 (Aug 2026).
    """
    sys.modules["torchao"] = None  # type: ignore[assignment]


def rank_of(folder: Path) -> int | None:
    """The rank of an adapter; None for a whole model."""
    config = folder / ADAPTER_CONFIG
    return int(json.loads(config.read_text(encoding="utf-8"))["r"]) if config.is_file() else None


def load(folder: Path, chosen: Chosen, seed: int) -> "PreTrainedModel | PeftModel":
    """Read the model that a job starts from, and put an adapter on it when only that is trained.

    A job that starts from an adapter goes on with it, on the same base: so its model stands on no other one
    that could be deleted.

    Args:
        folder: Of the model: whole, or an adapter.
        chosen: What is trained.
        seed: Of the adapter's first numbers.

    Returns:
        The model, on the chosen device.
    """
    base = base_of(folder)
    model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
        base or folder, dtype=getattr(torch, chosen["precision"]), local_files_only=True
    )
    if base is None and chosen["training_method"] == "full":
        return model.to(chosen["device"])  # type: ignore[arg-type]
    # Loaded when needed: most jobs of the tiny model never do.
    hide_torchao()
    from peft import LoraConfig, PeftModel, get_peft_model

    adapted: PeftModel
    if base is None:
        torch.manual_seed(seed)
        rank = chosen["lora_rank"] or 1
        config = LoraConfig(
            r=rank,
            lora_alpha=_ALPHA_PER_RANK * rank,
            # Fewer than a thousand steps do not learn noise, and an exact resume needs no random state.
            lora_dropout=0.0,
            target_modules="all-linear",
            task_type="CAUSAL_LM",
        )
        adapted = get_peft_model(model, config)
    else:
        adapted = PeftModel.from_pretrained(model, str(folder), is_trainable=True)
        if chosen["training_method"] == "full":
            # PEFT has frozen the weights of the base.
            merged: PreTrainedModel = _whole(adapted).requires_grad_(True)
            return merged.to(chosen["device"])  # type: ignore[arg-type]
    return adapted.to(chosen["device"])


def merged(folder: Path) -> PreTrainedModel:
    """Read a model as a whole one: an adapter is added to the weights of its base.

    Args:
        folder: Of the model.

    Returns:
        The model, in the precision in which its weights are kept.
    """
    base = base_of(folder)
    if base is None:
        whole: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
            folder, dtype="auto", local_files_only=True
        )
        return whole
    hide_torchao()
    from peft import PeftModel

    kept = AutoConfig.from_pretrained(base, local_files_only=True).dtype
    # Added in float32, and rounded once.
    wide = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32, local_files_only=True)
    added: torch.nn.Module = _whole(PeftModel.from_pretrained(wide, str(folder)))
    added.to(kept or torch.float32)
    return cast(PreTrainedModel, added)


def _whole(adapted: "PeftModel") -> PreTrainedModel:
    """Add an adapter to the weights of its base."""
    # PEFT finds the method through __getattr__, which its type does not say.
    return cast(PreTrainedModel, adapted.merge_and_unload())
