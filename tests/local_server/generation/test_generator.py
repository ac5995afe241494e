"""Many requests at the same time: who joins, and who waits."""

import math
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import pairwise

import openai
import pytest
from asking import asked
from chatting import QUESTION, ask
from serving import BASE_MODEL, ENDLESS, LocalServer

from finetune_dataset.models import PERIODIC_TINY
from local_server.generation.generator import Generator
from local_server.generation.models import Models

pytestmark = pytest.mark.slow


def test_n_choices_are_drawn_apart_also_more_than_fit_side_by_side(client: openai.OpenAI) -> None:
    drawn = ask(client, n=3, seed=1, temperature=2)
    assert len(set(drawn)) == 3
    assert drawn[0] == ask(client, seed=1, temperature=2)[0]
    assert ask(client, n=128, seed=1, temperature=2)[:3] == drawn


def test_a_short_answer_does_not_wait_for_a_long_one(client: openai.OpenAI) -> None:
    with client.chat.completions.create(**ENDLESS, max_tokens=400, stream=True) as stream:
        chunks = iter(stream)
        next(chunks)
        left = []
        counting = threading.Thread(target=lambda: left.extend(chunks))
        counting.start()
        ask(client, max_tokens=3)
        seen_by_then = len(left)
        counting.join()
    assert seen_by_then < len(left) // 2


@contextmanager
def endless(server: LocalServer, count: int) -> Iterator[list[list]]:
    """So many answers without an end, each on a connection of its own; what has come of each."""
    came: list[list] = [[] for _ in range(count)]
    with server.client() as client, ExitStack() as streams, ThreadPoolExecutor(count) as pool:
        opened = [
            streams.enter_context(client.chat.completions.create(**ENDLESS, stream=True))
            for _ in range(count)
        ]
        for stream, chunks in zip(opened, came, strict=True):
            pool.submit(chunks.extend, stream)
        yield came
        for stream in opened:
            stream.close()


def test_answers_without_an_end_starve_nobody(server: LocalServer, client: openai.OpenAI) -> None:
    alone = ask(client, temperature=0, max_tokens=5)
    with endless(server, 64) as came:
        asked = time.monotonic()
        beside = ask(client, temperature=0, max_tokens=5)
        waited = time.monotonic() - asked
        ended = sum(chunks[-1].choices[0].finish_reason is not None for chunks in came if chunks)

    assert beside == alone
    # Before, the question waited until one of them had filled the context.
    assert ended == 0
    assert waited < 20


def test_answers_that_took_turns_are_those_given_alone(client: openai.OpenAI) -> None:
    request = ENDLESS | {"max_tokens": 120}
    sampled = {"model": BASE_MODEL, "messages": QUESTION, "max_tokens": 120, "temperature": 1, "seed": 3}
    alone = [ask(client, **request), ask(client, **sampled)]

    with ThreadPoolExecutor(100) as pool:
        together = list(pool.map(lambda number: ask(client, **(request, sampled)[number % 2]), range(100)))

    assert together == alone * 50


def test_a_prompt_that_no_tokenization_fits_is_refused_and_delays_nobody(
    client: openai.OpenAI,
) -> None:
    large = [{"role": "user", "content": "la " * 1_300_000}]
    with client.chat.completions.create(**ENDLESS, max_tokens=400, stream=True) as stream:
        chunks = iter(stream)
        next(chunks)
        gaps = []
        counting = threading.Thread(target=lambda: gaps.extend(time.monotonic() for _ in chunks))
        counting.start()
        with pytest.raises(openai.BadRequestError) as caught:
            client.chat.completions.create(model=BASE_MODEL, messages=large)
        counting.join()

    # Reading it took the chat process seconds; nobody got a token meanwhile.
    assert max(after - before for before, after in pairwise(gaps)) < 3
    assert caught.value.code == "context_length_exceeded"
    assert (
        "maximum context length is 1024 tokens. However, your messages resulted in 278572 tokens or more"
        in (caught.value.message)
    )


def test_a_first_token_leaves_before_a_longer_prompt_is_read() -> None:
    generator = Generator(Models(1, math.inf))
    for number, words in enumerate((100, 1)):
        messages = [{"role": "user", "content": "tin " * words}]
        prepared = generator.prepare(asked(PERIODIC_TINY, number, messages=messages, stream=True))
        assert list(generator.take(prepared)) == []

    assert [[reply["id"] for reply in new] for new in generator.step() if new] == [[1], [0]]
