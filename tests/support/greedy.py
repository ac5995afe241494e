"""What greedy decoding chooses: Transformers' `generate`, and the plain decoder."""

import csv
from pathlib import Path

import torch
from serving import ROOT
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
)

from local_server.generation.weights.cache import Cache
from local_server.generation.weights.decoder import Decoder
from local_server.generation.weights.plain import plain_folder

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
