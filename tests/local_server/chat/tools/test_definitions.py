"""Which function an answer calls, and what of an offer is refused: over the wire, with the real SDK."""

import json

import openai
import pytest
from chatting import QUESTION
from pydantic import BaseModel
from serving import BASE_MODEL, refusal

from tools import LAND, LOOK_UP, TOOLS, named

CHAT = {"model": BASE_MODEL, "messages": QUESTION, "max_tokens": 80, "seed": 1}


class Land(BaseModel):
    """Bring it down."""

    fast: bool
    high: bool


def test_a_named_function_is_called_once_with_arguments_that_fit(client: openai.OpenAI) -> None:
    (choice,) = client.chat.completions.create(**CHAT, tools=TOOLS, tool_choice=named("land")).choices

    (call,) = choice.message.tool_calls
    arguments = json.loads(call.function.arguments)
    assert (choice.finish_reason, choice.message.content) == ("stop", None)
    assert (call.type, call.function.name, call.id[:5]) == ("function", "land", "call_")
    assert list(arguments) == ["place", "fast"]
    assert arguments["place"] in ("sea", "hill")
    assert isinstance(arguments["fast"], bool)


def test_a_choice_of_required_calls_and_none_does_not(client: openai.OpenAI) -> None:
    one = {"tools": [LAND], "parallel_tool_calls": False}
    required = client.chat.completions.create(**CHAT, **one, tool_choice="required").choices[0]
    none = client.chat.completions.create(**CHAT, **one, tool_choice="none").choices[0]

    assert (required.finish_reason, none.finish_reason) == ("tool_calls", "stop")
    assert [call.function.name for call in required.message.tool_calls] == ["land"]
    assert none.message.tool_calls is None
    assert none.message.content


def allowed(mode: str, *names: str) -> dict:
    return {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": [*map(named, names)]}}


def test_of_all_tools_only_the_allowed_ones_are_called(client: openai.OpenAI) -> None:
    answers = [
        client.chat.completions.create(
            **CHAT | {"seed": seed}, tools=TOOLS, tool_choice=allowed("required", "land"), temperature=1.5
        ).choices[0]
        for seed in range(6)
    ]

    assert {call.function.name for each in answers for call in each.message.tool_calls} == {"land"}
    assert {each.finish_reason for each in answers} <= {"tool_calls", "length"}
    auto = client.chat.completions.create(**CHAT, tools=TOOLS, tool_choice=allowed("auto", "land"))
    assert auto.usage.prompt_tokens == client.chat.completions.create(**CHAT, tools=TOOLS).usage.prompt_tokens


def test_the_older_functions_are_answered_in_their_form(client: openai.OpenAI) -> None:
    choice = client.chat.completions.create(
        **CHAT, functions=[LAND["function"]], function_call={"name": "land"}
    ).choices[0]

    assert (choice.finish_reason, choice.message.tool_calls) == ("stop", None)
    assert choice.message.function_call.name == "land"
    assert list(json.loads(choice.message.function_call.arguments)) == ["place", "fast"]


def test_parse_gives_the_arguments_as_the_object_that_was_described(client: openai.OpenAI) -> None:
    answer = client.chat.completions.parse(
        **CHAT, tools=[openai.pydantic_function_tool(Land)], tool_choice=named("Land")
    )

    assert isinstance(answer.choices[0].message.tool_calls[0].function.parsed_arguments, Land)


def with_parameters(parameters: object, **more: object) -> dict:
    return {"type": "function", "function": {"name": "f", "parameters": parameters, **more}}


TOO_COMPLEX = {
    "type": "object",
    "properties": {"a": {"type": "string", "pattern": "^(([a-z]{1,1000}){1,1000}){1,1000}$"}},
    "required": ["a"],
}
SETS = {"type": "object", "properties": {"a": {"type": "array", "uniqueItems": True}}}


@pytest.mark.parametrize(
    ("offer", "param", "words"),
    [
        (
            {"tools": TOOLS, "tool_choice": named("fly")},
            "tool_choice",
            "found 'fly', expected the name of a function in 'tools'",
        ),
        (
            {"functions": [LAND["function"]], "function_call": {"name": "fly"}},
            "function_call",
            "found 'fly', expected the name of a function in 'functions'",
        ),
        (
            {"tools": TOOLS, "tool_choice": allowed("auto", "land", "fly")},
            "tool_choice",
            "found 'fly', expected the name of a function in 'tools'",
        ),
        (
            {"tools": TOOLS, "tool_choice": {"type": "some_tools"}},
            "tool_choice.type",
            "expected 'function' or 'allowed_tools'",
        ),
        ({"tools": TOOLS, "tool_choice": allowed("auto")}, "tool_choice.allowed_tools.tools", "at least 1"),
        ({"tool_choice": allowed("auto", "land")}, "tool_choice", "only allowed when 'tools' are specified"),
        ({"tool_choice": "required"}, "tool_choice", "only allowed when 'tools' are specified"),
        ({"tools": [LAND, LAND]}, "tools[1].function.name", "the name of another function"),
        ({"tools": [LAND], "functions": [LAND["function"]]}, "functions", "cannot both be there"),
        (
            {"tools": [LAND, with_parameters({"type": "string"})]},
            "tools[1].function.parameters",
            "Invalid schema for function 'f': In context=(), schema must be a JSON Schema of 'type",
        ),
        (
            {"tools": [with_parameters({"type": "object", "properties": {}}, strict=True)]},
            "tools[0].function.parameters",
            "'additionalProperties' is required to be supplied and to be false",
        ),
        (
            {"tools": [LOOK_UP, with_parameters(SETS)]},
            "tools[1].function.parameters",
            "Invalid schema for function 'f': In context=('properties', 'a'), 'uniqueItems' cannot",
        ),
        # Only answers that come to its arguments show it.
        (
            {"tools": [LOOK_UP, with_parameters(TOO_COMPLEX)]},
            "tools[1].function.parameters",
            "it is too complex",
        ),
        ({"tools": [LAND] * 129}, "tools", "maximum length 128"),
    ],
)
def test_a_wrong_offer_is_refused_with_its_path(
    client: openai.OpenAI, offer: dict, param: str, words: str
) -> None:
    refused = refusal(client.chat.completions.create, **CHAT, **offer)

    assert (refused["status"], refused["param"]) == (400, param)
    assert words in refused["message"]
