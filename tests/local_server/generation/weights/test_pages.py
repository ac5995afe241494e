"""Weights that lie in large pages are the same weights."""

import mmap

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
