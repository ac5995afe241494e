"""The models that the chat process keeps in memory."""

import threading
import time
from collections import OrderedDict
from collections.abc import Collection
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import count
from pathlib import Path
from weakref import WeakSet

import torch

from local_server.generation.text.tokenizer import TextTokenizer, plain_tokenizer, tokenizer_of_transformers
from local_server.generation.weights.cache import Cache, Prefixes
from local_server.generation.weights.held import Held
from local_server.generation.weights.pages import give_back_what_is_freed
from local_server.training.keeping import base_of
from local_server.training.rows.forms import Form, form_of

_NO_TOKEN_BYTES = 1024
# Adapters in memory: each has 20 MB at rank 16 on SmolLM2-135M, and is read from the disk in 0.2 s.
_ADAPTERS = 32
# How often it is looked whether a model is idle.
_LOOK_SECONDS = 1.0


@dataclass(frozen=True, eq=False)
class Loaded:
    """A model that is ready to answer: a whole one, or an adapter on one.

    Attributes:
        folder: Where it was read from.
        held: The weights; adapters on the same model share them.
        adapter: The adapter's name; None for a whole model.
        tokenizer: With a chat template.
        end_tokens: Every token that ends a turn.
        longest_token: Most bytes of text that one token can stand for.
        prefixes: What it has read of earlier prompts.
    """

    folder: str
    held: Held
    adapter: str | None
    tokenizer: TextTokenizer
    end_tokens: set[int]
    longest_token: int
    prefixes: Prefixes = field(default_factory=Prefixes)

    @cached_property
    def vocabulary(self) -> tuple[str, tuple[int, ...]]:
        """The text of tokenizer.json, and the tokens that end a turn: what a constraint has to know."""
        backend = copy(self.tokenizer.backend_tokenizer)
        backend.no_padding()
        backend.no_truncation()
        return backend.to_str(), tuple(sorted(self.end_tokens))

    @property
    def form(self) -> Form:
        """How it writes calls of functions."""
        return form_of(self.tokenizer)

    @property
    def context(self) -> int:
        """Tokens of prompt and answer together that the model can read."""
        return self.held.context

    def model(
        self,
        tokens: torch.Tensor,
        mask: torch.Tensor,
        places: torch.Tensor,
        cache: Cache,
        *,
        every: bool = False,
    ) -> torch.Tensor:
        """Let the model read tokens, as `read` of the weights."""
        return self.held.read(self.adapter, tokens, mask, places, cache, every=every)


class Models:
    """Loaded models; the one not used for longest leaves first.

    Args:
        capacity: How many whole models stay in memory. Adapters stay beside the model that they share.
        idle_seconds: A model that was not used for so long leaves, and gives its memory back.
    """

    def __init__(self, capacity: int, idle_seconds: float) -> None:
        self._capacity = capacity
        self._idle_seconds = idle_seconds
        self._whole: OrderedDict[str, Loaded] = OrderedDict()
        self._adapters: OrderedDict[str, Loaded] = OrderedDict()
        # Adapters of this list, and those that a running request still needs.
        self._needed: WeakSet[Loaded] = WeakSet()
        # The weights that each adapter is in, by its name.
        self._names: dict[str, Held] = {}
        self._numbers = count()
        self._used: dict[str, float] = {}
        self._looked = time.monotonic()
        self._lock = threading.Lock()

    def get(self, folder: str) -> Loaded:
        """Look a model up by its folder, and read it when it is not in memory.

        Args:
            folder: With safetensors, config.json, tokenizer.json and a chat template; or an adapter.

        Returns:
            The model, ready to answer.

        Raises:
            ValueError: Weights are missing.
            OSError: The folder holds no model, or the model of an adapter is gone.
        """
        with self._lock:
            base = base_of(Path(folder))
            loaded = self._whole_model(folder if base is None else str(base))
            if base is not None:
                loaded = self._adapter(folder, loaded)
            return loaded

    def _whole_model(self, folder: str) -> Loaded:
        self._used[folder] = time.monotonic()
        if folder not in self._whole:
            self._whole[folder] = load(folder)
            if len(self._whole) > self._capacity:
                self._leave(next(iter(self._whole)))
        self._whole.move_to_end(folder)
        return self._whole[folder]

    def _adapter(self, folder: str, base: Loaded) -> Loaded:
        self._used[folder] = time.monotonic()
        known = self._adapters.get(folder)
        if known is None or known.held is not base.held:
            self._remove_unused()
            same = (one for one in self._needed if one.folder == folder and one.held is base.held)
            known = next(same, None) or self._loaded_adapter(folder, base)
            self._adapters[folder] = known
            if len(self._adapters) > _ADAPTERS:
                self._adapters.popitem(last=False)
        self._adapters.move_to_end(folder)
        return known

    def _loaded_adapter(self, folder: str, base: Loaded) -> Loaded:
        # A folder has dots, which the names of modules must not have.
        name = f"adapter{next(self._numbers)}"
        base.held.add(name, Path(folder))
        self._names[name] = base.held
        loaded = replace(base, folder=folder, adapter=name, prefixes=base.prefixes.beside())
        self._needed.add(loaded)
        return loaded

    def _remove_unused(self) -> None:
        """Take those adapters out of the weights that neither this nor a running request needs."""
        for name in self._names.keys() - {loaded.adapter for loaded in self._needed}:
            self._names.pop(name).remove(name)

    def _leave(self, folder: str) -> None:
        left = self._whole.pop(folder)
        for name, adapter in list(self._adapters.items()):
            if adapter.held is left.held:
                del self._adapters[name]
        for name in [name for name, held in self._names.items() if held is left.held]:
            # The weights go as a whole, as soon as no request needs them.
            del self._names[name]

    def give_back(self, running: Collection[str]) -> None:
        """Let models leave that were not used for long, and give their memory back to the system.

        Args:
            running: Folders of the models that answer just now.
        """
        now = time.monotonic()
        if now < self._looked + _LOOK_SECONDS or not self._lock.acquire(blocking=False):
            return
        try:
            self._looked = now
            for folder in running:
                self._used[folder] = now
                if folder in self._adapters:
                    self._used.update(
                        {
                            name: now
                            for name, whole in self._whole.items()
                            if whole.held is self._adapters[folder].held
                        }
                    )
            idle = [name for name, used in self._used.items() if used + self._idle_seconds < now]
            for folder in idle:
                del self._used[folder]
                self._adapters.pop(folder, None)
                if folder in self._whole:
                    self._leave(folder)
            if idle:
                self._remove_unused()
                give_back_what_is_freed()
        finally:
            self._lock.release()


def load(folder: str) -> Loaded:
    """Read a whole model from safetensors.

    Args:
        folder: Of the weights.

    Returns:
        The model, ready to answer.

    Raises:
        ValueError: Weights are missing.
        OSError: The folder holds no model.
    """
    held = Held(Path(folder))
    tokenizer = plain_tokenizer(Path(folder)) or tokenizer_of_transformers(Path(folder))
    end = tokenizer.eos_token_id
    end_tokens = held.end_tokens if end is None else held.end_tokens | {end}
    return Loaded(folder, held, None, tokenizer, end_tokens, _longest_token(tokenizer))


def _longest_token(tokenizer: TextTokenizer) -> int:
    """Most bytes of text that one token can stand for."""
    backend = tokenizer.backend_tokenizer
    if backend.normalizer is None and type(backend.decoder).__name__ == "ByteLevel":
        # Such a vocabulary has one character for each byte.
        return max(map(len, tokenizer.get_vocab()))
    # Others drop or join characters, so there is no such length; more than this is no text.
    return _NO_TOKEN_BYTES
