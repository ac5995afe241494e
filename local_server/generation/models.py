"""The models that the chat process keeps in memory."""

from collections import OrderedDict
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

_NO_TOKEN_BYTES = 1024


@dataclass(frozen=True)
class Loaded:
    """A model that is ready to answer.

    Attributes:
        folder: Where it was read from.
        model: In float32.
        tokenizer: With a chat template.
        end_tokens: Every token that ends a turn.
        longest_token: Most bytes of text that one token can stand for.
    """

    folder: str
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    end_tokens: set[int]
    longest_token: int

    @cached_property
    def vocabulary(self) -> tuple[str, tuple[int, ...]]:
        """The text of tokenizer.json, and the tokens that end a turn: what a constraint has to know."""
        backend = copy(self.tokenizer.backend_tokenizer)
        backend.no_padding()
        backend.no_truncation()
        return backend.to_str(), tuple(sorted(self.end_tokens))

    @property
    def context(self) -> int:
        """Tokens of prompt and answer together that the model can read."""
        return self.model.config.max_position_embeddings


class Models:
    """Loaded models; the one not used for longest leaves first.

    Args:
        capacity: How many stay in memory.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._loaded: OrderedDict[str, Loaded] = OrderedDict()

    def get(self, folder: str) -> Loaded:
        """Look a model up by its folder, and read it when it is not in memory.

        Args:
            folder: With safetensors, config.json, tokenizer.json and a chat template.

        Returns:
            The model, ready to answer.

        Raises:
            ValueError: Weights are missing.
            OSError: The folder holds no model.
        """
        if folder not in self._loaded:
            self._loaded[folder] = load(folder)
            if len(self._loaded) > self._capacity:
                self._loaded.popitem(last=False)
        self._loaded.move_to_end(folder)
        return self._loaded[folder]


def load(folder: str) -> Loaded:
    """Read a model from safetensors, in float32.

    Args:
        folder: Of the weights.

    Returns:
        The model, ready to answer.

    Raises:
        ValueError: Weights are missing. transformers would go on with randomly initialized weights.
    """
    # With `output_loading_info` it is a pair, which its type does not say.
    pair: Any = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, use_safetensors=True, local_files_only=True, output_loading_info=True
    )
    model: PreTrainedModel = pair[0]
    report: dict[str, Any] = pair[1]
    if report["missing_keys"]:
        raise ValueError(f"weights are missing: {', '.join(sorted(report['missing_keys'])[:3])}")
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    configured = model.generation_config.eos_token_id
    listed = configured if isinstance(configured, list) else [configured]
    end_tokens = {token for token in [*listed, tokenizer.eos_token_id] if token is not None}
    return Loaded(folder, model.eval(), tokenizer, end_tokens, _longest_token(tokenizer))


def _longest_token(tokenizer: PreTrainedTokenizerBase) -> int:
    """Most bytes of text that one token can stand for."""
    backend = tokenizer.backend_tokenizer
    if backend.normalizer is None and type(backend.decoder).__name__ == "ByteLevel":
        # Such a vocabulary has one character for each byte.
        return max(map(len, tokenizer.get_vocab()))
    # Others drop or join characters, so there is no such length; more than this is no text.
    return _NO_TOKEN_BYTES
