"""A row that grows alone is read in NumPy, and gets the tokens that Transformers chooses."""

from pathlib import Path

import pytest
import torch
from greedy import REAL_MODEL, chosen, expected, from_files, questions, random_llama, read

from finetune_dataset.models import PERIODIC_TINY
from local_server.generation.weights.cache import Cache
from local_server.generation.weights.decoder import Decoder
from local_server.generation.weights.one_row import OneRow
from local_server.generation.weights.whole import decoder_of

# PyTorch, in the process of the tests, takes seconds to load.
pytestmark = pytest.mark.slow

real = pytest.mark.skipif(
    not REAL_MODEL.is_dir(), reason="the real base model is not installed: make real-model"
)


@pytest.fixture
def read_alone(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The tokens that were read in NumPy."""
    tokens: list[int] = []
    usual = OneRow.__call__

    def noted(self: OneRow, token: int, place: int, cache: Cache) -> torch.Tensor:
        tokens.append(token)
        return usual(self, token, place, cache)

    monkeypatch.setattr(OneRow, "__call__", noted)
    return tokens


def chosen_alone(decoder: Decoder, prompts: torch.Tensor, mask: torch.Tensor) -> list[list[int]]:
    """What each prompt gets when nobody else is asking."""
    alone = [prompt[seen.bool()].unsqueeze(0) for prompt, seen in zip(prompts, mask, strict=True)]
    return [chosen(decoder, prompt, torch.ones_like(prompt)).tolist()[0] for prompt in alone]


@pytest.mark.parametrize(
    ("folder", "every"), [(PERIODIC_TINY, 1), pytest.param(REAL_MODEL, 15, marks=real)], ids=["tiny", "real"]
)
def test_it_chooses_the_tokens_of_greedy_decoding(folder: Path, every: int, read_alone: list[int]) -> None:
    model, prompts, mask = read(folder, questions()[::every])
    tokens = expected(model, prompts, mask).tolist()

    assert chosen_alone(from_files(folder), prompts, mask) == tokens
    # The last one is chosen, and not read.
    assert read_alone == [token for row in tokens for token in row[:-1]]


@pytest.mark.parametrize("key_heads", [1, 2, 3, 6])
def test_heads_that_share_keys_change_nothing(key_heads: int, read_alone: list[int]) -> None:
    model = random_llama(num_key_value_heads=key_heads)
    prompt = torch.randint(1, 300, (1, 40))
    decoder, cache = decoder_of(model, turned=True), Cache()

    with torch.inference_mode():
        for end in range(1, 41):
            scores = decoder(
                prompt[:, end - 1 : end],
                torch.ones(1, end, dtype=torch.long),
                torch.tensor([[end - 1]]),
                cache,
            )

        torch.testing.assert_close(scores, model(prompt).logits[:, -1], rtol=1e-4, atol=1e-5)
    assert read_alone == prompt[0].tolist()


def test_a_row_with_padding_is_left_to_pytorch(read_alone: list[int]) -> None:
    model = random_llama(num_key_value_heads=2)
    prompt, mask = torch.tensor([[0, 0, 7, 8, 9]]), torch.tensor([[0, 0, 1, 1, 1]])

    assert (
        chosen(decoder_of(model, turned=True), prompt, mask).tolist()
        == expected(model, prompt, mask).tolist()
    )
    assert read_alone == []


def test_weights_that_are_no_numbers_give_scores_that_are_none(read_alone: list[int]) -> None:
    model = random_llama(num_key_value_heads=2)
    model.model.norm.weight.data.fill_(torch.nan)
    decoder = decoder_of(model, turned=True)

    with torch.inference_mode():
        scores = decoder(
            torch.tensor([[7]]), torch.ones(1, 1, dtype=torch.long), torch.tensor([[0]]), Cache()
        )

    assert scores.isnan().all()
    assert read_alone == [7]
