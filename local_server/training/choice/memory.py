"""How much memory a training needs, and how much there is."""

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from local_server.base_models import parameters
from local_server.training.specification import Method, Precision

BYTES: dict[Precision, int] = {"float32": 4, "bfloat16": 2}
# PyTorch, Transformers, TRL and the program itself (438 to 480 MB; measured Nov 2026, Linux).
_PROGRAM = 480 * 10**6
# The numbers of AdamW for each trained one.
_ADAMW = 2
# Numbers that are kept of a token in each layer for the way back, in hidden and in intermediate sizes; with
# an adapter beside each linear layer, more.
_KEPT: dict[Method, tuple[int, int]] = {"full": (18, 5), "lora": (24, 7)}
# Copies of a trained token's scores: as they are, in float32, their logarithms, their gradient.
_SCORES = 4


@dataclass(frozen=True)
class Size:
    """What tells how large a model is.

    Attributes:
        parameters: All of them.
        layers: Blocks.
        hidden: Numbers for a token between the blocks.
        intermediate: Numbers for a token within a block.
        vocabulary: Tokens that it knows.
    """

    parameters: int
    layers: int
    hidden: int
    intermediate: int
    vocabulary: int


@dataclass(frozen=True)
class Load:
    """What one step has to read.

    Attributes:
        rows: Rows in a step.
        tokens: Of the longest row.
        trained: Places at which some row has a trained token, at most.
    """

    rows: int
    tokens: int
    trained: int


def size_of(folder: Path) -> Size:
    """Read the size of a model without its weights.

    Args:
        folder: With config.json and safetensors.

    Returns:
        Its size.

    Raises:
        OSError: A file is missing.
        ValueError: A file is not what its name says.
    """
    config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config = config.get("text_config", config)
    hidden = int(config["hidden_size"])
    return Size(
        parameters=parameters(folder),
        layers=int(config["num_hidden_layers"]),
        hidden=hidden,
        intermediate=int(config.get("intermediate_size") or 4 * hidden),
        vocabulary=int(config["vocab_size"]),
    )


def adapter_parameters(size: Size, rank: int) -> int:
    """How many numbers an adapter on all linear layers has, about: keys and values may be narrower."""
    attention = 4 * 2 * size.hidden
    rest = 3 * (size.hidden + size.intermediate)
    return rank * size.layers * (attention + rest)


def needed_bytes(size: Size, method: Method, precision: Precision, rank: int, load: Load) -> int:
    """Estimate the largest memory of a training process.

    The program, the weights, AdamW's two numbers for each trained one, and then the larger of two: on the
    way forth, what each token leaves for the way back, with the scores of the vocabulary where a token is
    trained; or, on the way back, the gradients, that of the embedding three times.

    The factors are fitted to the peaks of SmolLM2-135M (Nov 2026, Linux, torch 2.13; resident memory less
    that of the imports, in MB, measured / estimated; rows x tokens, 60 trained):
    full float32 1 x 120: 2600 / 2380, 4 x 120: 2870 / 2840, 4 x 250: 3880 / 3970; LoRA r16, 4 x 120:
    float32 2220 / 2210, bfloat16 1250 / 1230.

    Args:
        size: Of the model.
        method: All weights, or an adapter.
        precision: Of the weights; an adapter's own numbers are in float32.
        rank: Of the adapter.
        load: Of one step.

    Returns:
        Bytes.
    """
    width = BYTES[precision]
    adapter = adapter_parameters(size, rank) if method == "lora" else 0
    trained = adapter or size.parameters
    hidden, intermediate = _KEPT[method]
    kept = hidden * size.hidden + intermediate * size.intermediate
    forth = load.rows * load.tokens * size.layers * kept * width
    forth += load.rows * load.trained * size.vocabulary * _SCORES * BYTES["float32"]
    # An adapter is in float32 whatever the weights are.
    number = width if method == "full" else BYTES["float32"]
    back = trained * number
    if method == "full":
        back += 2 * size.vocabulary * size.hidden * number
    weights = size.parameters * width + adapter * number
    return _PROGRAM + weights + trained * _ADAMW * number + max(forth, back)


def free_bytes() -> int:
    """The memory that this process may come to have: its own, and what is free now.

    A container's limit counts (cgroup 2 and 1), where it is below that of the machine.
    """
    own = psutil.Process().memory_info().rss
    return own + min([psutil.virtual_memory().available, *(limit - used for limit, used in _limits())])


def total_bytes() -> int:
    """The memory that there would be if nothing else needed any."""
    return min([psutil.virtual_memory().total, *(limit for limit, _ in _limits())])


def _limits(root: Path = Path("/sys/fs/cgroup")) -> list[tuple[int, int]]:
    """Limits of the groups that this process is in, each with what is used; files' pages can be given up."""
    found = []
    for folder, most, used, cache in (
        *((folder, "memory.max", "memory.current", "inactive_file") for folder in _groups(root, "")),
        *(
            (folder, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            for folder in _groups(root / "memory", "memory")
        ),
    ):
        # "max", or a file that is not there: no limit.
        with suppress(OSError, ValueError):
            limit = int((folder / most).read_text())
            stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
            found.append((limit, int((folder / used).read_text()) - int(stat.get(cache, 0))))
    return found


def _groups(root: Path, controller: str) -> list[Path]:
    """The folder of this process's group, and those above it: each may have a limit."""
    with suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines():
            _, controllers, path = line.split(":", 2)
            if controller in controllers.split(",") or controllers == controller:
                inner = root / path.lstrip("/")
                return [inner, *(above for above in inner.parents if above.is_relative_to(root))]
    return [root]
