"""Tools: their definitions, the calls of them, and the answers."""

import json

import pytest
from samples import PLAIN, call, calling

from finetune_dataset.rules.rows import check_row
from finetune_dataset.rules.tools import tool_names


def test_tools_that_are_no_list_of_objects_are_named():
    assert [(each.path, each.code) for each in check_row({**PLAIN, "tools": "f"})] == [
        ("tools", "wrong_type")
    ]


@pytest.mark.parametrize(
    ("method", "row", "place", "words"),
    [
        (
            "supervised",
            {**PLAIN, "tools": [{"type": "function", "name": "track", "parameters": {}}]},
            ("tools[0].function", "invalid_tool"),
            'Put name, description and parameters there: {"type": "function", "function"',
        ),
        (
            "supervised",
            {**PLAIN, "tools": [{"type": "function", "function": {"name": "f", "description": "<|end|>"}}]},
            ("tools[0].function", "special_token"),
            "<|end|>",
        ),
        (
            "supervised",
            calling(
                call(),
                tools=[
                    {
                        "type": "function",
                        "function": {
                            "name": "track",
                            "parameters": {"type": "object", "properties": {"id": {"type": "float"}}},
                        },
                    }
                ],
            ),
            ("tools[0].function.parameters", "invalid_tool"),
            ", at properties.id.type",
        ),
        (
            "supervised",
            calling(call("")),
            ("messages[1].tool_calls[0].function.arguments", "invalid_arguments"),
            "found empty text",
        ),
    ],
)
def test_words_for_a_mistake_with_a_tool_name_what_is_there_and_what_to_do(check, method, row, place, words):
    report = check(json.dumps(row), method=method)

    said = [str(each) for each in report.problems if (each.path, each.code) == place]
    assert len(said) == 1
    assert words in said[0]
    assert not {"other_format", "row_unrecognized_key", "legacy_prompt_completion"} & set(report.counts)


def test_a_tool_whose_schema_cannot_be_used_is_known_by_name():
    row = {"tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "array"}}}]}

    names = tool_names(row)

    assert (dict(names), [each.path for each in names.issues]) == (
        {"f": None},
        ["tools[0].function.parameters"],
    )
