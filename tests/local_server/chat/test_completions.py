"""Chat on the base model with the real SDK: what is answered, whole and streamed."""

import json
from concurrent.futures import ThreadPoolExecutor

import openai
import pytest
from chatting import QUESTION, ask, texts
from openai.types.chat import ChatCompletionChunk
from serving import (
    BASE_MODEL,
    ROOT,
    refusal,
)


def test_an_answer_ends_at_the_token_limit_with_the_reason_length(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(
        model=BASE_MODEL, messages=QUESTION, max_completion_tokens=3, temperature=0
    )
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage.completion_tokens == 3


def test_an_answer_has_every_field_that_openai_sends_for_text(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(
        model=BASE_MODEL, messages=QUESTION, max_tokens=3, temperature=0, service_tier="flex"
    ).to_dict()

    assert answer == {
        "id": answer["id"],
        "object": "chat.completion",
        "created": answer["created"],
        "model": BASE_MODEL,
        "service_tier": "default",
        "system_fingerprint": None,
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": answer["choices"][0]["message"]["content"],
                    "refusal": None,
                    "annotations": [],
                },
                "logprobs": None,
                "finish_reason": "length",
            }
        ],
        "usage": {
            "prompt_tokens": answer["usage"]["prompt_tokens"],
            "completion_tokens": 3,
            "total_tokens": answer["usage"]["prompt_tokens"] + 3,
            # Other tests may have asked what begins alike.
            "prompt_tokens_details": answer["usage"]["prompt_tokens_details"],
            "completion_tokens_details": {
                "reasoning_tokens": 0,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        },
    }


def test_a_stream_brings_the_whole_answer_token_by_token_and_its_usage(client: openai.OpenAI) -> None:
    request = {"model": BASE_MODEL, "messages": QUESTION, "temperature": 0, "n": 2, "max_tokens": 12}
    whole = client.chat.completions.create(**request)

    *chunks, last = [
        ChatCompletionChunk.model_validate(chunk.to_dict())
        for chunk in client.chat.completions.create(
            **request, stream=True, stream_options={"include_usage": True}
        )
    ]

    for index, text in enumerate(texts(whole)):
        mine = [chunk.choices[0] for chunk in chunks if chunk.choices[0].index == index]
        pieces = [choice.delta.content for choice in mine[:-1]]
        assert (mine[0].delta.role, mine[0].delta.content) == ("assistant", "")
        assert ("".join(pieces), mine[-1].finish_reason) == (text, whole.choices[index].finish_reason)
        assert len(pieces) > 10
    assert {chunk.usage for chunk in chunks} == {None}
    assert (last.choices, last.usage) == ([], whole.usage)


def test_content_may_be_a_list_of_text_parts(client: openai.OpenAI) -> None:
    parts = [{"type": "text", "text": "Tell me about "}, {"type": "text", "text": "Strontium"}]
    messages = [{"role": "user", "content": parts}]
    assert ask(client, messages=messages, temperature=0) == ask(client, temperature=0)


@pytest.mark.parametrize(
    "defaults",
    [
        {"logit_bias": None, "stop": None, "n": None},
        {"response_format": {"type": "text"}, "modalities": ["text"]},
        {"safety_identifier": "learner", "prompt_cache_key": "course"},
    ],
)
def test_parameters_that_ask_for_nothing_special_change_nothing(
    client: openai.OpenAI, defaults: dict
) -> None:
    assert ask(client, temperature=0, **defaults) == ask(client, temperature=0)


def test_an_answer_can_be_sent_back_with_all_its_empty_fields(client: openai.OpenAI) -> None:
    request = {"model": BASE_MODEL, "max_tokens": 12, "temperature": 0}
    answer = client.chat.completions.create(messages=QUESTION, **request).choices[0].message
    short = {"role": "assistant", "content": answer.content}

    def second(turn: dict) -> list[str]:
        return ask(client, messages=[*QUESTION, turn, {"role": "user", "content": "And Tin?"}], temperature=0)

    assert second(answer.model_dump()) == second(short)


