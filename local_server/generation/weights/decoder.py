"""A plain forward pass for Llama-shaped models: what Transformers calculates, without its work around it.

Transformers spends half of a step of the tiny model on Python and on small operations (one row, float32:
4.8 ms, of which the matrices take 1.8; this took 2.7 before `one_row.py`, measured Nov 2026). Other engines
lacked something. llama.cpp (the wheel xllamacpp) gives a single client twice as many answers per second of
the processor, and 64 clients fewer, but wants a copy of each model in its own format, and follows its own
rules for seeds and constraints. CTranslate2 has no batch that requests join and leave, with a seed and a
constraint each.
"""

import math
from collections.abc import Callable
from itertools import chain
from typing import NamedTuple

import torch
from torch.nn import functional

from local_server.generation.weights.attention import Apart
from local_server.generation.weights.cache import Cache
from local_server.generation.weights.one_row import OneRow
from local_server.generation.weights.pages import in_large_pages
from local_server.generation.weights.plain import Read, Shape

# A product of fewer rows is added up in another order (PyTorch's MKL in float32, Nov 2026).
_SAME_ORDER = 4


class _Layer(NamedTuple):
    """Weights, each of shape (inputs, outputs)."""

    before_attention: torch.Tensor
    queries_keys_values: torch.Tensor
    attended: torch.Tensor
    before_mlp: torch.Tensor
    gate_up: torch.Tensor
    down: torch.Tensor


