"""The next token of one row, in NumPy: for a small model, PyTorch spends most of it on calls.

A step of the tiny model with one row takes 0.9 ms here and 1.6 ms in PyTorch, at equal weights (measured Nov
2026): NumPy's calls cost less, its norm is two of them, and its BLAS reads a matrix for one row faster. With
more rows the matrices are most of the work, and PyTorch is faster.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from local_server.generation.weights.cache import Cache
from local_server.generation.weights.plain import Shape

_Numbers = npt.NDArray[np.float32]


class OneRow:
    """Reads one token of one row, as the plain decoder does. It copies no weights.

    Args:
        shape: Of the model.
        layers: Six weights of each layer, in float32, in the plain decoder's order.
        embedding: Shape (vocabulary, size).
        norm: The last one.
        vocabulary: Shape (size, vocabulary).
        turns: Cosines and sines of every place, each of shape (context, size of a head).
    """

    def __init__(
        self,
        shape: Shape,
        layers: Sequence[Sequence[torch.Tensor]],
        embedding: torch.Tensor,
        norm: torch.Tensor,
        vocabulary: torch.Tensor,
        turns: tuple[torch.Tensor, torch.Tensor],
    ) -> None:
        self._shape = shape
        self._layers: list[list[_Numbers]] = [[weight.numpy() for weight in layer] for layer in layers]
        self._embedding: _Numbers = embedding.numpy()
        self._norm_weight: _Numbers = norm.numpy()
        self._vocabulary: _Numbers = vocabulary.numpy()
        self._cos: _Numbers = turns[0].numpy()
        self._sin: _Numbers = turns[1].numpy()

    # As PyTorch, which warns of no number that is too large: it becomes infinite.
    @np.errstate(all="ignore")
    def __call__(self, token: int, place: int, cache: Cache) -> torch.Tensor:
        """Read a token that follows those in the cache.

        Args:
            token: The token.
            place: Where it stands in its row, which has no padding.
            cache: Keys and values of what has been read; the new ones are added.

        Returns:
            Scores of the token that follows, shape (1, vocabulary).
        """
        heads, key_heads, size = self._shape.heads, self._shape.key_heads, self._shape.head_size
        half, turned = size // 2, heads + key_heads
        cos, sin = self._cos[place], self._sin[place]
        states = self._embedding[token]
        for index, layer in enumerate(self._layers):
            before_attention, queries_keys_values, attended, before_mlp, gate_up, down = layer
            mixed = (self._norm(states, before_attention) @ queries_keys_values).reshape(-1, size)
            placed = mixed[:turned] * cos
            placed[:, :half] += mixed[:turned, half:] * sin[:half]
            placed[:, half:] += mixed[:turned, :half] * sin[half:]
            keys, values = cache.update(
                torch.from_numpy(placed[heads:]).view(1, key_heads, 1, size),
                torch.from_numpy(mixed[turned:]).view(1, key_heads, 1, size),
                index,
            )
            # The heads that share a key stand side by side: shape (keys' heads, heads of each, size).
            queries = placed[:heads].reshape(key_heads, -1, size) * size**-0.5
            weights: _Numbers = queries @ keys.numpy()[0].transpose(0, 2, 1)
            weights -= weights.max(axis=-1, keepdims=True)
            np.exp(weights, out=weights)
            weights /= weights.sum(axis=-1, keepdims=True)
            states = states + (weights @ values.numpy()[0]).reshape(-1) @ attended
            gate, up = (self._norm(states, before_mlp) @ gate_up).reshape(2, -1)
            states = states + (up * gate / (1 + np.exp(-gate))) @ down
        return torch.from_numpy(self._norm(states, self._norm_weight) @ self._vocabulary).unsqueeze(0)

    def _norm(self, states: _Numbers, weight: _Numbers) -> _Numbers:
        return states * (weight / math.sqrt(states.dot(states) / len(states) + self._shape.epsilon))
