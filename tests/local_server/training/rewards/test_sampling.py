"""Answers of a model, drawn side by side."""

import pytest
from states import TINY
from transformers import AutoModelForCausalLM, AutoTokenizer

from local_server.training.rewards.sampling import Limits, ends_of, sample

pytestmark = pytest.mark.slow


def test_the_seed_decides_and_an_answer_ends_with_its_end() -> None:
    tokenizer = AutoTokenizer.from_pretrained(TINY.folder)
    model = AutoModelForCausalLM.from_pretrained(TINY.folder)
    limits = Limits(ends_of(model, tokenizer.eos_token_id), 40)
    questions = [[{"role": "user", "content": f"What is {name}?"}] for name in ("Iron", "the element Gold")]
    prompts = [
        tokenizer.apply_chat_template(each, add_generation_prompt=True, return_dict=False)
        for each in questions
    ] * 4
    model.train()

    first, again, other = (sample(model, prompts, limits, seed=seed, at_once=3) for seed in (1, 1, 2))

    assert first == again != other
    assert len(first) == 8
    assert model.training
    for answer in first:
        assert 1 <= len(answer) <= 40
        assert not limits.ends & set(answer[:-1])
        assert answer[-1] in limits.ends or len(answer) == 40
    # The same prompt has several answers.
    assert len({tuple(answer) for answer in first}) > 2
