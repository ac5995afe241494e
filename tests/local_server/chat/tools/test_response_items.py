"""Responses with functions: what may be called, calls and results that come back, what is out of order."""

import json

import openai
import pytest
from openai.types.responses import Response
from pydantic import BaseModel
from serving import BASE_MODEL, refusal

from tools import LAND, TOOLS, call

FLAT = [{"type": "function", **tool["function"]} for tool in TOOLS]
QUESTION = [{"role": "user", "content": "Tell me about Tin"}]
REQUEST = {"model": BASE_MODEL, "input": QUESTION, "max_output_tokens": 80}
LANDING = {**REQUEST, "tools": FLAT, "tool_choice": {"type": "function", "name": "land"}}
CALL = {"type": "function_call", "call_id": "call_1", "name": "look_up", "arguments": '{"name": "Tin"}'}
RESULT = {"type": "function_call_output", "call_id": "call_1", "output": "50"}


class Land(BaseModel):
    """Bring it down."""

    fast: bool
    high: bool


def test_a_named_function_is_called_with_arguments_that_fit(client: openai.OpenAI) -> None:
    response = client.responses.create(**LANDING, parallel_tool_calls=False)

    (made,) = Response.model_validate(response.to_dict()).output
    arguments = json.loads(made.arguments)
    assert (made.type, made.name, made.status, made.call_id[:5]) == (
        "function_call",
        "land",
        "completed",
        "call_",
    )
    assert list(arguments) == ["place", "fast"]
    assert (response.status, response.output_text, response.parallel_tool_calls) == ("completed", "", False)
    assert response.tool_choice.to_dict() == {"type": "function", "name": "land"}
    assert [tool.name for tool in response.tools] == ["look_up", "land"]
    assert response.tools[1].parameters == LAND["function"]["parameters"]


def test_of_all_tools_only_the_allowed_ones_are_called_and_the_choice_is_repeated(
    client: openai.OpenAI,
) -> None:
    choice = {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "land"}]}

    response = client.responses.create(**LANDING | {"tool_choice": choice}, parallel_tool_calls=False)

    assert [item.name for item in response.output] == ["land"]
    assert response.tool_choice.to_dict() == choice


def test_an_answer_that_is_cut_off_in_a_call_is_incomplete(client: openai.OpenAI) -> None:
    response = client.responses.create(**LANDING | {"max_output_tokens": 16})

    assert (response.status, response.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    assert response.output[-1].status == "incomplete"


def test_parse_gives_the_arguments_as_the_object_that_was_described(client: openai.OpenAI) -> None:
    response = client.responses.parse(
        **REQUEST, tools=[openai.pydantic_function_tool(Land)], tool_choice="required"
    )

    made = response.output[0]
    assert isinstance(made.parsed_arguments, Land)
    results = [RESULT | {"call_id": each.call_id} for each in response.output]
    back = [each.model_dump() for each in response.output]
    assert client.responses.create(**REQUEST | {"input": [*QUESTION, *back, *results]}).output


def test_a_result_is_read_as_in_a_chat_however_its_call_comes_back(client: openai.OpenAI) -> None:
    first = client.responses.create(**LANDING)
    made = first.output[0]
    result = {"type": "function_call_output", "call_id": made.call_id, "output": "Down."}
    same = {"model": BASE_MODEL, "temperature": 0, "tools": FLAT, "tool_choice": "none"}
    chat = client.chat.completions.create(
        model=BASE_MODEL,
        temperature=0,
        tools=TOOLS,
        tool_choice="none",
        max_tokens=80,
        messages=[
            *QUESTION,
            {"role": "assistant", "tool_calls": [call("land", made.arguments)]},
            {"role": "tool", "tool_call_id": "call_1", "content": "Down."},
        ],
    )

    answers = [
        client.responses.create(**same, max_output_tokens=80, **more)
        for more in (
            {"previous_response_id": first.id, "input": [result]},
            {"input": [*QUESTION, made.to_dict(), result]},
            {"input": [*QUESTION, {"type": "item_reference", "id": made.id}, result]},
            {
                "input": [
                    *QUESTION,
                    made.to_dict(),
                    result | {"output": [{"type": "input_text", "text": "Down."}]},
                ]
            },
        )
    ]

    assert {answer.output_text for answer in answers} == {chat.choices[0].message.content}
    assert {answer.usage.input_tokens for answer in answers} == {chat.usage.prompt_tokens}
    items = client.responses.input_items.list(answers[1].id, order="asc").data
    assert [item.type for item in items] == ["message", "function_call", "function_call_output"]
    assert (items[1].arguments, items[2].output) == (made.arguments, "Down.")


def test_a_call_stands_behind_the_text_that_it_came_with(client: openai.OpenAI) -> None:
    said = {"role": "assistant", "content": "Let me look."}
    chat = client.chat.completions.create(
        model=BASE_MODEL,
        tools=TOOLS,
        max_tokens=1,
        messages=[
            *QUESTION,
            said | {"tool_calls": [call("look_up", '{"name": "Tin"}')]},
            {"role": "tool", "tool_call_id": "call_1", "content": "50"},
        ],
    )

    response = client.responses.create(**REQUEST | {"input": [*QUESTION, said, CALL, RESULT]}, tools=FLAT)

    assert response.usage.input_tokens == chat.usage.prompt_tokens


@pytest.mark.parametrize(
    ("change", "param", "words"),
    [
        ({"input": [*QUESTION, RESULT]}, "input", "No tool call found for function call output with call_id"),
        ({"input": [*QUESTION, CALL]}, "input", "No tool output found for function call call_1."),
        ({"input": [*QUESTION, CALL, RESULT, RESULT]}, "input", "No tool call found"),
        (
            {"input": [*QUESTION, CALL | {"arguments": {"name": "Tin"}}, RESULT]},
            "input.1.arguments",
            "string",
        ),
        ({"input": [*QUESTION, CALL, RESULT | {"output": []}]}, "input.2.output", "input.2.output"),
        (
            {"input": [*QUESTION, CALL, RESULT | {"output": [{"type": "input_image", "image_url": "a"}]}]},
            "input.2.output.0.type",
            "an image",
        ),
        ({"tools": [{"type": "web_search"}]}, "tools.0.type", "'function'"),
        ({"tools": TOOLS}, "tools.0.name", "tools.0.name"),
        ({"tools": FLAT, "tool_choice": {"type": "function", "name": "fly"}}, "tool_choice", "found 'fly'"),
        ({"tool_choice": "required"}, "tool_choice", "only allowed when 'tools' are specified"),
        (
            {"tools": [FLAT[0], FLAT[1] | {"strict": True}]},
            "tools[1].parameters",
            "Invalid schema for function 'land': In context=(), 'additionalProperties' is required",
        ),
        (
            {"tools": [FLAT[0], FLAT[1] | {"parameters": {"type": "object", "not": {}}}]},
            "tools[1].parameters",
            "Invalid schema for function 'land': In context=(), 'not' cannot be followed",
        ),
    ],
)
def test_what_is_wrong_is_refused_with_its_path(
    client: openai.OpenAI, change: dict, param: str, words: str
) -> None:
    refused = refusal(client.responses.create, **REQUEST | change)

    assert (refused["status"], refused["param"]) == (400, param)
    assert words in refused["message"]
