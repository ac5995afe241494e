"""A Llama-shaped model that trains with matrix products in bfloat16: as Transformers does, in less time.

The weights stay those of Transformers' model, in float32, and TRL's trainer goes on as before: only the way
from tokens to scores is another. What is not multiplied with weights is calculated in float32, as there.
"""

from collections.abc import Mapping
from types import MethodType
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch.nn import functional

from local_server.training.narrow.products import Products

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM
    from transformers.models.llama.modeling_llama import LlamaRMSNorm

# oneDNN makes a program for each shape that it meets. Batches of every length would need dozens: the first 12
# steps of the tiny model took 95 ms each, and 85 to 91 with this (processor time, 29 Nov 2026).
MULTIPLE = 8


class Scores(NamedTuple):
    """What a model answers.

    Args:
        logits: Shape (rows, places, vocabulary), in float32.
    """

    logits: torch.Tensor


def reads(config: Mapping[str, Any]) -> bool:
    """Whether `forward` calculates what a model does.

    Args:
        config: The content of config.json.
    """
    return (
        config.get("architectures") == ["LlamaForCausalLM"]
        and config.get("hidden_act", "silu") == "silu"
        and not config.get("attention_bias")
        and not config.get("mlp_bias")
        and not config.get("attention_dropout")
        and not config.get("quantization_config")
    )


def train_in_bfloat16(model: torch.nn.Module) -> None:
    """Let a model take `forward` in place of its own.

    Args:
        model: On the processor, in float32; `reads` is true of its config.
    """
    model.forward = MethodType(forward, model)


def forward(
    model: "LlamaForCausalLM",
    input_ids: torch.Tensor,
    attention_mask: torch.Tensor,
    logits_to_keep: torch.Tensor,
    use_cache: bool = False,
) -> Scores:
    """Read rows that have their padding on the right, as TRL's collator makes them.

    Then nothing that counts stands behind padding, and no mask is needed beside the order of the tokens.

    Args:
        model: With its weights.
        input_ids: Shape (rows, tokens).
        attention_mask: Not needed.
        logits_to_keep: The places whose scores are wanted.
        use_cache: Not offered: nothing is generated here.

    Returns:
        The scores.
    """
    config, inner, (rows, count) = model.config, model.model, input_ids.shape
    size, key_heads = config.head_dim, config.num_key_value_heads
    # Transformers fills them in where config.json leaves them out.
    assert size is not None
    assert key_heads is not None
    states = inner.embed_tokens(input_ids).flatten(0, 1)
    order = torch.arange(count)
    cos, sin = (turn[0].unsqueeze(1) for turn in inner.rotary_emb(states, order.unsqueeze(0)))
    # The first half of a head turns against the second one.
    sin = torch.cat([-sin[..., : size // 2], sin[..., size // 2 :]], dim=-1)
    for index, layer in enumerate(inner.layers):
        attention, mlp = layer.self_attn, layer.mlp
        read = _norm(layer.input_layernorm, states)
        mixed = Products.apply(
            read, *(each.weight for each in (attention.q_proj, attention.k_proj, attention.v_proj))
        )
        placed, values = mixed.view(rows, count, -1, size).tensor_split([-key_heads], dim=2)
        placed = placed * cos + placed.roll(size // 2, dims=-1) * sin
        queries, keys = placed.tensor_split([-key_heads], dim=2)
        queries, keys, values = (each.transpose(1, 2) for each in (queries, keys, values))
        seen = None
        if index == len(inner.layers) - 1:
            # What follows is wanted in these places only.
            seen = order <= logits_to_keep.unsqueeze(1)
            queries = queries[:, :, logits_to_keep]
            states = states.view(rows, count, -1)[:, logits_to_keep].flatten(0, 1)
        attended = functional.scaled_dot_product_attention(
            queries, keys, values, seen, is_causal=seen is None, enable_gqa=True
        )
        attended = attended.transpose(1, 2).reshape(len(states), -1)
        states = states + Products.apply(attended, attention.o_proj.weight)
        read = _norm(layer.post_attention_layernorm, states)
        gate, up = Products.apply(read, mlp.gate_proj.weight, mlp.up_proj.weight).chunk(2, dim=-1)
        states = states + Products.apply(functional.silu(gate) * up, mlp.down_proj.weight)
    scores = Products.apply(_norm(inner.norm, states), model.lm_head.weight)
    return Scores(scores.view(rows, len(logits_to_keep), -1))


def _norm(norm: "LlamaRMSNorm", states: torch.Tensor) -> torch.Tensor:
    return functional.rms_norm(states, states.shape[-1:], norm.weight, norm.variance_epsilon)
