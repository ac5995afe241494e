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
# Tokens that all rows of a step begin with, such as the definitions of tools, are read once for all. With 113
# of 216 alike, a step of SmolLM2 took 3.3 s in place of 5.0 for four rows, and 2.0 in place of 2.6 for two
# (processor time, one thread, 29 Nov 2026). Fewer than these save less than a tenth of a step.
_LEAST_SHARED = 32


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

    Then nothing that counts stands behind padding, and no mask is needed beside the order of the tokens. What
    all rows begin with is read once: it is the same in each, and so is what follows from it.

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
    once = _shared(input_ids, logits_to_keep)
    order = torch.arange(count)
    states = inner.embed_tokens(torch.cat([input_ids[0, :once], input_ids[:, once:].flatten()]))
    positions = torch.cat([order[:once], order[once:].repeat(rows)])
    cos, sin = (turn[0].unsqueeze(1) for turn in inner.rotary_emb(states, positions.unsqueeze(0)))
    # The first half of a head turns against the second one.
    sin = torch.cat([-sin[..., : size // 2], sin[..., size // 2 :]], dim=-1)
    for index, layer in enumerate(inner.layers):
        attention, mlp = layer.self_attn, layer.mlp
        read = _norm(layer.input_layernorm, states)
        mixed = Products.apply(
            read, *(each.weight for each in (attention.q_proj, attention.k_proj, attention.v_proj))
        )
        placed, values = mixed.view(len(states), -1, size).tensor_split([-key_heads], dim=1)
        placed = placed * cos + placed.roll(size // 2, dims=-1) * sin
        queries, keys = placed.tensor_split([-key_heads], dim=1)
        wanted = None
        if index == len(inner.layers) - 1:
            # What follows is wanted in these places only.
            wanted = logits_to_keep
            states = states[once:].view(rows, count - once, -1)[:, wanted - once].flatten(0, 1)
        attended = _attend(queries, keys, values, rows, once, wanted)
        states = states + Products.apply(attended, attention.o_proj.weight)
        read = _norm(layer.post_attention_layernorm, states)
        gate, up = Products.apply(read, mlp.gate_proj.weight, mlp.up_proj.weight).chunk(2, dim=-1)
        states = states + Products.apply(functional.silu(gate) * up, mlp.down_proj.weight)
    scores = Products.apply(_norm(inner.norm, states), model.lm_head.weight)
    return Scores(scores.view(rows, len(logits_to_keep), -1))


def _shared(input_ids: torch.Tensor, wanted: torch.Tensor) -> int:
    """How many tokens all rows begin with, before the first place whose scores are wanted."""
    if len(input_ids) == 1:
        return 0
    differs = (input_ids != input_ids[0]).any(dim=0).nonzero()
    ends = [int(places[0]) for places in (differs.flatten(), wanted) if len(places)]
    shared = min(ends, default=0) // MULTIPLE * MULTIPLE
    return shared if shared >= _LEAST_SHARED else 0


def _attend(
    queries: torch.Tensor,
    keys: torch.Tensor,
    values: torch.Tensor,
    rows: int,
    once: int,
    wanted: torch.Tensor | None,
) -> torch.Tensor:
    """Let each token look back at those before it.

    Args:
        queries: Shape (tokens, heads, size): the shared start, then what follows of each row.
        keys: Likewise, with perhaps fewer heads.
        values: As the keys.
        rows: In the batch.
        once: Tokens of the shared start.
        wanted: The places in a row that are to look back, all behind the start; None for every token.

    Returns:
        Shape (tokens, heads times size), of the tokens that look back.
    """
    attend = functional.scaled_dot_product_attention
    start = [each[:once].transpose(0, 1).unsqueeze(0) for each in (queries, keys, values)]
    looking, *back = (
        each[once:].unflatten(0, (rows, -1)).transpose(1, 2) for each in (queries, keys, values)
    )
    order, seen = torch.arange(once + looking.shape[2]), None
    if once:
        pairs = zip(start[1:], back, strict=True)
        back = [torch.cat([first.expand(rows, -1, -1, -1), each], dim=2) for first, each in pairs]
        seen = order <= order[once:].unsqueeze(1)
    if wanted is not None:
        looking, seen = looking[:, :, wanted - once], order <= wanted.unsqueeze(1)
    found = [attend(looking, back[0], back[1], seen, is_causal=seen is None, enable_gqa=True)]
    if once and wanted is None:
        found.insert(0, attend(start[0], start[1], start[2], is_causal=True, enable_gqa=True))
    return torch.cat([each.transpose(1, 2).flatten(2).flatten(0, 1) for each in found])


def _norm(norm: "LlamaRMSNorm", states: torch.Tensor) -> torch.Tensor:
    return functional.rms_norm(states, states.shape[-1:], norm.weight, norm.variance_epsilon)
