"""What a job trains: all weights or an adapter, in which precision, on how many threads; and why."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import NotRequired, TypedDict

import torch

from local_server.training.choice import memory, speed
from local_server.training.choice.memory import Load, Size
from local_server.training.narrow import llama
from local_server.training.specification import SMALL_PARAMETERS, Chosen, Method, Precision

# 8 to 16 are usual for a change of style; 16 learned the course's tasks (SmolLM2-135M, Nov 2026).
RANK = 16
# An estimate may be wrong by so much, and other programs go on.
_SPARE = 1.1


class Asked(TypedDict):
    """What the client asked for; what is missing is chosen here."""

    training_method: NotRequired[Method]
    lora_rank: NotRequired[int]
    precision: NotRequired[Precision]
    threads: NotRequired[int]


class DoesNotFit(Exception):
    """The machine can never have the memory; the message has the numbers."""


class NotNow(MemoryError):
    """The machine has the memory, but others use it just now; the message has the numbers."""


@dataclass(frozen=True)
class _Way:
    method: Method
    rank: int
    precision: Precision
    bytes: int

    def __str__(self) -> str:
        what = "full training" if self.method == "full" else f"LoRA r{self.rank}"
        return f"{what} in {self.precision}"


def device_for(size: Size) -> str:
    """The GPU, where there is one and the model is worth it; else the processor.

    Only in a process that trains or answers: the warm process forks, and a fork cannot use CUDA when its
    parent has. PyTorch asks the driver's library here and not CUDA itself (PYTORCH_NVML_BASED_CUDA_CHECK).
    """
    if size.parameters < SMALL_PARAMETERS:
        return "cpu"
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def choose(
    folder: Path, asked: Asked, load: Load, adapter_rank: int | None, products: bool = True
) -> tuple[Chosen, str]:
    """Choose what fits into the memory that is there.

    All weights in float32 come first: they converge in the fewest steps. Their products are in bfloat16 where
    that is faster. Then an adapter, in bfloat16 where that is faster or where only that fits. Nothing is
    loaded here.

    Args:
        folder: Of the base model.
        asked: By the client.
        load: Of one step.
        adapter_rank: Of the adapter that the job goes on from; an adapter keeps it.
        products: Whether products in bfloat16 may be chosen.

    Returns:
        The choice, and a sentence for the job's events.

    Raises:
        DoesNotFit: No way that was asked for fits into this machine.
        NotNow: One would, if others used less.
    """
    size = memory.size_of(folder)
    device = device_for(size)
    ways = _ways(size, asked, load, device, adapter_rank)
    free, total = _free(device), _total(device)
    fitting = [way for way in ways if way.bytes * _SPARE <= free]
    if not fitting:
        needs = ", ".join(f"{way} needs about {_gb(way.bytes)}" for way in ways)
        advice = (
            f"Close other programs, use a smaller batch_size (now {load.rows}), shorten the rows (the "
            f"longest has {load.tokens} tokens), or train a smaller model."
        )
        message = f"There is not enough memory for this job: {needs}; {_gb(free)} of {_gb(total)} are free."
        ever = any(way.bytes * _SPARE <= total for way in ways)
        raise (NotNow if ever else DoesNotFit)(f"{message} {advice}")
    way = fitting[0]
    threads = asked.get("threads") or _threads(size, load, way.precision, device)
    chosen: Chosen = {
        "training_method": way.method,
        "lora_rank": way.rank if way.method == "lora" else None,
        "precision": way.precision,
        "threads": threads,
        "device": device,
        "memory_bytes": way.bytes,
    }
    whole = way.method == "full" and way.precision == "float32" and device == "cpu"
    if products and whole and "precision" not in asked:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        tokens = load.rows * load.tokens
        if llama.reads(config) and speed.bfloat16_products_are_faster(size, tokens, threads):
            chosen["products"] = "bfloat16"
    said = _sentence(way, ways[: ways.index(way)], chosen, free, asked)
    if way.method == "lora" and asked.get("lora_rank", way.rank) != way.rank:
        said += f". It goes on with an adapter, whose rank stays {way.rank}"
    return chosen, said


def still_fits(chosen: Chosen) -> None:
    """Look whether a job that goes on finds the memory that it needs.

    Raises:
        NotNow: Others use it just now.
    """
    free = _free(chosen["device"])
    if chosen["memory_bytes"] > free:
        needed = _gb(chosen["memory_bytes"])
        raise NotNow(
            f"There is not enough memory for this job to go on: it needs {needed}, {_gb(free)} are free."
        )


def _ways(size: Size, asked: Asked, load: Load, device: str, adapter_rank: int | None) -> list[_Way]:
    """Every way that the client allows, best first."""
    precisions: list[Precision] = ["float32", "bfloat16"]
    small = size.parameters < SMALL_PARAMETERS
    kinds: list[tuple[Method, Precision]] = [("full", "float32")]
    if not small or asked.get("training_method") == "lora":
        narrow = not small and "precision" not in asked and _narrow_is_faster(size, load, device)
        kinds += [("lora", precision) for precision in (reversed(precisions) if narrow else precisions)]
    if asked.get("precision") == "bfloat16":
        # Full training in bfloat16 loses small changes: only where it is asked for.
        kinds.append(("full", "bfloat16"))
    rank = adapter_rank or asked.get("lora_rank") or RANK
    return [
        _Way(method, rank, precision, memory.needed_bytes(size, method, precision, rank, load))
        for method, precision in kinds
        if asked.get("training_method", "lora" if "lora_rank" in asked else method) == method
        and asked.get("precision", precision) == precision
    ]


def _narrow_is_faster(size: Size, load: Load, device: str) -> bool:
    if device == "cpu":
        return speed.bfloat16_is_faster(size, load.rows * load.tokens, torch.get_num_threads())
    return device == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)


def _threads(size: Size, load: Load, precision: Precision, device: str) -> int:
    if size.parameters < SMALL_PARAMETERS or device != "cpu":
        return torch.get_num_threads()
    return speed.best_threads(size, load.rows * load.tokens, precision)


def _free(device: str) -> int:
    return torch.cuda.mem_get_info()[0] if device == "cuda" else memory.free_bytes()


def _total(device: str) -> int:
    return torch.cuda.mem_get_info()[1] if device == "cuda" else memory.total_bytes()


def _sentence(way: _Way, better: list[_Way], chosen: Chosen, free: int, asked: Asked) -> str:
    threads = f"{chosen['threads']} thread" + "s" * (chosen["threads"] > 1)
    where = f"on {threads}" if chosen["device"] == "cpu" else f"on the GPU ({chosen['device']})"
    if "products" in chosen:
        where = f"with matrix products in {chosen['products']}, {where}"
    what = f"{str(way)[0].upper()}{str(way)[1:]} {where}, about {_gb(way.bytes)} of memory"
    if better:
        needs = ", ".join(f"{other} would need {_gb(other.bytes)}" for other in better)
        return f"{what}, because {_gb(free)} are free; {needs}"
    asked_for = any(name in asked for name in ("training_method", "lora_rank", "precision"))
    return f"{what}{', as asked for' if asked_for else ''}; {_gb(free)} are free"


def _gb(count: int) -> str:
    return f"{count / 1e9:.1f} GB"
