"""A product with weights in bfloat16, back and forth."""

import pytest
import torch

from local_server.training.narrow.products import Products

# PyTorch, in the process of the tests, takes seconds to load.
pytestmark = pytest.mark.slow


def test_products_and_gradients_are_those_of_numbers_rounded_to_bfloat16() -> None:
    torch.manual_seed(1)
    states, *weights = (torch.randn(rows, 16, requires_grad=True) for rows in (5, 8, 3))
    wanted = torch.randn(5, 11)

    found = Products.apply(states, *weights)
    found.backward(wanted)

    narrow = [each.detach().bfloat16() for each in (states, torch.cat(weights), wanted)]
    assert torch.equal(found, (narrow[0] @ narrow[1].t()).float())
    assert torch.equal(states.grad, (narrow[2] @ narrow[1]).float())
    assert torch.equal(torch.cat([each.grad for each in weights]), (narrow[2].t() @ narrow[0]).float())
    assert {each.grad.dtype for each in (states, *weights)} == {torch.float32}
