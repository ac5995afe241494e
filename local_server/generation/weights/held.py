"""One copy of a model's weights, which answers for the model and for every adapter that stands on it."""

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch
from transformers import AutoModelForCausalLM, Cache, PreTrainedModel

from local_server.generation.weights.decoder import decoder_of
from local_server.training.choice import memory, speed
from local_server.training.choice.plan import device_for
from local_server.training.specification import SMALL_PARAMETERS

if TYPE_CHECKING:
    from peft import LoraModel, PeftModel

# What threads and precision are chosen for: a token of each of so many answers.
_ANSWERS = 16


class Held:
    """A model in memory, in the precision and on the threads that are fastest here.

    Small models answer in float32 on one thread, as they were trained. Adapters are PEFT's: one copy of the
    weights, and for each adapter its own numbers.

    Args:
        folder: Of a whole model.

    Attributes:
        model: The model.

    Raises:
        ValueError: Weights are missing. transformers would go on with randomly initialized weights.
        OSError: The folder holds no model.
    """

    def __init__(self, folder: Path) -> None:
        size = memory.size_of(folder)
        self._device = device_for(size)
        self._threads = torch.get_num_threads()
        precision = "float32"
        if size.parameters >= SMALL_PARAMETERS and self._device == "cpu":
            self._threads = speed.best_threads(size, _ANSWERS, "float32")
            if speed.bfloat16_is_faster(size, _ANSWERS, self._threads):
                precision = "bfloat16"
        elif size.parameters >= SMALL_PARAMETERS:
            precision = "bfloat16"
        # With `output_loading_info` it is a pair, which its type does not say.
        pair: Any = AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=getattr(torch, precision),
            use_safetensors=True,
            local_files_only=True,
            output_loading_info=True,
        )
        model: PreTrainedModel = pair[0]
        report: dict[str, Any] = pair[1]
        if report["missing_keys"]:
            raise ValueError(f"weights are missing: {', '.join(sorted(report['missing_keys'])[:3])}")
        self.model = model.eval().to(self._device)
        self._decoder = decoder_of(self.model) if self._device == "cpu" else None
        # One thread loads adapters while another one lets the model read.
        self._lock = threading.Lock()
        self._adapted: PeftModel | None = None
        self._names: set[str] = set()
        self._active: str | None = None

    def add(self, name: str, folder: Path) -> None:
        """Load an adapter.

        Args:
            name: To ask for it.
            folder: In PEFT's layout.

        Raises:
            ValueError: Numbers of the adapter are missing.
            OSError: The folder holds no adapter.
        """
        from peft import LoraConfig, PeftModel

        # PEFT sets flags of parameters that PyTorch does not allow on those made in inference mode.
        with self._lock, torch.inference_mode(False):
            if self._adapted is None:
                config = LoraConfig.from_pretrained(str(folder))
                config.inference_mode = True
                self._adapted = PeftModel(self.model, config, adapter_name=name)
            result = self._adapted.load_adapter(str(folder), adapter_name=name)
            self._names.add(name)
            self.model.eval()
            # To load one may have made it the active one.
            self._active = None
            self._lora.disable_adapter_layers()
        if result.missing_keys:
            self.remove(name)
            raise ValueError(f"numbers are missing: {', '.join(sorted(result.missing_keys)[:3])}")

    def remove(self, name: str) -> None:
        """Give the memory of an adapter back."""
        with self._lock, torch.inference_mode(False):
            self._names.discard(name)
            if self._adapted is None:
                return
            if self._names:
                self._adapted.delete_adapter(name)
            else:
                self._lora.unload()
                self._adapted = None
            self._active = None
            if self._adapted is not None:
                self._lora.disable_adapter_layers()

    def read(
        self,
        adapter: str | None,
        tokens: torch.Tensor,
        mask: torch.Tensor,
        places: torch.Tensor,
        cache: Cache,
    ) -> torch.Tensor:
        """Let the model, or an adapter on it, read tokens that follow those in the cache.

        Args:
            adapter: The name of the adapter; None for the model itself.
            tokens: Shape (rows, new tokens).
            mask: 1 where a row has a token, 0 in padding; shape (rows, all tokens).
            places: Where the new tokens stand in their rows, shape (rows, new tokens).
            cache: Keys and values of what has been read; the new ones are added.

        Returns:
            The scores of what follows the last token, in float32 and on the processor; shape (rows,
            vocabulary).
        """
        if torch.get_num_threads() != self._threads:
            # Small and large models take turns in one process, each on its number of threads.
            torch.set_num_threads(self._threads)
        if adapter is None and self._decoder is not None:
            return self._decoder(tokens, mask, places, cache).float()
        with self._lock:
            self._switch_to(adapter)
            scores: torch.Tensor = self.model(
                tokens.to(self._device),
                attention_mask=mask.to(self._device),
                position_ids=places.to(self._device),
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            ).logits
        return scores[:, -1].float().cpu()

    @property
    def _lora(self) -> "LoraModel":
        """PEFT's own layers in the model."""
        assert self._adapted is not None
        return cast("LoraModel", self._adapted.base_model)

    def _switch_to(self, adapter: str | None) -> None:
        if self._adapted is None or adapter == self._active:
            return
        if adapter is None:
            self._lora.disable_adapter_layers()
        else:
            if self._active is None:
                self._lora.enable_adapter_layers()
            self._lora.set_adapter(adapter, inference_mode=True)
        self._active = adapter
