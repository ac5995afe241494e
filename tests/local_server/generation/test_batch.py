"""How tokens are drawn, alone and in company."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import openai
import pytest
from chatting import QUESTION, ask
from openai.types.chat import ChatCompletion, ChatCompletionTokenLogprob
from serving import BASE_MODEL

pytestmark = pytest.mark.slow

ELEMENTS = ["Iron", "Gold", "Neon", "Tin", "Lead", "Radon", "Xenon", "Zinc"]
PROMPTS = [
    *(f"Tell me about {name}" for name in ELEMENTS),
    "Hello",
    "What is Hydrogen? " * 20,
    "Symbol of gold?",
    "word " * 300,
    "la " * 499,
    "Write about the sea. " * 60,
]


def test_the_same_seed_gives_the_same_text_and_another_seed_another(client: openai.OpenAI) -> None:
    assert ask(client, seed=1, temperature=2) == ask(client, seed=1, temperature=2)
    assert ask(client, seed=1, temperature=2) != ask(client, seed=2, temperature=2)


def test_temperature_zero_and_top_p_zero_are_the_best_token_each_time(client: openai.OpenAI) -> None:
    best = ask(client, temperature=0)
    assert ask(client, temperature=0, seed=5) == best
    assert ask(client, top_p=0, seed=6) == best


def logprobs_of(client: openai.OpenAI, **options) -> list[ChatCompletionTokenLogprob]:
    request = {"model": BASE_MODEL, "messages": QUESTION, "max_tokens": 20, "logprobs": True} | options
    answer = ChatCompletion.model_validate(client.chat.completions.create(**request).to_dict())
    entries = answer.choices[0].logprobs.content
    assert b"".join(bytes(entry.bytes) for entry in entries).decode() == answer.choices[0].message.content
    return entries


def test_penalties_follow_the_published_formula(client: openai.OpenAI) -> None:
    frequency, presence = 1.5, 0.5
    entries = logprobs_of(
        client,
        messages=[{"role": "user", "content": "Write a poem about the sea"}],
        temperature=0,
        top_logprobs=20,
        frequency_penalty=frequency,
        presence_penalty=presence,
        max_tokens=60,
    )

    said: Counter[str] = Counter()
    for entry in entries:
        scores = {
            top.token: top.logprob - frequency * said[top.token] - presence * (said[top.token] > 0)
            for top in entry.top_logprobs
        }
        assert max(scores, key=scores.__getitem__) == entry.token
        said[entry.token] += 1
    assert any(entry.token != entry.top_logprobs[0].token for entry in entries)


@pytest.mark.parametrize("sampling", [{"temperature": 0}, {"temperature": 1, "seed": 7, "top_p": 0.9}])
def test_answers_in_company_are_those_given_alone(client: openai.OpenAI, sampling: dict) -> None:
    def answer(prompt: str) -> list[str]:
        return ask(client, messages=[{"role": "user", "content": prompt}], max_tokens=40, **sampling)

    alone = [answer(prompt) for prompt in PROMPTS]
    with ThreadPoolExecutor(36) as pool:
        together = list(pool.map(answer, PROMPTS * 3))

    assert together == alone * 3
