"""The events of a response that calls build what is answered whole."""

import openai
import pytest
from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter
from serving import BASE_MODEL

from local_server.chat.tools.response_output import Output
from tools import TOOLS

FLAT = [{"type": "function", **tool["function"]} for tool in TOOLS]
REQUEST = {
    "model": BASE_MODEL,
    "input": "Land at the hill",
    "temperature": 0,
    "max_output_tokens": 80,
    "tools": FLAT,
    "tool_choice": {"type": "function", "name": "land"},
}


def test_the_events_come_in_order_and_build_the_whole_call(client: openai.OpenAI) -> None:
    (whole,) = client.responses.create(**REQUEST).output

    events = [
        TypeAdapter(ResponseStreamEvent).validate_python(event.to_dict())
        for event in client.responses.create(**REQUEST, stream=True)
    ]

    deltas = [event.delta for event in events if event.type == "response.function_call_arguments.delta"]
    assert len(deltas) > 3
    assert [event.type for event in events] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        *["response.function_call_arguments.delta"] * len(deltas),
        "response.function_call_arguments.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert (events[2].item.name, events[2].item.arguments) == ("land", "")
    assert "".join(deltas) == whole.arguments == events[-3].arguments == events[-2].item.arguments
    assert events[-1].response.output == [events[-2].item]
    assert [event.sequence_number for event in events] == list(range(len(events)))


def test_the_streaming_helper_of_the_sdk_accepts_the_events(client: openai.OpenAI) -> None:
    with client.responses.stream(**REQUEST) as stream:
        final = stream.get_final_response()

    assert final.output[0].arguments == client.responses.create(**REQUEST).output[0].arguments


def reply(text: str = "", *calls: tuple[int, str | None, str]) -> dict:
    pieces = [{"call": place, "name": name, "arguments": more} for place, name, more in calls]
    return {"id": 1, "kind": "text", "index": 0, "text": text, "logprobs": [], "calls": pieces}


def test_a_text_and_two_calls_are_three_items_each_ended_before_the_next() -> None:
    output = Output(may_call=True)
    events = output.begin()
    for each in (
        reply("Let me "),
        reply("look.", (0, "f", "{"), (0, None, "}"), (1, "g", "")),
        reply("", (1, None, "{")),
    ):
        events += output.take(each)

    items, last = output.end(complete=False)

    said = [name for name, _ in [*events, *last]]
    assert [name for name in said if name.startswith("output_item")] == [
        "output_item.added",
        "output_item.done",
    ] * 3
    assert [(item["type"], item["status"]) for item in items] == [
        ("message", "completed"),
        ("function_call", "completed"),
        ("function_call", "incomplete"),
    ]
    assert items[0]["content"][0]["text"] == "Let me look."
    assert [item["arguments"] for item in items[1:]] == ["{}", "{"]


@pytest.mark.parametrize("may_call", [False, True])
def test_an_answer_of_nothing_is_an_empty_text(may_call: bool) -> None:
    output = Output(may_call=may_call)

    begun = output.begin()
    ((item,), last) = output.end(complete=True)

    assert [name for name, _ in [*begun, *last]] == [
        "output_item.added",
        "content_part.added",
        "output_text.done",
        "content_part.done",
        "output_item.done",
    ]
    assert item["content"][0]["text"] == ""
