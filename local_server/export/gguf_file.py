"""A model as one GGUF file, which llama.cpp and the programs that stand on it read.

llama.cpp's own converter, `convert_hf_to_gguf.py`, knows every architecture, and is not on the package
index. So Llama-shaped models with a byte-level vocabulary are written here, with llama.cpp's own package
`gguf`: both base models of the course are such models. Anything else is refused, and the converter is named.
"""

import json
import math
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import gguf

Type = Literal["f32", "bf16", "q8_0"]
"""How numbers are kept: as they are calculated here, in half of the room, in about a quarter of it."""

INSTALL = 'pip install "gguf>=0.17,<1"'
_CONVERTER = "llama.cpp's own converter knows more models: python convert_hf_to_gguf.py FOLDER"
_BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
# What stands before the byte level, and llama.cpp's name for both together (`llama-vocab.cpp`, Nov 2026).
_CUTS: list[tuple[dict[str, Any] | None, str]] = [
    (None, "gpt-2"),
    ({"type": "Digits", "individual_digits": True}, "smollm"),
    ({"type": "Split", "pattern": {"Regex": "\\d"}, "behavior": "Isolated", "invert": False}, "smollm"),
]
_NUMBERS: Mapping[str, np.dtype[Any]] = {
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "BF16": np.dtype("<u2"),
}


class CannotConvert(Exception):
    """The model cannot be written as a GGUF file; the message says why, and what to do."""


def write(folder: Path, path: Path, kind: Type = "f32") -> None:
    """Write a whole model as a GGUF file, with its tokenizer and its chat template.

    Args:
        folder: Of the model, as Transformers keeps it.
        path: To be made. It is there when all of it has been written, or not at all.
        kind: How the weights are kept; with "f32" nothing is lost.

    Raises:
        CannotConvert: The package `gguf` is not installed, or the model is none that is written here.
        FileExistsError: The file is there already.
        OSError: A file of the model cannot be read, or the new one cannot be written.
        ValueError: A file of the model is not what its name says.
    """
    try:
        import gguf
    except ImportError:
        raise CannotConvert(f"the package gguf is not installed: {INSTALL}") from None
    if path.exists():
        raise FileExistsError(f"{path} is there already. Give a file that is not there.")
    config, tokenizer = (_read(folder / name) for name in ("config.json", "tokenizer.json"))
    cuts = _fits(config, tokenizer)
    draft = path.with_name(path.name + ".new")
    # Its weights wait in a file of their own, and not in memory.
    writer = gguf.GGUFWriter(draft, "llama", use_temp_file=True)
    try:
        _write_shape(writer, config)
        _write_words(writer, folder, config, tokenizer, cuts)
        _write_weights(writer, folder, config, kind)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        draft.rename(path)
    finally:
        writer.close()
        draft.unlink(missing_ok=True)


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _fits(config: Mapping[str, Any], tokenizer: Mapping[str, Any]) -> str:
    """How llama.cpp cuts text into words for this tokenizer.

    Raises:
        CannotConvert: What is written here would not be this model.
    """
    architecture = (config.get("architectures") or ["unknown"])[0]
    rope = config.get("rope_parameters") or {}
    problem = ""
    if architecture != "LlamaForCausalLM":
        problem = f"its architecture is {architecture}, expected LlamaForCausalLM"
    elif config.get("attention_bias") or config.get("mlp_bias"):
        problem = "its layers have biases, expected none"
    elif config.get("quantization_config"):
        problem = "its weights are quantized, expected numbers"
    elif rope.get("rope_type", "default") != "default":
        problem = f"its positions are of the type {rope['rope_type']!r}, expected 'default'"
    elif tokenizer["model"]["type"] != "BPE" or tokenizer["model"].get("byte_fallback"):
        problem = "its vocabulary is not a byte-level BPE"
    elif tokenizer.get("normalizer"):
        problem = "its tokenizer changes the text before it is cut"
    if not problem:
        before = tokenizer["pre_tokenizer"] or {}
        parts = before.get("pretokenizers", [before])
        for first, name in _CUTS:
            if parts == [*filter(None, [first]), _BYTE_LEVEL]:
                return name
        problem = "its tokenizer cuts text in a way that is not known here"
    raise CannotConvert(f"{problem}. {_CONVERTER}")


