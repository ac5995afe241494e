"""Which number of threads and which precision are faster here: told by the processor, or by a measurement."""

import os
import platform
import time
from collections.abc import Callable

import torch

from local_server.training.choice.memory import Size
from local_server.training.narrow.products import Products
from local_server.training.specification import Precision

_REPEATS = 3
# A second thread has to gain this much, and bfloat16 too: less is the noise of a busy machine.
_GAIN = 1.2
# More tokens would say the same and take longer.
_MOST_TOKENS = 512


def processors() -> int:
    """Processors that this process may use, as the system and a container's quota say."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        with open("/sys/fs/cgroup/cpu.max", encoding="utf-8") as file:
            quota, period = file.read().split()
    except (OSError, ValueError):
        return count
    return count if quota == "max" else max(1, min(count, int(quota) // int(period)))


def best_threads(size: Size, tokens: int, precision: Precision) -> int:
    """Choose one thread or all: on busy processors, two can be slower than one.

    Args:
        size: Of the model.
        tokens: Of one step.
        precision: Of the weights.

    Returns:
        1, or the number of processors.
    """
    most = processors()
    if most == 1:
        return 1
    one, all_of_them = (seconds(size, tokens, precision, threads) for threads in (1, most))
    return most if one > _GAIN * all_of_them else 1


def multiplies_bfloat16() -> bool | None:
    """Tell whether this processor multiplies bfloat16 itself: many only emulate it.

    What it can do is the same in each process, and what is measured is not: on a busy machine, the losses of
    two jobs with the same seed differed by as much as the two precisions do.

    Returns:
        Whether it does, AVX-512 BF16 or AMX; None where PyTorch cannot tell, as on ARM.
    """
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return None
    # PyTorch does not promise to keep these names (found in 2.13).
    asked = (getattr(torch.cpu, f"_is_{kind}_supported", None) for kind in ("avx512_bf16", "amx_tile"))
    known = [has() for has in asked if has is not None]
    return any(known) if known else None


def bfloat16_is_faster(size: Size, tokens: int, threads: int) -> bool:
    """Tell whether this processor calculates faster in bfloat16: it can, or else it is measured.

    Args:
        size: Of the model.
        tokens: Of one step.
        threads: That calculate.

    Returns:
        Whether it is clearly faster.
    """
    return _bfloat16_gains(lambda precision: seconds(size, tokens, precision, threads))


def bfloat16_products_are_faster(size: Size, tokens: int, threads: int) -> bool:
    """Tell whether this processor trains weights in float32 faster when their products are in bfloat16.

    Where it multiplies bfloat16 itself, a step of the tiny model took 75 ms in place of 105, one of SmolLM2
    2.6 s in place of 4.2 (AVX-512 BF16, processor time, Nov 2026). Elsewhere it is measured.

    Args:
        size: Of the model.
        tokens: Of one step.
        threads: That calculate.

    Returns:
        Whether it is clearly faster.
    """
    return _bfloat16_gains(lambda products: seconds(size, tokens, "float32", threads, products=products))


def _bfloat16_gains(measure: Callable[[Precision], float]) -> bool:
    if (known := multiplies_bfloat16()) is not None:
        return known
    return measure("float32") > _GAIN * measure("bfloat16")


def seconds(
    size: Size, tokens: int, precision: Precision, threads: int, *, products: Precision | None = None
) -> float:
    """Measure the largest part of a step, forth and back through two linear layers of the model's size.

    Args:
        size: Of the model.
        tokens: Of one step.
        precision: Of the numbers.
        threads: That calculate. The number that was set before is set again.
        products: In which precision they are multiplied; None for that of the numbers.

    Returns:
        The shortest of three times, in seconds.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        # With one thread, what other programs do does not count: so jobs with the same seed, and a model that
        # is loaded again, choose alike.
        clock = time.thread_time if threads == 1 else time.perf_counter
        return _shortest(size, tokens, getattr(torch, precision), products not in (None, precision), clock)
    finally:
        torch.set_num_threads(before)


# Also where the caller wants no gradients.
@torch.inference_mode(mode=False)
@torch.enable_grad()
def _shortest(size: Size, tokens: int, kind: torch.dtype, rounded: bool, clock: Callable[[], float]) -> float:
    times_weights = Products.apply if rounded else torch.nn.functional.linear
    states = torch.ones(min(tokens, _MOST_TOKENS), size.hidden, dtype=kind)
    up = torch.ones(size.intermediate, size.hidden, dtype=kind, requires_grad=True)
    down = torch.ones(size.hidden, size.intermediate, dtype=kind, requires_grad=True)
    times = []
    for _ in range(_REPEATS + 1):
        began = clock()
        times_weights(torch.nn.functional.silu(times_weights(states, up)), down).sum().backward()
        times.append(clock() - began)
    # The first time makes what the others find ready.
    return min(times[1:])
