"""`responses.create`: plain text in and out, whole and streamed, with the real SDK."""

import openai
import pytest
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter
from serving import BASE_MODEL

QUESTION = "Tell me about Strontium"
REQUEST = {"model": BASE_MODEL, "input": QUESTION, "temperature": 0}


def strict(response: Response) -> Response:
    """The same object, checked field by field against the SDK's own types."""
    return Response.model_validate(response.to_dict())


def test_a_text_is_answered_as_chat_answers_it(client: openai.OpenAI) -> None:
    chat = client.chat.completions.create(
        model=BASE_MODEL,
        temperature=0,
        messages=[{"role": "system", "content": "You are Elle."}, {"role": "user", "content": QUESTION}],
    )

    response = strict(client.responses.create(**REQUEST, instructions="You are Elle.", metadata={"a": "b"}))

    assert response.output_text == chat.choices[0].message.content
    assert response.to_dict() == {
        "id": response.id,
        "object": "response",
        "created_at": response.created_at,
        "completed_at": response.completed_at,
        "status": "completed",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": "You are Elle.",
        "max_output_tokens": None,
        "metadata": {"a": "b"},
        "model": BASE_MODEL,
        "output": [
            {
                "id": response.output[0].id,
                "type": "message",
                "role": "assistant",
                "status": "completed",
                "content": [
                    {
                        "type": "output_text",
                        "text": response.output_text,
                        "annotations": [],
                        "logprobs": [],
                    }
                ],
            }
        ],
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "store": True,
        "temperature": 0.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": {
            "input_tokens": chat.usage.prompt_tokens,
            # The chat was asked the same before.
            "input_tokens_details": {
                "cached_tokens": response.usage.input_tokens_details.cached_tokens,
                "cache_write_tokens": 0,
            },
            "output_tokens": chat.usage.completion_tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": chat.usage.total_tokens,
        },
        "user": None,
    }


def test_a_list_of_messages_and_an_earlier_answer_are_read(client: openai.OpenAI) -> None:
    first = client.responses.create(**REQUEST)
    messages = [
        {"role": "user", "content": [{"type": "input_text", "text": QUESTION}]},
        *[item.to_dict() for item in first.output],
        {"role": "user", "content": "Tell me about Iron"},
    ]
    chat = client.chat.completions.create(
        model=BASE_MODEL,
        temperature=0,
        messages=[
            {"role": "user", "content": QUESTION},
            {"role": "assistant", "content": first.output_text},
            {"role": "user", "content": "Tell me about Iron"},
        ],
    )

    second = client.responses.create(**REQUEST | {"input": messages})

    assert second.output_text == chat.choices[0].message.content


def test_an_answer_that_reaches_its_limit_is_incomplete(client: openai.OpenAI) -> None:
    response = strict(client.responses.create(**REQUEST, max_output_tokens=16))

    assert (response.status, response.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    assert response.usage.output_tokens == 16
    assert response.output[0].status == "incomplete"


def test_the_events_of_a_stream_come_in_order_and_build_the_whole_answer(client: openai.OpenAI) -> None:
    whole = client.responses.create(**REQUEST)

    events = [
        TypeAdapter(ResponseStreamEvent).validate_python(event.to_dict())
        for event in client.responses.create(**REQUEST, stream=True)
    ]

    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert len(deltas) > 5
    assert [event.type for event in events] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        *["response.output_text.delta"] * len(deltas),
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert "".join(deltas) == whole.output_text == events[-1].response.output_text
    assert events[-1].response.usage == whole.usage


def test_the_streaming_helper_of_the_sdk_accepts_the_events(client: openai.OpenAI) -> None:
    with client.responses.stream(**REQUEST) as stream:
        seen = [event.type for event in stream]
        final = stream.get_final_response()

    assert seen[-1] == "response.completed"
    assert final.output_text == client.responses.create(**REQUEST).output_text


def test_a_stream_that_reaches_its_limit_ends_with_incomplete(client: openai.OpenAI) -> None:
    *_, last = client.responses.create(**REQUEST, max_output_tokens=16, stream=True)
    assert (last.type, last.response.incomplete_details.reason) == (
        "response.incomplete",
        "max_output_tokens",
    )


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"previous_response_id": "resp_1"}, "previous_response_not_found", "previous_response_id"),
        ({"conversation": "conv_1"}, "unknown_parameter", "conversation"),
        ({"tools": [{"type": "web_search"}]}, "invalid_value", "tools.0.type"),
        ({"tool_choice": "required"}, None, "tool_choice"),
        ({"background": True}, "invalid_value", "background"),
        ({"truncation": "auto"}, "invalid_value", "truncation"),
        ({"include": ["message.output_text.logprobs"]}, "invalid_value", "include.0"),
        ({"reasoning": {"effort": "high"}}, "invalid_value", "reasoning.effort"),
        ({"text": {"format": {"type": "grammar"}}}, "invalid_value", "text.format.type"),
        ({"input": []}, "invalid_value", "input"),
        ({"max_output_tokens": 15}, "invalid_value", "max_output_tokens"),
        ({"max_output_tokens": "16"}, "invalid_value", "max_output_tokens"),
        ({"input": "word " * 3000}, "context_length_exceeded", "input"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(
    client: openai.OpenAI, change: dict, code: str, param: str, stream: bool
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(**REQUEST | change, stream=stream)
    assert (caught.value.code, caught.value.param) == (code, param)
