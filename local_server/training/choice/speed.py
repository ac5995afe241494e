"""Which number of threads and which precision are faster here: by a measurement of a moment."""

import os
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
        with open("/sys/fs/cgroup/cpu.max") as file:
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


def bfloat16_is_faster(size: Size, tokens: int, threads: int) -> bool:
    """Tell whether this processor calculates faster in bfloat16: many only emulate it.

    Args:
        size: Of the model.
        tokens: Of one step.
        threads: That calculate.

    Returns:
        Whether it is clearly faster.
    """
    wide = seconds(size, tokens, "float32", threads)
    narrow = seconds(size, tokens, "bfloat16", threads)
    return wide > _GAIN * narrow


def bfloat16_products_are_faster(size: Size, tokens: int, threads: int) -> bool:
    """Tell whether this processor trains weights in float32 faster when their products are in bfloat16.

    Args:
        size: Of the model.
        tokens: Of one step.
        threads: That calculate.

    Returns:
        Whether it is clearly faster.
    """
    wide, narrow = (
        seconds(size, tokens, "float32", threads, products=each) for each in ("float32", "bfloat16")
    )
    return wide > _GAIN * narrow


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
        # With one thread, what other programs do does not count: so jobs with the same seed choose alike.
        clock = time.thread_time if products and threads == 1 else time.perf_counter
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