def _write_shape(writer: "gguf.GGUFWriter", config: Mapping[str, Any]) -> None:
    heads, hidden = int(config["num_attention_heads"]), int(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(hidden)
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(config.get("num_key_value_heads") or heads)
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    width = int(config.get("head_dim") or hidden // heads)
    writer.add_rope_dimension_count(width)
    writer.add_key_length(width)
    writer.add_value_length(width)
    rope = config.get("rope_parameters") or config
    writer.add_rope_freq_base(rope.get("rope_theta", 10_000.0))
    writer.add_vocab_size(config["vocab_size"])


def _write_words(
    writer: "gguf.GGUFWriter",
    folder: Path,
    config: Mapping[str, Any],
    tokenizer: Mapping[str, Any],
    cuts: str,
) -> None:
    from gguf import TokenType

    # A vocabulary is often filled up to a round number.
    size = int(config["vocab_size"])
    words, kinds = [f"[PAD{token}]" for token in range(size)], [TokenType.UNUSED] * size
    for word, token in tokenizer["model"]["vocab"].items():
        words[token], kinds[token] = word, TokenType.NORMAL
    for added in tokenizer["added_tokens"]:
        words[added["id"]] = added["content"]
        kinds[added["id"]] = TokenType.CONTROL if added["special"] else TokenType.USER_DEFINED
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(cuts)
    writer.add_token_list(words)
    writer.add_token_types(kinds)
    merges = tokenizer["model"]["merges"]
    writer.add_token_merges([each if isinstance(each, str) else " ".join(each) for each in merges])
    # The turn's last token, which ends an answer; nothing stands before a text.
    settings, numbers = _read(folder / "tokenizer_config.json"), {word: id for id, word in enumerate(words)}
    for name, add in (("eos_token", writer.add_eos_token_id), ("pad_token", writer.add_pad_token_id)):
        word = settings.get(name)
        word = word.get("content") if isinstance(word, dict) else word
        if word in numbers:
            add(numbers[word])
    writer.add_add_bos_token(False)
    template = folder / "chat_template.jinja"
    if template.is_file():
        writer.add_chat_template(template.read_text(encoding="utf-8"))
    elif settings.get("chat_template"):
        writer.add_chat_template(settings["chat_template"])


def _write_weights(writer: "gguf.GGUFWriter", folder: Path, config: Mapping[str, Any], kind: Type) -> None:
    import gguf

    types = {
        "f32": (gguf.GGMLQuantizationType.F32, gguf.LlamaFileType.ALL_F32),
        "bf16": (gguf.GGMLQuantizationType.BF16, gguf.LlamaFileType.MOSTLY_BF16),
        "q8_0": (gguf.GGMLQuantizationType.Q8_0, gguf.LlamaFileType.MOSTLY_Q8_0),
    }
    number, whole = types[kind]
    writer.add_file_type(whole)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config["num_hidden_layers"])
    heads = int(config["num_attention_heads"])
    turned = {"q_proj": heads, "k_proj": int(config.get("num_key_value_heads") or heads)}
    for name, weight in _weights(folder):
        if name == "lm_head.weight" and config.get("tie_word_embeddings"):
            continue
        new = names.get_name(name, try_suffixes=(".weight",))
        if new is None:
            raise CannotConvert(f"its weight {name} is not known here. {_CONVERTER}")
        for part in turned.keys() & name.split("."):
            # llama.cpp turns neighboring numbers of a head, Transformers its two halves.
            halves = weight.reshape(turned[part], 2, -1, weight.shape[1])
            weight = halves.swapaxes(1, 2).reshape(weight.shape)
        # Vectors are few, and are kept as they are calculated. Q8_0 takes rows of whole blocks.
        kept = gguf.GGMLQuantizationType.F32 if weight.ndim == 1 else number
        if kept == gguf.GGMLQuantizationType.Q8_0 and weight.shape[-1] % 32:
            kept = gguf.GGMLQuantizationType.BF16
        writer.add_tensor(new, gguf.quants.quantize(weight, kept), raw_dtype=kept)


def _weights(folder: Path) -> Iterator[tuple[str, npt.NDArray[np.float32]]]:
    """Read the weights of a model one by one, as float32.

    NumPy has no bfloat16, and PyTorch is not needed for this: such a number is the first half of a float32.
    """
    for path in sorted(folder.glob("*.safetensors")):
        with open(path, "rb") as file:
            # The format: eight bytes with the length of a JSON object, which tells of each tensor.
            (length,) = struct.unpack("<Q", file.read(8))
            head = json.loads(file.read(length))
        for name, of in head.items():
            if name == "__metadata__":
                continue
            if of["dtype"] not in _NUMBERS:
                raise CannotConvert(f"its weight {name} is of the type {of['dtype']}. {_CONVERTER}")
            first, shape = 8 + length + of["data_offsets"][0], tuple(of["shape"])
            raw = np.fromfile(path, _NUMBERS[of["dtype"]], math.prod(shape), offset=first)
            wide = (raw.astype("<u4") << 16).view("<f4") if of["dtype"] == "BF16" else raw.astype("<f4")
            yield name, wide.reshape(shape)
