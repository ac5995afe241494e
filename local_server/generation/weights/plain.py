"""Llama-shaped models, read from their files: to load Transformers takes as long as to load PyTorch."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import safe_open

# Reads the weights of this name.
Read = Callable[[str], torch.Tensor]


class Shape(NamedTuple):
    """What the plain decoder has to know of a model.

    Args:
        layers: Blocks.
        heads: Of the queries.
        key_heads: Of keys and values.
        head_size: Numbers of a head.
        epsilon: Of the norms.
        theta: Of the places.
        context: Tokens that it can read.
        tied: Whether the vocabulary is read and written with the same weights.
    """

    layers: int
    heads: int
    key_heads: int
    head_size: int
    epsilon: float
    theta: float
    context: int
    tied: bool


def shape_of(config: Mapping[str, Any]) -> Shape | None:
    """Look whether the plain decoder can read a model.

    Args:
        config: The content of config.json, as Transformers 5 writes it: with every default.

    Returns:
        Its shape; None for another kind of model, or a config that leaves something out.
    """
    try:
        rope = config["rope_parameters"]
        plain = (
            config["model_type"] == "llama"
            and config["hidden_act"] == "silu"
            and not config["attention_bias"]
            and not config["mlp_bias"]
            and rope["rope_type"] == "default"
            and rope.keys() == {"rope_type", "rope_theta"}
            and not config.get("quantization_config")
        )
        shape = Shape(
            layers=config["num_hidden_layers"],
            heads=config["num_attention_heads"],
            key_heads=config["num_key_value_heads"],
            head_size=config["head_dim"],
            epsilon=config["rms_norm_eps"],
            theta=rope["rope_theta"],
            context=config["max_position_embeddings"],
            tied=config["tie_word_embeddings"],
        )
    except (KeyError, TypeError, AttributeError):
        return None
    return shape if plain else None


class PlainFolder(NamedTuple):
    """A model whose files can be read here.

    Args:
        shape: Of the model.
        end_tokens: That the folder names as the end of an answer.
        read: Reads its weights.
    """

    shape: Shape
    end_tokens: set[int]
    read: Read


def plain_folder(folder: Path, precision: torch.dtype) -> PlainFolder | None:
    """Open the files of a model.

    Args:
        folder: Of a whole model.
        precision: In which its weights are wanted.

    Returns:
        The model; None for one that only Transformers can read.

    Raises:
        ValueError: Weights are missing.
        OSError: A file is missing or cannot be read.
    """
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    shape, file = shape_of(config), folder / "model.safetensors"
    if shape is None or config.get("architectures") != ["LlamaForCausalLM"] or not file.is_file():
        return None
    weights = safe_open(file, framework="pt")
    names = set(weights.keys())
    if missing := sorted(_needed(shape) - names):
        raise ValueError(f"weights are missing: {', '.join(missing[:3])}")

    def read(name: str) -> torch.Tensor:
        # A copy: the file may be changed or deleted later.
        return torch.Tensor(weights.get_tensor(name)).to(precision, copy=True)

    generation = folder / "generation_config.json"
    named = json.loads(generation.read_text(encoding="utf-8")) if generation.is_file() else config
    return PlainFolder(shape, end_tokens(named.get("eos_token_id")), read)


def end_tokens(configured: int | list[int] | None) -> set[int]:
    """The tokens that a config names as the end of an answer: one, several or none."""
    listed = configured if isinstance(configured, list) else [configured]
    return {token for token in listed if token is not None}


def _needed(shape: Shape) -> set[str]:
    parts = (
        "input_layernorm", "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
        "post_attention_layernorm", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj",
    )  # fmt: skip
    names = {f"model.layers.{layer}.{part}.weight" for layer in range(shape.layers) for part in parts}
    names |= {"model.embed_tokens.weight", "model.norm.weight"}
    return names if shape.tied else names | {"lm_head.weight"}