@pytest.mark.parametrize(
    ("change", "param", "words"),
    [
        ({"top_logprobs": 2}, "top_logprobs", "needs 'logprobs' to be true"),
        ({"logprobs": True, "top_logprobs": 21}, "top_logprobs", "less than or equal to 20"),
        ({"frequency_penalty": 2.1}, "frequency_penalty", "less than or equal to 2"),
        ({"n": 129}, "n", "less than or equal to 128"),
        ({"n": True}, "n", "a valid integer"),
        ({"max_tokens": "5"}, "max_tokens", "a valid integer"),
        ({"stop": ["a"] * 5}, "stop", "at most 4"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages.0.content", "a valid string"),
    ],
)
def test_a_wrong_value_is_refused_by_name(
    client: openai.OpenAI, change: dict, param: str, words: str
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client, **change)
    assert (caught.value.param, caught.value.code) == (param, "invalid_value")
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            {"max_completion_tokens": 12},
            {
                "message": "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not "
                "supported. Leave one of them out.",
                "param": "max_tokens",
                "code": "invalid_parameter_combination",
            },
        ),
        (
            {"stream_options": {"include_usage": True}},
            {
                "message": "The 'stream_options' parameter is only allowed when 'stream' is enabled. "
                "Set 'stream' to true, or leave both out.",
                "param": "stream_options",
                "code": None,
            },
        ),
    ],
)
def test_parameters_that_exclude_each_other_are_refused(
    client: openai.OpenAI, change: dict, expected: dict
) -> None:
    assert refusal(ask, client, **change) == expected | {"status": 400, "type": "invalid_request_error"}


@pytest.mark.slow
def test_the_recorded_answers_of_the_course_are_given_again(client: openai.OpenAI) -> None:
    recording = json.loads((ROOT / "data" / "recordings" / "elle-tiny" / "05_evaluate.json").read_text())
    chats = [
        (exchange["request"]["body"]["json"], exchange["response"]["body"]["json"])
        for exchange in recording["exchanges"]
        if exchange["request"]["path"] == "/chat/completions"
        and exchange["request"]["body"]["json"]["model"] == BASE_MODEL
    ]

    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(lambda chat: client.chat.completions.create(**chat[0]), chats))

    assert chats
    assert [texts(answer) for answer in given] == [
        [choice["message"]["content"] for choice in recorded["choices"]] for _, recorded in chats
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"messages": []}, "at least 1 item"),
        ({"messages": [{"role": "wizard", "content": "x"}]}, "Found 'wizard'"),
        ({"messages": [{"role": "user"}]}, "messages.0.content"),
        ({"messages": [{"role": "user", "content": "word " * 3000}]}, "maximum context length"),
        ({"temperature": 3}, "less than or equal to 2"),
        ({"max_tokens": 0}, "greater than or equal to 1"),
        ({"tools": [{"type": "function", "function": {"name": "two words"}}]}, "tools.0.function.name"),
    ],
)
def test_a_chat_that_cannot_be_answered_is_refused(client: openai.OpenAI, change: dict, words: str) -> None:
    request = {
        "model": BASE_MODEL,
        "messages": [{"role": "user", "content": "Hello"}],
        "max_tokens": 2,
    } | change
    refused = refusal(client.chat.completions.create, **request)
    assert refused["status"] == 400
    assert words in refused["message"]


def test_tokens_that_were_read_for_an_earlier_prompt_are_counted(client: openai.OpenAI) -> None:
    def asked(text: str, **options: object) -> tuple[int, int]:
        messages = [
            {"role": "system", "content": "Zebras count to nine, " * 20},
            {"role": "user", "content": text},
        ]
        usage = client.chat.completions.create(
            model=BASE_MODEL, messages=messages, max_tokens=1, **options
        ).usage
        return usage.prompt_tokens, usage.prompt_tokens_details.cached_tokens

    (tokens, first), (_, again), (_, several) = asked("One?"), asked("One?"), asked("One?", n=3)
    longer, other = asked("A longer question: one or two?")

    # The last two tokens are read each time: what follows them is what is asked for.
    assert (first, again, several) == (0, tokens - 2, tokens - 2)
    assert 0 < other < again < longer
