"""Tools of other services become those of the chat API."""

import json

import pytest

from finetune_dataset.formats.build import UnclearError
from finetune_dataset.formats.tools import chat_tools, is_chat_tools

SCHEMA = {"type": "object", "properties": {"port": {"type": "string"}}, "required": ["port"]}
TOOL = {"type": "function", "function": {"name": "tide", "parameters": SCHEMA}}
GOOGLE = {"type": "OBJECT", "properties": {"port": {"type": "STRING"}}, "required": ["port"]}


@pytest.mark.parametrize(
    "tools",
    [
        [TOOL],
        json.dumps([TOOL]),
        [json.dumps(TOOL)],
        [TOOL["function"]],
        [{"type": "function", **TOOL["function"]}],
        [{"name": "tide", "input_schema": SCHEMA}],
        [{"type": "custom", "name": "tide", "input_schema": SCHEMA}],
        [{"functionDeclarations": [{"name": "tide", "parameters": GOOGLE}]}],
        {"tools": [{"toolSpec": {"name": "tide", "inputSchema": {"json": SCHEMA}}}]},
        [{"name": "tide", "parameter_definitions": {"port": {"type": "str", "required": True}}}],
        [{"name": "tide", "parameters": {"port": {"type": "str"}}}],
        [{"name": "tide", "parameters": json.dumps(SCHEMA)}],
    ],
)
def test_a_tool_of_each_service_becomes_one_of_the_chat_api(tools):
    assert chat_tools(tools) == [TOOL]


@pytest.mark.parametrize(
    "tools",
    [
        "search",
        [{"googleSearch": {}}],
        [{"type": "web_search_20250305", "name": "web_search"}],
        [{"type": "web_search"}],
        [5],
        [{"name": "tide", "parameters": {"port": {"type": "Port"}}}],
    ],
)
def test_a_tool_that_has_no_place_in_a_row_is_refused(tools):
    with pytest.raises(UnclearError):
        chat_tools(tools)


def test_a_row_may_have_no_tools():
    assert [chat_tools(value) for value in (None, "", [])] == [[], [], []]
    assert is_chat_tools(None)
    assert is_chat_tools([TOOL])
    assert not is_chat_tools([TOOL["function"]])
