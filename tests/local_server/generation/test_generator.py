"""Many requests at the same time: who joins, and who waits."""

import threading

import openai
from chatting import ask
from serving import ENDLESS


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
