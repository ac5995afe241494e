"""The plain forward pass chooses the tokens that Transformers chooses."""

import pytest
import torch
from greedy import REAL_MODEL, chosen, expected, from_files, questions, random_llama, read

from finetune_dataset.models import PERIODIC_TINY
from local_server.generation.weights.cache import Cache
from local_server.generation.weights.whole import decoder_of

# PyTorch, in the process of the tests, takes seconds to load.
pytestmark = pytest.mark.slow


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


@torch.inference_mode()
def test_prompts_read_for_their_last_token_have_the_scores_of_those_read_for_every_token() -> None:
    decoder, prompts = from_files(PERIODIC_TINY), torch.randint(1, 2000, (4, 40))

    last, every = (
        decoder(prompts, torch.ones_like(prompts), torch.arange(40).expand(4, 40), Cache(), every=every)
        for every in (False, True)
    )

    # In a product of fewer than four rows, as of the scores of one prompt, the order of a sum is another.
    torch.testing.assert_close(last, every[:, -1], rtol=0, atol=0)
