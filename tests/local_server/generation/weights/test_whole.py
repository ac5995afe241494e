"""What Transformers has to read itself: models of another shape, and any model with its cache."""

from pathlib import Path

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

from finetune_dataset.models import PERIODIC_TINY
from local_server.generation.weights.cache import Cache
from local_server.generation.weights.held import Held
from local_server.generation.weights.whole import Whole, decoder_of

# PyTorch, in the process of the tests, takes seconds to load.
pytestmark = pytest.mark.slow


def random_llama(**options: object) -> LlamaForCausalLM:
    config = LlamaConfig(
        vocab_size=64, hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=64, **options,
    )  # fmt: skip
    return LlamaForCausalLM(config)


def random_qwen() -> Qwen2ForCausalLM:
    config = Qwen2Config(
        vocab_size=64, hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=64, eos_token_id=7,
    )  # fmt: skip
    torch.manual_seed(1)
    return Qwen2ForCausalLM(config).eval()


@torch.inference_mode()
def scores(reader: Whole | Held, *pieces: torch.Tensor) -> torch.Tensor:
    """The scores behind a prompt that is read in pieces."""
    cache, end = Cache(), 0
    for piece in pieces:
        places = torch.arange(end, end + piece.shape[1]).unsqueeze(0)
        end += piece.shape[1]
        found = reader.read(None, piece, torch.ones(1, end, dtype=torch.long), places, cache)
    return found


def test_transformers_reads_on_from_the_cache_of_the_plain_decoder() -> None:
    prompt = torch.randint(5, 2000, (1, 30))
    whole, held = Whole(PERIODIC_TINY, torch.float32, "cpu"), Held(PERIODIC_TINY)

    at_once, in_pieces = (
        scores(whole, prompt),
        scores(whole, prompt[:, :20], prompt[:, 20:29], prompt[:, 29:]),
    )

    torch.testing.assert_close(in_pieces, at_once, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(scores(held, prompt), at_once, rtol=1e-4, atol=1e-4)


def test_a_model_of_another_shape_is_read_by_transformers(tmp_path: Path) -> None:
    model, prompt = random_qwen(), torch.randint(0, 64, (1, 9))
    model.save_pretrained(tmp_path)

    held = Held(tmp_path)

    assert (held.context, held.end_tokens) == (64, {7})
    with torch.inference_mode():
        expected = model(prompt).logits[:, -1]
    torch.testing.assert_close(scores(held, prompt[:, :5], prompt[:, 5:]), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    "model",
    [
        random_qwen,
        lambda: random_llama(attention_bias=True),
        lambda: random_llama(mlp_bias=True),
        lambda: random_llama(hidden_act="gelu"),
        lambda: random_llama(rope_parameters={"rope_type": "linear", "factor": 2.0, "rope_theta": 10000.0}),
    ],
    ids=["Qwen", "biased attention", "biased layers", "another activation", "stretched places"],
)
def test_there_is_no_plain_decoder_for_another_shape(model) -> None:
    assert decoder_of(model(), turned=True) is None
