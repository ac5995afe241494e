"""Attention in bfloat16 whose numbers for a row are the same to the last bit, alone and beside other rows.

In bfloat16, a sum that is added up in another order is often rounded to another number, and a few of those
change the likeliest token: beside other questions, 3 of 6 answers of SmolLM2-135M at temperature 0 were other
ones than alone (measured Nov 2026). The multiplications with weights are not the reason: on a processor with
bfloat16, each row of their result depends on its own row alone, from two rows on. Attention is: its order
depends on how many queries and keys come together. Here these numbers depend on the row alone. The idea is
that of Thinking Machines, "Defeating Nondeterminism in LLM Inference" (2025-09-10).
"""

import torch
from torch.nn import functional

BLOCK = 32
"""Tokens of a prompt whose queries are looked at together. They begin at multiples of it in their row."""


class Apart:
    """Lets each row look at its own tokens.

    Args:
        mask: 1 where a row has a token, 0 in padding; shape (rows, all tokens).
        count: New tokens of each row, padding included: the last ones.
    """

    def __init__(self, mask: torch.Tensor, count: int) -> None:
        self._count = count
        self._rows = [_where(row) for row in mask]
        # Which of the new tokens a row has.
        self._new = [row[-count:].nonzero().flatten() for row in mask]

    def __call__(self, queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        """Mix the values that each new token looks at.

        Args:
            queries: Of the new tokens, shape (rows, new tokens, heads, size of a head).
            keys: Of all tokens, shape (rows, heads that share keys, all tokens, size of a head).
            values: The same shape.

        Returns:
            Shape (rows * new tokens, heads * size of a head).
        """
        rows, count, heads, size = queries.shape
        found = queries.new_zeros(rows, count, heads * size)
        for row, (where, new) in enumerate(zip(self._rows, self._new, strict=True)):
            seen, mixed = (each[row : row + 1, :, where] for each in (keys, values))
            if count == 1:
                # The heads that share a key stand side by side, as if they were tokens: no key is copied.
                grouped = queries[row].view(1, keys.shape[1], -1, size)
                found[row] = functional.scaled_dot_product_attention(grouped, seen, mixed).view(1, -1)
            else:
                found[row, new] = _in_blocks(queries[row, new], seen, mixed)
        return found.view(rows * count, -1)


def _where(row: torch.Tensor) -> slice | torch.Tensor:
    """The tokens of a row: a slice where padding is on the left alone, as nothing is copied then."""
    places = row.nonzero().flatten()
    first = int(places[0])
    return slice(first, len(row)) if len(row) - first == len(places) else places


def _in_blocks(queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """What the last tokens of a row look at: always as many queries and keys as the place of a token says.

    Args:
        queries: Shape (new tokens, heads, size of a head).
        keys: Of the row, shape (1, heads that share keys, tokens, size of a head).
        values: The same shape.

    Returns:
        Shape (new tokens, heads * size of a head).
    """
    new, heads = queries.shape[:2]
    end = keys.shape[2]
    first = (end - new) // BLOCK * BLOCK
    last = -(-end // BLOCK) * BLOCK
    keys, values = (functional.pad(each, (0, 0, 0, last - end)) for each in (keys, values))
    begin = end - new - first
    asked = functional.pad(queries.transpose(0, 1), (0, 0, begin, last - end)).unsqueeze(0)
    seen = torch.empty_like(asked)
    for block in range(first, last, BLOCK):
        width = block + BLOCK
        here = slice(block - first, width - first)
        later = torch.ones(BLOCK, width, dtype=torch.bool).triu(block + 1)
        mask = torch.zeros(BLOCK, width, dtype=queries.dtype).masked_fill_(later, -torch.inf)
        seen[:, :, here] = functional.scaled_dot_product_attention(
            asked[:, :, here],
            keys[:, :, :width],
            values[:, :, :width],
            mask,
            enable_gqa=heads != keys.shape[1],
        )
    return seen[0, :, begin : begin + new].transpose(0, 1).reshape(new, -1)
