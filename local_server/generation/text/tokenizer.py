"""A tokenizer with a chat template, without Transformers: to load that takes as long as PyTorch does.

What is asked of it has the names that Transformers' tokenizers have, so that these can stand in its place.
"""

import json
import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from tokenizers import AddedToken, Tokenizer as Backend

from local_server.generation.text.template import Template
from local_server.training.rows.forms import Writer

_NAMED = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")
# What may stand in tokenizer_config.json beside the special tokens, and changes no prompt and no answer here.
_WITHOUT_EFFECT = {
    "backend", "extra_special_tokens", "is_local", "local_files_only", "max_length", "model_max_length",
    "pad_to_multiple_of", "pad_token_type_id", "padding_side", "stride", "truncation_side",
    "truncation_strategy", "tokenizer_class", "clean_up_tokenization_spaces",
}  # fmt: skip
# With these files, there is more than one template, or other special tokens.
_MORE_FILES = ("additional_chat_templates", "special_tokens_map.json", "added_tokens.json")
# Transformers marks special tokens in messages with these characters, and takes them out of messages.
_MARKS = "\U000f0000|\U000f0001"


class TextTokenizer(Writer, Protocol):
    """What is asked of a tokenizer, also of one of Transformers."""

    @property
    def backend_tokenizer(self) -> Backend:
        """The tokenizer without a template."""

    @property
    def added_tokens_decoder(self) -> dict[int, AddedToken]:
        """Tokens that are found before all others, by their number."""

    @property
    def eos_token_id(self) -> Any:  # noqa: ANN401
        """The token that ends a turn; None for no such token."""

    def decode(self, token_ids: Sequence[int], skip_special_tokens: bool = False) -> Any:  # noqa: ANN401
        """The text of tokens."""

    def convert_ids_to_tokens(self, ids: int) -> Any:  # noqa: ANN401
        """How the vocabulary spells a token."""

    def get_vocab(self) -> dict[str, int]:
        """All tokens, as the vocabulary spells them."""


class Tokenizer:
    """A tokenizer with a chat template.

    Args:
        folder: Of the model. `plain_tokenizer` says whether it can be read here.
        config: The content of tokenizer_config.json.
        backend: The content of tokenizer.json.
    """

    def __init__(self, folder: Path, config: dict[str, Any], backend: Backend) -> None:
        self._folder = folder
        backend.no_padding()
        backend.no_truncation()
        self.backend_tokenizer = backend
        self.added_tokens_decoder: dict[int, AddedToken] = backend.get_added_tokens_decoder()
        named = {name: config[name] for name in _NAMED if config.get(name) is not None}
        extra = config.get("extra_special_tokens") or []
        self.all_special_tokens = list(dict.fromkeys([*named.values(), *extra]))
        eos = named.get("eos_token")
        self.eos_token_id = None if eos is None else backend.token_to_id(eos)
        self._template = Template((folder / "chat_template.jinja").read_text(encoding="utf-8"), named)
        control = [
            token.content
            for token in self.added_tokens_decoder.values()
            if token.special or (token.content in self._template.literal and not token.content.isspace())
        ]
        self._marked = re.compile("|".join([_MARKS, *map(re.escape, control)]))

    def decode(self, token_ids: Sequence[int], skip_special_tokens: bool = False) -> str:
        """The text of tokens.

        Args:
            token_ids: The tokens.
            skip_special_tokens: Whether to leave out special ones.

        Returns:
            The text; � for bytes that are no character.
        """
        return self.backend_tokenizer.decode(token_ids, skip_special_tokens=skip_special_tokens)

    def convert_ids_to_tokens(self, ids: int) -> str | None:
        """How the vocabulary spells a token; None where there is no such token."""
        return self.backend_tokenizer.id_to_token(ids)

    def get_vocab(self) -> dict[str, int]:
        """All tokens, as the vocabulary spells them."""
        return self.backend_tokenizer.get_vocab()

    def apply_chat_template(
        self,
        conversation: list[dict[str, Any]],
        *,
        tools: list[dict[str, Any]] | None = None,
        add_generation_prompt: bool = False,
        tokenize: bool = True,
        **options: Any,  # noqa: ANN401 - for Transformers
    ) -> str | list[int]:
        """Write a chat.

        Args:
            conversation: Messages: JSON objects with `role` and `content`.
            tools: JSON objects; None for a chat without tools.
            add_generation_prompt: Whether an answer is to follow.
            tokenize: Whether tokens are wanted.
            **options: What Transformers has to know besides.

        Returns:
            The text, or its tokens. Special tokens in messages are read as text.
        """
        if tokenize and any(map(self._marked.search, _texts([conversation, tools]))):
            # To tell them from those that the template writes is Transformers' own work.
            with_marks: list[int] = self._of_transformers.apply_chat_template(
                conversation, tools=tools, add_generation_prompt=add_generation_prompt, **options
            )
            return with_marks
        messages = [
            {key: value for key, value in message.items() if value is not None} for message in conversation
        ]
        text = self._template.render(messages, tools, start=add_generation_prompt)
        return self.backend_tokenizer.encode(text, add_special_tokens=False).ids if tokenize else text

    @cached_property
    def _of_transformers(self) -> TextTokenizer:
        return tokenizer_of_transformers(self._folder)


def _texts(value: object) -> Iterator[str]:
    """All texts in JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)


def tokenizer_of_transformers(folder: Path) -> TextTokenizer:
    """Let Transformers read a tokenizer, which has to be loaded for that.

    Args:
        folder: Of a whole model.

    Returns:
        The tokenizer.
    """
    from transformers import AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    found: TextTokenizer = tokenizer
    return found


def plain_tokenizer(folder: Path) -> Tokenizer | None:
    """Read a tokenizer from its files.

    Args:
        folder: Of a whole model.

    Returns:
        The tokenizer; None for one that has something to it which only Transformers knows.
    """
    file, template = folder / "tokenizer_config.json", folder / "chat_template.jinja"
    if not (file.is_file() and template.is_file() and (folder / "tokenizer.json").is_file()):
        return None
    config: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    named = [config[name] for name in _NAMED if config.get(name) is not None]
    extra = config.get("extra_special_tokens") or []
    if (
        config.get("tokenizer_class") not in ("TokenizersBackend", "PreTrainedTokenizerFast")
        or config.get("clean_up_tokenization_spaces")
        or not config.keys() <= _WITHOUT_EFFECT.union(_NAMED)
        or not isinstance(extra, list)
        or any((folder / name).exists() for name in _MORE_FILES)
    ):
        return None
    backend = Backend.from_file(str(folder / "tokenizer.json"))
    special = {token.content for token in backend.get_added_tokens_decoder().values() if token.special}
    known = all(isinstance(each, str) and each in special for each in [*named, *extra])
    return Tokenizer(folder, config, backend) if known else None
