"""Where an answer ends, and its log probabilities."""

import math

import openai
import pytest
from chatting import QUESTION, ask
from openai.types.chat import ChatCompletion, ChatCompletionChunk, ChatCompletionTokenLogprob
from serving import BASE_MODEL


def test_a_stop_text_ends_the_answer_and_is_left_out_also_when_streamed(client: openai.OpenAI) -> None:
    text = ask(client, temperature=0)[0]
    stop = text[len(text) // 2 : len(text) // 2 + 4]
    expected = text[: text.index(stop)]
    request = {
        "model": BASE_MODEL,
        "messages": QUESTION,
        "max_tokens": 12,
        "temperature": 0,
        "stop": [stop, "§"],
    }
    whole = client.chat.completions.create(**request, logprobs=True)
    streamed = client.chat.completions.create(**request, stream=True)

    assert (whole.choices[0].message.content, whole.choices[0].finish_reason) == (expected, "stop")
    assert "".join(chunk.choices[0].delta.content or "" for chunk in streamed) == expected
    spelled = "".join(entry.token for entry in whole.choices[0].logprobs.content)
    assert spelled.startswith(expected)
    assert stop not in spelled


def logprobs_of(client: openai.OpenAI, **options) -> list[ChatCompletionTokenLogprob]:
    request = {"model": BASE_MODEL, "messages": QUESTION, "max_tokens": 20, "logprobs": True} | options
    answer = ChatCompletion.model_validate(client.chat.completions.create(**request).to_dict())
    entries = answer.choices[0].logprobs.content
    assert b"".join(bytes(entry.bytes) for entry in entries).decode() == answer.choices[0].message.content
    return entries


def test_log_probabilities_are_those_of_the_raw_scores(client: openai.OpenAI) -> None:
    greedy = logprobs_of(client, temperature=0, top_logprobs=20)
    wild = logprobs_of(client, temperature=2, seed=3, top_logprobs=20, frequency_penalty=1)

    for entry in greedy:
        assert len(entry.top_logprobs) == 20
        assert entry.top_logprobs[0].model_dump() == entry.model_dump(exclude={"top_logprobs"})
        assert 0.5 < sum(math.exp(top.logprob) for top in entry.top_logprobs) <= 1.00001
    assert [top.token for top in wild[0].top_logprobs] == [top.token for top in greedy[0].top_logprobs]
    assert [top.logprob for top in wild[0].top_logprobs] == pytest.approx(
        [top.logprob for top in greedy[0].top_logprobs], abs=1e-4
    )


def test_log_probabilities_come_without_alternatives_and_in_a_stream(client: openai.OpenAI) -> None:
    alone = logprobs_of(client, temperature=0)
    streamed = client.chat.completions.create(
        model=BASE_MODEL, messages=QUESTION, max_tokens=20, temperature=0, logprobs=True, stream=True
    )

    entries = []
    for chunk in streamed:
        choice = ChatCompletionChunk.model_validate(chunk.to_dict()).choices[0]
        if choice.delta.content:
            assert "".join(entry.token for entry in choice.logprobs.content) == choice.delta.content
            entries += choice.logprobs.content

    assert [entry.top_logprobs for entry in alone] == [[]] * len(alone)
    assert [entry.model_dump() for entry in entries] == [entry.model_dump() for entry in alone]
