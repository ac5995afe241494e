"""What is kept of a checkpoint: the weights, or an adapter and the name of its base."""

import json
import os
from pathlib import Path

from local_server.training.choice.memory import Size
from local_server.training.specification import SMALL_PARAMETERS, Precision

ADAPTER_CONFIG = "adapter_config.json"
# What only the next step needs: most of a checkpoint's size, and pickled.
_TRAINING_STATE = ("optimizer.pt", "scheduler.pt", "rng_state.pth", "training_args.bin", "trainer_state.json")
_ADAPTER = (ADAPTER_CONFIG, "adapter_model.safetensors")


class NoBase(OSError):
    """The model that an adapter stands on is not where the adapter says."""


def base_of(folder: Path) -> Path | None:
    """The folder of the model that an adapter stands on.

    Args:
        folder: Of a model.

    Returns:
        The folder, or None: this model is whole.

    Raises:
        NoBase: The base is gone.
        ValueError: The adapter's config cannot be read.
    """
    config = folder / ADAPTER_CONFIG
    if not config.is_file():
        return None
    name = json.loads(config.read_text(encoding="utf-8")).get("base_model_name_or_path")
    if not isinstance(name, str) or not (Path(name) / "config.json").is_file():
        raise NoBase(
            f"this model is an adapter, and its base model is not in {name!r} any more. Put the base model "
            f"back there, or write its new folder as base_model_name_or_path into {config}."
        )
    return Path(name)


def kept_precision(size: Size) -> Precision:
    """The precision in which the weights of a model are kept; an adapter stays in float32."""
    return "float32" if size.parameters < SMALL_PARAMETERS else "bfloat16"


def keep_weights_only(folder: Path, size: Size) -> None:
    """Make the model and the checkpoints of a job that has ended plain models.

    Args:
        folder: The job folder.
        size: Of the model.
    """
    for checkpoint in [folder / "model", *(folder / "checkpoints").glob("checkpoint-*")]:
        strip(checkpoint, kept_precision(size))


def strip(checkpoint: Path, precision: Precision) -> None:
    """Make a checkpoint a plain model, or a plain adapter. Safe to repeat, also after a crash.

    Args:
        checkpoint: Its folder.
        precision: Of the weights that are kept.
    """
    if (checkpoint / ADAPTER_CONFIG).exists():
        # Tokenizer and chat template are those of the base.
        for path in checkpoint.iterdir():
            if path.name not in _ADAPTER:
                path.unlink(missing_ok=True)
        return
    for name in _TRAINING_STATE:
        (checkpoint / name).unlink(missing_ok=True)
    if precision == "bfloat16":
        _narrow(checkpoint)


def _narrow(checkpoint: Path) -> None:
    """Round weights to bfloat16: half of the room, and what the base model was published in."""
    # The server reads this module, too, and never loads PyTorch.
    import torch
    from safetensors.torch import load_file, save_file

    for path in checkpoint.glob("*.safetensors"):
        weights = load_file(path)
        if all(tensor.dtype != torch.float32 for tensor in weights.values()):
            continue
        draft = path.with_name(path.name + ".new")
        narrow = {name: tensor.to(torch.bfloat16) for name, tensor in weights.items()}
        save_file(narrow, draft, metadata={"format": "pt"})
        os.replace(draft, path)
    config = checkpoint / "config.json"
    content = json.loads(config.read_text(encoding="utf-8"))
    if content.get("dtype") != "bfloat16":
        draft = config.with_name(config.name + ".new")
        draft.write_text(json.dumps({**content, "dtype": "bfloat16"}, indent=2) + "\n", encoding="utf-8")
        os.replace(draft, config)
