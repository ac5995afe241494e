"""Models that only Transformers can read, and PEFT's adapters on any model. Takes two seconds to load."""

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import nn
from transformers import AutoModelForCausalLM, Cache as TransformersCache, DynamicLayer, PreTrainedModel

from local_server.generation.weights.cache import Cache, RoomyLayer
from local_server.generation.weights.decoder import Decoder
from local_server.generation.weights.plain import end_tokens, shape_of
from local_server.training.adapters import hide_torchao

if TYPE_CHECKING:
    from peft import LoraModel, PeftModel


class Whole:
    """A model as Transformers reads it, with adapters: each has only its own numbers.

    Args:
        folder: Of a whole model.
        precision: Of its weights.
        device: "cpu", "cuda" or "mps".

    Attributes:
        model: The model.

    Raises:
        ValueError: Weights are missing. transformers would go on with randomly initialized weights.
        OSError: The folder holds no model.
    """

    def __init__(self, folder: Path, precision: torch.dtype, device: str) -> None:
        # With `output_loading_info` it is a pair, which its type does not say.
        pair: Any = AutoModelForCausalLM.from_pretrained(
            folder, dtype=precision, use_safetensors=True, local_files_only=True, output_loading_info=True
        )
        model: PreTrainedModel = pair[0]
        report: dict[str, Any] = pair[1]
        if report["missing_keys"]:
            raise ValueError(f"weights are missing: {', '.join(sorted(report['missing_keys'])[:3])}")
        self.model = model.eval().to(device)
        self._device = device
        # One thread loads adapters while another one lets the model read.
        self._lock = threading.Lock()
        self._adapted: PeftModel | None = None
        self._names: set[str] = set()
        self._active: str | None = None

    @property
    def context(self) -> int:
        """Tokens that the model can read."""
        return self.model.config.max_position_embeddings

    @property
    def end_tokens(self) -> set[int]:
        """Tokens that its config names as the end of an answer."""
        return end_tokens(self.model.generation_config.eos_token_id)

    def add(self, name: str, folder: Path) -> None:
        """Load an adapter.

        Args:
            name: To ask for it.
            folder: In PEFT's layout.

        Raises:
            ValueError: Numbers of the adapter are missing.
            OSError: The folder holds no adapter.
        """
        hide_torchao()
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
        *,
        every: bool = False,
    ) -> torch.Tensor:
        """Let the model, or an adapter on it, read tokens; as `read` of `Held`."""
        with self._lock:
            self._switch_to(adapter)
            scores: torch.Tensor = self.model(
                tokens.to(self._device),
                attention_mask=mask.to(self._device),
                position_ids=places.to(self._device),
                past_key_values=_for_transformers(cache, self.model.config.num_hidden_layers),
                use_cache=True,
                logits_to_keep=0 if every else 1,  # 0 stands for all.
            ).logits
        return (scores if every else scores[:, -1]).float().cpu()

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


def decoder_of(model: PreTrainedModel, *, turned: bool) -> Decoder | None:
    """Make a plain decoder of a model's weights.

    Args:
        model: On the processor.
        turned: As for the decoder. Otherwise the weights are those of the model, on which adapters stand.

    Returns:
        The decoder; None for a model of another shape.
    """
    shape = shape_of(model.config.to_dict())
    if shape is None or type(model).__name__ != "LlamaForCausalLM":
        return None

    def moved(name: str, weight: torch.Tensor) -> None:
        layer = model.get_submodule(name.removesuffix(".weight"))
        layer.weight = nn.Parameter(weight, requires_grad=False)

    return Decoder(shape, model.state_dict().__getitem__, turned=turned, moved=moved)


class _Layer(DynamicLayer):
    """One layer of our cache, as Transformers' models take it."""

    def __init__(self, cache: Cache, index: int) -> None:
        super().__init__()
        self._cache, self._index = cache, index
        if index < len(cache.layers):
            self._show(cache.layers[index])

    def _show(self, layer: RoomyLayer) -> None:
        self.is_initialized = True
        self.keys, self.values = layer.keys, layer.values

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: object, **kwargs: object
    ) -> tuple[torch.Tensor, torch.Tensor]:
        keys, values = self._cache.update(key_states, value_states, self._index)
        self._show(self._cache.layers[self._index])
        return keys, values


def _for_transformers(cache: Cache, layers: int) -> TransformersCache:
    return TransformersCache(layers=[_Layer(cache, index) for index in range(layers)])
