"""Weights that lie in large pages are the same weights, and freed memory is used again."""

import mmap
import subprocess
import sys

import pytest
import torch

from local_server.generation.weights.pages import in_large_pages

# PyTorch, in the process of the tests, takes seconds to load.
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_copies_have_the_shapes_and_numbers_and_lie_apart(kind: torch.dtype) -> None:
    tensors = [torch.rand(3, 5).to(kind), torch.rand(17).to(kind), torch.rand(2, 8).t().to(kind)]

    copies = in_large_pages(tensors)

    assert all(torch.equal(copy, tensor) for copy, tensor in zip(copies, tensors, strict=True))
    copies[0].fill_(9)
    assert torch.equal(copies[1], tensors[1])


def test_where_the_system_has_no_large_pages_nothing_is_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(mmap, "MADV_HUGEPAGE", raising=False)
    tensors = [torch.rand(4)]

    assert in_large_pages(tensors)[0] is tensors[0]


# Again and again, numbers of 10 MB that are freed again.
CALCULATING = """
import resource, sys
import torch
from local_server.generation.weights.pages import give_back_what_is_freed, keep_what_is_freed

keep_what_is_freed()
def calculate():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    # Together less than what is kept, and more than what glibc keeps by itself.
    [torch.ones(5, 512 * 1024) for _ in range(8)]
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

# Until the C library has found places for all.
for _ in range(20):
    calculate()
again = max(calculate() for _ in range(10))
give_back_what_is_freed()
print(again, calculate())
"""


def page_faults() -> list[int]:
    """Page faults of a calculation: at most, when it is done again; and after all memory was given back."""
    done = subprocess.run([sys.executable, "-c", CALCULATING], check=True, capture_output=True, text=True)
    return [int(number) for number in done.stdout.split()]


@pytest.mark.skipif(sys.platform != "linux", reason="glibc alone can be told to keep memory")
def test_freed_memory_is_used_again_until_it_is_given_back() -> None:
    # By itself, glibc keeps it in every second process, by what lies behind it.
    counted = [page_faults() for _ in range(4)]

    assert max(again for again, _ in counted) < 100
    assert min(given_back for _, given_back in counted) > 1000
