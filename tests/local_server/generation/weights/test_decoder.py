"""The plain forward pass chooses the tokens that Transformers chooses."""

import csv
from pathlib import Path

import pytest
import torch
from serving import ROOT
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
)

from finetune_dataset.models import PERIODIC_TINY
from local_server.generation.weights.cache import Cache
from local_server.generation.weights.decoder import Decoder
from local_server.generation.weights.plain import plain_folder
from local_server.generation.weights.whole import decoder_of

# PyTorch, in the process of the tests, takes seconds to load.
pytestmark = pytest.mark.slow

TOKENS = 32
# Where `make real-model` puts it; the tests have a models folder of their own.
REAL_MODEL = ROOT / "runs" / ".models" / "smollm2-135m-instruct"


def questions() -> list[list[dict]]:
    """One about each of the 118 elements."""
    with open(ROOT / "data" / "elements.csv", encoding="utf-8", newline="") as file:
        return [[{"role": "user", "content": f"Tell me about {row['name']}"}] for row in csv.DictReader(file)]


@torch.inference_mode()
def chosen(decoder: Decoder, prompts: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The best tokens after prompts that stand right-aligned, whether they end an answer or not."""
    cache, read, found = Cache(), prompts, []
    for _ in range(TOKENS):
        places = (mask.cumsum(dim=1) - 1).clamp(min=0)[:, -read.shape[1] :]
        read = decoder(read, mask, places, cache).argmax(dim=-1, keepdim=True)
        mask = torch.cat([mask, torch.ones_like(read)], dim=1)
        found.append(read)
    return torch.cat(found, dim=1)


@torch.inference_mode()
def expected(model: PreTrainedModel, prompts: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """What `generate` gives when no token ends an answer."""
    answers = model.generate(
        prompts, attention_mask=mask, max_new_tokens=TOKENS, do_sample=False, eos_token_id=-1, pad_token_id=0
    )
    return answers[:, prompts.shape[1] :]


def from_files(folder: Path) -> Decoder:
    plain = plain_folder(folder, torch.float32)
    return Decoder(plain.shape, plain.read, turned=True)


def read(folder: Path, chats: list[list[dict]]) -> tuple[PreTrainedModel, torch.Tensor, torch.Tensor]:
    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
    batch = tokenizer.apply_chat_template(
        chats, add_generation_prompt=True, padding=True, return_tensors="pt", return_dict=True
    )
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    return model, batch["input_ids"], batch["attention_mask"]


def random_llama(**options: object) -> LlamaForCausalLM:
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=300, hidden_size=48, intermediate_size=96, num_hidden_layers=3, num_attention_heads=6,
        max_position_embeddings=256, **options,
    )  # fmt: skip
    return LlamaForCausalLM(config).eval()


def test_it_chooses_the_tokens_of_greedy_decoding_for_all_elements() -> None:
    model, prompts, mask = read(PERIODIC_TINY, questions())

    tokens = expected(model, prompts, mask).tolist()

    assert chosen(from_files(PERIODIC_TINY), prompts, mask).tolist() == tokens


@pytest.mark.skipif(not REAL_MODEL.is_dir(), reason="the real base model is not installed: make real-model")
def test_it_chooses_them_on_the_real_base_model_too() -> None:
    model, prompts, mask = read(REAL_MODEL, questions()[::15])

    tokens = expected(model, prompts, mask).tolist()

    assert chosen(from_files(REAL_MODEL), prompts, mask).tolist() == tokens


@pytest.mark.parametrize("turned", [True, False])
@pytest.mark.parametrize("key_heads", [1, 2, 3, 6])
def test_heads_that_share_keys_and_weights_that_are_shared_change_nothing(
    key_heads: int, turned: bool
) -> None:
    model = random_llama(num_key_value_heads=key_heads)
    prompts = torch.randint(1, 300, (3, 7))
    mask = torch.tensor([[0, 0, 0, 1, 1, 1, 1], [1] * 7, [0, 1, 1, 1, 1, 1, 1]])
    before = expected(model, prompts, mask)

    decoder = decoder_of(model, turned=turned)

    assert chosen(decoder, prompts, mask).tolist() == before.tolist()
    assert expected(model, prompts, mask).tolist() == before.tolist()


def test_a_prompt_that_is_read_in_pieces_gives_the_same_scores() -> None:
    model = random_llama(num_key_value_heads=2)
    decoder, prompt = decoder_of(model, turned=True), torch.randint(1, 300, (1, 40))

    def scores(*ends: int) -> torch.Tensor:
        cache, begin = Cache(), 0
        for end in ends:
            places = torch.arange(begin, end).unsqueeze(0)
            found = decoder(prompt[:, begin:end], torch.ones(1, end, dtype=torch.long), places, cache)
            begin = end
        return found

    with torch.inference_mode():
        torch.testing.assert_close(scores(40), scores(13, 14, 31, 40), rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(scores(40), model(prompt).logits[:, -1], rtol=1e-4, atol=1e-5)
