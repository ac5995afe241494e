"""In bfloat16, what is said of a row is the same to the last bit, alone and beside others."""

from itertools import chain
from pathlib import Path

import pytest
import torch
from asking import asked
from greedy import REAL_MODEL
from serving import NAMES
from torch.nn import functional

from local_server.generation.generator import Generator
from local_server.generation.models import Models
from local_server.generation.weights.attention import BLOCK, Apart
from local_server.generation.weights.cache import Cache
from local_server.generation.weights.decoder import Decoder
from local_server.generation.weights.plain import Shape

SHAPE = Shape(2, heads=4, key_heads=2, head_size=32, epsilon=1e-5, theta=1e4, context=512, tied=True)
VOCABULARY, SIZE, INNER = 320, 128, 384
LONG = 3 * BLOCK + 5

# PyTorch, in the process of the tests, takes seconds to load.
pytestmark = pytest.mark.slow

# Without it, PyTorch adds up in float32 what each processor likes.
has_bfloat16 = pytest.mark.skipif(
    not Path("/proc/cpuinfo").exists() or "avx512_bf16" not in Path("/proc/cpuinfo").read_text("utf-8"),
    reason="this processor has no bfloat16",
)


def decoder() -> Decoder:
    torch.manual_seed(1)
    sizes = {
        "q_proj": (SIZE, SIZE), "k_proj": (SIZE // 2, SIZE), "v_proj": (SIZE // 2, SIZE),
        "o_proj": (SIZE, SIZE),
        "gate_proj": (INNER, SIZE), "up_proj": (INNER, SIZE), "down_proj": (SIZE, INNER),
        "embed_tokens": (VOCABULARY, SIZE),
    }  # fmt: skip

    def read(name: str) -> torch.Tensor:
        size = next((size for part, size in sizes.items() if part in name), None)
        weight = torch.randn(size) / size[1] ** 0.5 if size else torch.ones(SIZE)
        return weight.bfloat16()

    return Decoder(SHAPE, read, turned=False)


def tokens(count: int, seed: int) -> list[int]:
    return torch.randint(VOCABULARY, (count,), generator=torch.Generator().manual_seed(seed)).tolist()


# A single token is read as one that was chosen: it is alone in its group.
LENGTHS = (LONG, 2, 9, BLOCK, BLOCK + 1, 60, 61, 62, 63)
PROMPTS = [tokens(length, seed) for seed, length in enumerate(LENGTHS)]


@torch.inference_mode()
def grown(model: Decoder, prompts: list[list[int]], known: int = 0) -> list[torch.Tensor]:
    """The scores of each row, shape (steps, vocabulary), as `Batch` reads them.

    With a beginning that is known, the padding stands behind it.
    """
    width = max(map(len, prompts)) - known
    left = [width - len(prompt) + known for prompt in prompts]
    mask = torch.tensor([[1] * known + [0] * pad + [1] * (width - pad) for pad in left])
    read = torch.tensor([[0] * pad + prompt[known:] for pad, prompt in zip(left, prompts, strict=True)])
    cache, found = Cache(), list[torch.Tensor]()
    if known:
        first = torch.tensor([prompts[0][:known]]).expand(len(prompts), -1)
        model(first, torch.ones_like(first), torch.arange(known).expand_as(first), cache)
    for _ in range(5):
        places = (mask.cumsum(dim=1) - 1).clamp(min=0)[:, -read.shape[1] :]
        found.append(model(read, mask, places, cache))
        read = found[-1].argmax(dim=-1, keepdim=True)
        mask = torch.cat([mask, torch.ones_like(read)], dim=1)
    return list(torch.stack(found, dim=1))


@has_bfloat16
@pytest.mark.parametrize("threads", [1, 2])
def test_a_row_has_the_same_scores_alone_and_beside_longer_and_shorter_ones(threads: int) -> None:
    model, before = decoder(), torch.get_num_threads()
    torch.set_num_threads(threads)
    alone = [grown(model, [prompt])[0] for prompt in PROMPTS]

    together = grown(model, PROMPTS)

    torch.set_num_threads(before)
    assert [torch.equal(one, other) for one, other in zip(alone, together, strict=True)] == [True] * len(
        PROMPTS
    )


@has_bfloat16
def test_padding_behind_a_beginning_that_many_share_changes_nothing() -> None:
    model = decoder()
    prompts = [[*PROMPTS[0][:20], *rest] for rest in PROMPTS]
    alone = [grown(model, [prompt])[0] for prompt in prompts]

    together = grown(model, prompts, known=20)

    assert [torch.equal(one, other) for one, other in zip(alone, together, strict=True)] == [True] * len(
        PROMPTS
    )


@has_bfloat16
@pytest.mark.parametrize("ends", [(2,), (BLOCK,), (BLOCK + 1, 2 * BLOCK), (50, 52, 90)])
@torch.inference_mode()
def test_a_prompt_has_the_same_scores_however_it_is_cut(ends: tuple[int, ...]) -> None:
    model, cache, begin = decoder(), Cache(), 0

    for end in (*ends, LONG):
        read, places = torch.tensor([PROMPTS[0][begin:end]]), torch.arange(begin, end).unsqueeze(0)
        scores, begin = model(read, torch.ones(1, end, dtype=torch.long), places, cache), end

    assert torch.equal(scores, grown(model, [PROMPTS[0]])[0][:1])


@pytest.mark.parametrize("new", [1, 2, BLOCK, LONG])
def test_it_is_the_attention_that_pytorch_calculates(new: int) -> None:
    torch.manual_seed(2)
    queries = torch.randn(1, new, 4, 32).bfloat16()
    keys, values = (torch.randn(1, 2, LONG, 32).bfloat16() for _ in range(2))
    mask = torch.ones(new, LONG, dtype=torch.bool).tril(LONG - new)
    expected = functional.scaled_dot_product_attention(
        queries.transpose(1, 2), keys, values, mask, enable_gqa=True
    )

    found = Apart(torch.ones(1, LONG, dtype=torch.long), new)(queries, keys, values)

    torch.testing.assert_close(found.view(1, new, 4, 32).transpose(1, 2), expected, rtol=1e-2, atol=1e-2)


def answered(generator: Generator, *prompts: str) -> list[list[float]]:
    """The log probabilities of the tokens that are chosen after prompts which come at once."""
    found: list[list[float]] = [[] for _ in prompts]
    for number, prompt in enumerate(prompts):
        messages = [{"role": "user", "content": prompt}]
        question = asked(REAL_MODEL, number, messages=messages, stream=True, top_logprobs=0)
        assert list(generator.take(generator.prepare(question))) == []
    while generator.busy:
        for reply in chain.from_iterable(generator.step()):
            if reply["kind"] == "text":
                found[reply["id"]] += [entry["logprob"] for entry in reply["logprobs"] or []]
    return found


@has_bfloat16
@pytest.mark.skipif(not REAL_MODEL.is_dir(), reason="the real base model is not installed: make real-model")
def test_the_real_model_gives_each_question_the_same_numbers_alone_and_beside_others() -> None:
    prompts = [f"What is {name} used for?{' Please.' * (number % 5)}" for number, name in enumerate(NAMES)]
    generator = Generator(Models(1, 600))
    alone = [answered(generator, prompt)[0] for prompt in prompts]

    together = answered(generator, *prompts)

    assert min(map(len, alone)) > 0
    assert together == alone
