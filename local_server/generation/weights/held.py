"""One copy of a model's weights, which answers for the model and for every adapter that stands on it."""

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from local_server.generation.weights.cache import Cache
from local_server.generation.weights.decoder import Decoder
from local_server.generation.weights.plain import plain_folder
from local_server.training.choice import memory, speed
from local_server.training.choice.plan import device_for
from local_server.training.specification import SMALL_PARAMETERS

if TYPE_CHECKING:
    from local_server.generation.weights.whole import Whole

# What threads and precision are chosen for: a token of each of so many answers.
_ANSWERS = 16


class Held:
    """A model in memory, in the precision and on the threads that are fastest here.

    Small models answer in float32 on one thread, as they were trained. The plain decoder answers for models
    of its shape. Transformers is loaded for others, and with PEFT at the first adapter.

    Args:
        folder: Of a whole model.

    Attributes:
        context: Tokens that the model can read.
        end_tokens: Tokens that its config names as the end of an answer.
        precision: Of its weights.

    Raises:
        ValueError: Weights are missing.
        OSError: The folder holds no model.
    """

    def __init__(self, folder: Path) -> None:
        size = memory.size_of(folder)
        self._folder = folder
        self._small = size.parameters < SMALL_PARAMETERS
        self._device = device_for(size)
        self._threads = torch.get_num_threads()
        self.precision = torch.float32
        if self._device != "cpu":
            self.precision = torch.bfloat16
        elif not self._small:
            self._threads = speed.best_threads(size, _ANSWERS, "float32")
            # If it is measured, then on one thread: other programs change that less.
            if speed.bfloat16_is_faster(size, _ANSWERS, 1):
                self.precision = torch.bfloat16
        plain = plain_folder(folder, self.precision) if self._device == "cpu" else None
        self._decoder: Decoder | None = None
        self._whole: Whole | None = None
        if plain is not None:
            self.context, self.end_tokens = plain.shape.context, plain.end_tokens
            self._decoder = Decoder(plain.shape, plain.read, turned=self._small)
        else:
            whole = self._loaded()
            self.context, self.end_tokens = whole.context, whole.end_tokens

    def _loaded(self) -> "Whole":
        """The model as Transformers reads it: one copy of the weights from then on."""
        if self._whole is None:
            from local_server.generation.weights.whole import Whole, decoder_of

            self._whole = Whole(self._folder, self.precision, self._device)
            if self._device == "cpu":
                self._decoder = decoder_of(self._whole.model, turned=self._small)
        return self._whole

    def add(self, name: str, folder: Path) -> None:
        """Load an adapter.

        Args:
            name: To ask for it.
            folder: In PEFT's layout.

        Raises:
            ValueError: Numbers of the adapter are missing.
            OSError: The folder holds no adapter.
        """
        self._loaded().add(name, folder)

    def remove(self, name: str) -> None:
        """Give the memory of an adapter back."""
        self._loaded().remove(name)

    def read(
        self,
        adapter: str | None,
        tokens: torch.Tensor,
        mask: torch.Tensor,
        places: torch.Tensor,
        cache: Cache,
        *,
        every: bool = False,
    ) -> torch.Tensor:
        """Let the model, or an adapter on it, read tokens that follow those in the cache.

        Args:
            adapter: The name of the adapter; None for the model itself.
            tokens: Shape (rows, new tokens).
            mask: 1 where a row has a token, 0 in padding; shape (rows, all tokens).
            places: Where the new tokens stand in their rows, shape (rows, new tokens).
            cache: Keys and values of what has been read; the new ones are added.
            every: Whether the scores after each new token are wanted, and not after the last one alone.

        Returns:
            The scores of what follows the last token, in float32 and on the processor; shape (rows,
            vocabulary). With `every`, shape (rows, new tokens, vocabulary).
        """
        if torch.get_num_threads() != self._threads:
            # Small and large models take turns in one process, each on its number of threads.
            torch.set_num_threads(self._threads)
        if adapter is None and self._decoder is not None:
            return self._decoder(tokens, mask, places, cache, every=every).float()
        return self._loaded().read(adapter, tokens, mask, places, cache, every=every)