class Decoder:
    """Reads tokens as Transformers' model does.

    Args:
        shape: Of the model.
        read: Reads its weights. They are on the processor, and in one precision.
        turned: Whether to turn them in memory: a quarter faster for one row, which is then read in NumPy.
            They have to be in float32. Otherwise those that stand side by side are views of one, which
            `moved` is told of.
        moved: Takes the name and the new place of weights that were copied to stand side by side.
    """

    def __init__(
        self,
        shape: Shape,
        read: Read,
        *,
        turned: bool,
        moved: Callable[[str, torch.Tensor], None] | None = None,
    ) -> None:
        self._heads, self._key_heads, self._head_size = shape.heads, shape.key_heads, shape.head_size
        self._epsilon = shape.epsilon

        def joined(layer: str, *names: str) -> torch.Tensor:
            """Weights that read the same input, for one multiplication; shape (inputs, outputs)."""
            full = [f"{layer}.{name}.weight" for name in names]
            weights = [read(name) for name in full]
            if turned:
                return torch.cat(weights).t().contiguous()
            if len(weights) == 1:
                return weights[0].t()
            together = torch.cat(weights)
            if moved is not None:
                for name, part in zip(full, together.split([len(each) for each in weights]), strict=True):
                    moved(name, part)
            return together.t()

        self._embedding = read("model.embed_tokens.weight")
        self._norm_weight = read("model.norm.weight")
        vocabulary = self._embedding if shape.tied else read("lm_head.weight")
        self._vocabulary = vocabulary.t().contiguous() if turned else vocabulary.t()
        self._layers = [
            _Layer(
                read(f"{layer}.input_layernorm.weight"),
                joined(f"{layer}.self_attn", "q_proj", "k_proj", "v_proj"),
                joined(f"{layer}.self_attn", "o_proj"),
                read(f"{layer}.post_attention_layernorm.weight"),
                joined(f"{layer}.mlp", "gate_proj", "up_proj"),
                joined(f"{layer}.mlp", "down_proj"),
            )
            for layer in (f"model.layers.{number}" for number in range(shape.layers))
        ]
        if turned:
            *weights, self._vocabulary = in_large_pages([*chain(*self._layers), self._vocabulary])
            self._layers = [_Layer(*weights[place : place + 6]) for place in range(0, len(weights), 6)]
        halves = torch.arange(0, shape.head_size, 2).float() / shape.head_size
        angles = torch.arange(shape.context).float().unsqueeze(1) * (1.0 / shape.theta**halves)
        kind = self._embedding.dtype
        self._apart = kind == torch.bfloat16
        self._cos = torch.cat([angles.cos(), angles.cos()], dim=-1).to(kind)
        # The first half of a head turns against the second one.
        self._sin = torch.cat([-angles.sin(), angles.sin()], dim=-1).to(kind)
        self._one_row: OneRow | None = None
        if turned:
            turns = self._cos, self._sin
            self._one_row = OneRow(
                shape, self._layers, self._embedding, self._norm_weight, self._vocabulary, turns
            )

    def __call__(
        self,
        tokens: torch.Tensor,
        attention_mask: torch.Tensor,
        position_ids: torch.Tensor,
        past_key_values: Cache,
        *,
        every: bool = False,
    ) -> torch.Tensor:
        """Read tokens that follow those in the cache.

        Args:
            tokens: Shape (rows, new tokens).
            attention_mask: 1 where a row has a token, 0 in padding; shape (rows, all tokens).
            position_ids: Of the new tokens, shape (rows, new tokens).
            past_key_values: Keys and values of what has been read; the new ones are added.
            every: Whether the scores after each new token are wanted, and not after the last one alone.

        Returns:
            Scores of the token that follows the last one, shape (rows, vocabulary); with `every`, shape
            (rows, new tokens, vocabulary).
        """
        rows, count = tokens.shape
        if self._one_row is not None and tokens.numel() == 1 and bool(attention_mask.all()):
            return self._one_row(int(tokens), int(position_ids), past_key_values)
        turned = self._heads + self._key_heads
        cos, sin = (table[position_ids].unsqueeze(2) for table in (self._cos, self._sin))
        kind = self._embedding.dtype
        mask = Apart(attention_mask, count) if self._apart else _mask(attention_mask, count, kind)
        states = self._embedding[tokens.reshape(-1)]
        for index, layer in enumerate(self._layers):
            mixed = self._times(self._norm(states, layer.before_attention), layer.queries_keys_values)
            heads = mixed.view(rows, count, -1, self._head_size)
            placed = heads[:, :, :turned]
            # In place, here and below: to ask the system for memory takes longer than to calculate.
            placed = (placed * cos).add_(placed.roll(self._head_size // 2, dims=-1).mul_(sin))
            keys, values = past_key_values.update(
                placed[:, :, self._heads :].transpose(1, 2), heads[:, :, turned:].transpose(1, 2), index
            )
            seen = self._attend(placed[:, :, : self._heads], keys, values, mask)
            if count > 1 and not every and index == len(self._layers) - 1:
                # The rest of the last layer is read for the last token: an eighth less work for a prompt.
                last = slice(-math.ceil(_SAME_ORDER / rows), None)
                seen, states = (each.view(rows, count, -1)[:, last].flatten(0, 1) for each in (seen, states))
            states = self._plus(states, seen, layer.attended)
            gate, up = self._times(self._norm(states, layer.before_mlp), layer.gate_up).chunk(2, dim=-1)
            states = self._plus(states, functional.silu(gate).mul_(up), layer.down)
        read = states.view(rows, -1, states.shape[-1])
        return self._times(self._norm(read if every else read[:, -1], self._norm_weight), self._vocabulary)

    def _times(self, states: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """A product. In bfloat16 a row alone would be added up in another order than beside others."""
        if self._apart and len(states) == 1:
            return (torch.cat([states, states]) @ weight)[:1]
        return states @ weight

    def _plus(self, states: torch.Tensor, other: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """States and a product, as `_times`."""
        if self._apart and len(states) == 1:
            return torch.addmm(states, torch.cat([other, other]), weight)[:1]
        return torch.addmm(states, other, weight)

    def _attend(
        self,
        queries: torch.Tensor,
        keys: torch.Tensor,
        values: torch.Tensor,
        mask: Apart | torch.Tensor | None,
    ) -> torch.Tensor:
        rows, count = queries.shape[:2]
        if isinstance(mask, Apart):
            return mask(queries, keys, values)
        if count == 1:
            # The heads that share a key stand side by side, as if they were tokens: no key is copied.
            grouped = queries.reshape(rows, self._key_heads, -1, self._head_size)
            return functional.scaled_dot_product_attention(grouped, keys, values, mask).reshape(rows, -1)
        seen = functional.scaled_dot_product_attention(
            queries.transpose(1, 2), keys, values, mask, enable_gqa=self._heads != self._key_heads
        )
        return seen.transpose(1, 2).reshape(rows * count, -1)

    def _norm(self, states: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        # In two steps, as Transformers rounds in bfloat16.
        return functional.rms_norm(states, states.shape[-1:], None, self._epsilon).mul_(weight)


def _mask(attention_mask: torch.Tensor, count: int, kind: torch.dtype) -> torch.Tensor | None:
    """What each new token may look at: 0, else minus infinity; None for everything.

    Numbers, because PyTorch would make them of truth values in each layer. Shape (rows, 1, new tokens or 1,
    all tokens).
    """
    width = attention_mask.shape[1]
    if count == 1 and bool(attention_mask.all()):
        return None
    seen = attention_mask.bool()[:, None, None]
    if count > 1:
        seen = seen & torch.ones(count, width, dtype=torch.bool).tril(width - count)
    return torch.zeros(seen.shape, dtype=kind).masked_fill_(~seen, -torch.inf)
