"""A plain forward pass for Llama-shaped models: what Transformers calculates, without its work around it.

Transformers spends half of a step of the tiny model on Python and on small operations (one row, float32:
4.8 ms, of which the matrices take 1.8; this takes 2.7, measured Nov 2026). Other engines lacked something.
llama.cpp (the wheel xllamacpp) is three times as fast for one row and a bit faster for 64, but wants a
copy of each model in its own format, and follows its own rules for seeds and constraints. CTranslate2 has no
batch that requests join and leave, with a seed and a constraint each.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional
from transformers import Cache, LlamaConfig, LlamaForCausalLM, PreTrainedModel

from local_server.training.specification import SMALL_PARAMETERS


@dataclass(frozen=True)
class _Layer:
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
        model: On the processor, and of the shape that `decoder_of` looks for.
    """

    def __init__(self, model: LlamaForCausalLM) -> None:
        config = model.config
        # Larger models share the weights with Transformers' own layers, which adapters stand on.
        copied = model.num_parameters() < SMALL_PARAMETERS
        self._heads: int = config.num_attention_heads
        self._key_heads: int = config.num_key_value_heads or config.num_attention_heads
        self._head_size: int = config.head_dim or config.hidden_size // config.num_attention_heads
        self._epsilon: float = config.rms_norm_eps
        self._embedding = model.model.embed_tokens.weight.detach()
        self._norm_weight = model.model.norm.weight.detach()
        self._vocabulary = _joined([model.lm_head], copied)
        self._layers = [
            _Layer(
                layer.input_layernorm.weight.detach(),
                _joined([layer.self_attn.q_proj, layer.self_attn.k_proj, layer.self_attn.v_proj], copied),
                _joined([layer.self_attn.o_proj], copied),
                layer.post_attention_layernorm.weight.detach(),
                _joined([layer.mlp.gate_proj, layer.mlp.up_proj], copied),
                _joined([layer.mlp.down_proj], copied),
            )
            for layer in model.model.layers
        ]
        places = torch.arange(config.max_position_embeddings).unsqueeze(1)
        angles = places.float() * model.model.rotary_emb.inv_freq
        kind = self._embedding.dtype
        self._cos = torch.cat([angles.cos(), angles.cos()], dim=-1).to(kind)
        # The first half of a head turns against the second one.
        self._sin = torch.cat([-angles.sin(), angles.sin()], dim=-1).to(kind)

    def __call__(
        self,
        tokens: torch.Tensor,
        attention_mask: torch.Tensor,
        position_ids: torch.Tensor,
        past_key_values: Cache,
    ) -> torch.Tensor:
        """Read tokens that follow those in the cache.

        Args:
            tokens: Shape (rows, new tokens).
            attention_mask: 1 where a row has a token, 0 in padding; shape (rows, all tokens).
            position_ids: Of the new tokens, shape (rows, new tokens).
            past_key_values: Keys and values of what has been read; the new ones are added.

        Returns:
            Scores of the token that follows the last one, shape (rows, vocabulary).
        """
        rows, count = tokens.shape
        turned = self._heads + self._key_heads
        cos, sin = (table[position_ids].unsqueeze(2) for table in (self._cos, self._sin))
        mask = _mask(attention_mask, count)
        states = self._embedding[tokens.reshape(-1)]
        for index, layer in enumerate(self._layers):
            mixed = self._norm(states, layer.before_attention) @ layer.queries_keys_values
            heads = mixed.view(rows, count, -1, self._head_size)
            placed = heads[:, :, :turned]
            placed = placed * cos + placed.roll(self._head_size // 2, dims=-1) * sin
            keys, values = past_key_values.update(
                placed[:, :, self._heads :].transpose(1, 2), heads[:, :, turned:].transpose(1, 2), index
            )
            seen = self._attend(placed[:, :, : self._heads], keys, values, mask)
            states = states + seen @ layer.attended
            gate, up = (self._norm(states, layer.before_mlp) @ layer.gate_up).chunk(2, dim=-1)
            states = states + (functional.silu(gate) * up) @ layer.down
        last = states.view(rows, count, -1)[:, -1]
        return self._norm(last, self._norm_weight) @ self._vocabulary

    def _attend(
        self, queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, mask: torch.Tensor | None
    ) -> torch.Tensor:
        rows, count = queries.shape[:2]
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
        return functional.rms_norm(states, states.shape[-1:], None, self._epsilon) * weight


def decoder_of(model: PreTrainedModel) -> Decoder | None:
    """Make a decoder.

    Args:
        model: On the processor.

    Returns:
        The decoder; None for a model of another shape, which Transformers has to read itself.
    """
    config = model.config
    if type(model) is not LlamaForCausalLM or not isinstance(config, LlamaConfig):
        return None
    rope = config.rope_parameters or {}
    plain = (
        config.hidden_act == "silu"
        and not config.attention_bias
        and not config.mlp_bias
        and rope.get("rope_type", "default") == "default"
    )
    return Decoder(model) if plain else None


def _joined(layers: Sequence[nn.Linear], copied: bool) -> torch.Tensor:
    """The weights of layers that read the same input, for one multiplication; shape (inputs, outputs)."""
    weights = [layer.weight.detach() for layer in layers]
    if copied:
        # Turned in memory, a quarter faster for one row.
        return torch.cat(weights).t().contiguous()
    if len(weights) == 1:
        return weights[0].t()
    joined = torch.cat(weights)
    for layer, part in zip(layers, joined.split([len(weight) for weight in weights]), strict=True):
        layer.weight = nn.Parameter(part, requires_grad=False)
    return joined.t()


def _mask(attention_mask: torch.Tensor, count: int) -> torch.Tensor | None:
    """What each new token may look at, shape (rows, 1, new tokens or 1, all tokens); None for everything."""
    width = attention_mask.shape[1]
    if count == 1:
        return None if bool(attention_mask.all()) else attention_mask.bool()[:, None, None]
    earlier = torch.ones(count, width, dtype=torch.bool).tril(width - count)
    return attention_mask.bool()[:, None, None] & earlier
