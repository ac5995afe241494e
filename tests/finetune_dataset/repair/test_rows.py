"""One row is mended where it has one reading, and stays as it is where it has more."""

import json

import pytest
from samples import ANSWER, TOOL, USER, call, calling, preference, seen

from finetune_dataset.repair.rows import mend_row
from finetune_dataset.rules.rows import check_row

SYSTEM = {"role": "system", "content": "Be brief."}


def with_call(changes, **row):
    """A row with a call that is changed in its keys; None takes a key away."""
    made = calling({key: value for key, value in {**call(), **changes}.items() if value is not None})
    return {**made, **row}


def of_tool(**changes):
    """A row whose tool message is changed; None takes a key away."""
    made = calling(call())
    message = {key: value for key, value in {**made["messages"][2], **changes}.items() if value is not None}
    return {**made, "messages": [*made["messages"][:2], message, ANSWER]}


@pytest.mark.parametrize(
    ("row", "mended", "notes"),
    [
        (
            {**calling(call()), "tools": json.dumps([TOOL])},
            calling(call()),
            ["JSON text at tools"],
        ),
        (
            with_call({"function": {"name": "track", "arguments": {"id": 7}}}),
            calling(call()),
            ["arguments as JSON text at messages[1].tool_calls[0].function.arguments"],
        ),
        (
            {**calling(call()), "tools": [TOOL["function"]]},
            calling(call()),
            ["the shape at tools"],
        ),
        (
            calling({"name": "track", "args": {"id": 7}, "id": "call_1", "type": "tool_call"}),
            calling(call()),
            [
                "the shape of messages[1].tool_calls[0]",
                "arguments as JSON text at messages[1].tool_calls[0].function.arguments",
                "the type at messages[1].tool_calls[0].type",
            ],
        ),
        (
            of_tool(content={"city": "Bucharest"}),
            of_tool(content='{"city": "Bucharest"}'),
            ["a result as JSON text at messages[2].content"],
        ),
        (with_call({"type": None}), calling(call()), ["the type at messages[1].tool_calls[0].type"]),
        (
            with_call({"id": None}),
            calling(call()),
            ["an id at messages[1].tool_calls[0].id"],
        ),
        (of_tool(tool_call_id=None), calling(call()), ["the id of the call at messages[2].tool_call_id"]),
        (
            of_tool(content=[{"type": "text", "text": "Bucharest"}]),
            calling(call()),
            ["tool_content_parts at messages[2].content"],
        ),
        (
            {"system": "Be brief.", "messages": [USER, ANSWER]},
            {"messages": [SYSTEM, USER, ANSWER]},
            ["system prompt at system"],
        ),
        (
            {"messages": [{**USER, "role": "human"}, {**ANSWER, "role": "GPT"}]},
            {"messages": [USER, ANSWER]},
            ["role 'human' at messages[0].role", "role 'GPT' at messages[1].role"],
        ),
        (
            {
                "messages": [
                    {**USER, "content": [{"type": "image_url", "image_url": "https://example.com/a.png"}]},
                    ANSWER,
                ]
            },
            {"messages": [{**USER, "content": [seen()["messages"][0]["content"][1]]}, ANSWER]},
            ["invalid_image_url at messages[0].content"],
        ),
    ],
)
def test_a_value_with_one_reading_is_mended_and_said(row, mended, notes):
    assert mend_row(row, ("", ""), "supervised") == (mended, notes)
    assert check_row(mended) == []


@pytest.mark.parametrize(
    "row",
    [
        calling(call()),
        {"messages": [{**USER, "role": "usr"}, ANSWER]},
        {"system": "Be brief.", "messages": [{**SYSTEM, "content": "Be long."}, USER, ANSWER]},
        {"messages": [USER, ANSWER], "tools": "search"},
        of_tool(content=[{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]),
        with_call({"function": {"name": "track", "arguments": [7]}}),
        5,
        None,
    ],
)
def test_a_good_row_and_one_with_more_readings_stay(row):
    assert mend_row(row, ("", ""), "supervised") == (row, [])


def test_the_calls_in_a_preference_are_mended_too():
    odd = {**call(), "function": {"name": "track", "arguments": {"id": 7}}}
    row = preference(
        input={"messages": [USER], "tools": [TOOL]},
        preferred_output=[{"role": "assistant", "tool_calls": [odd]}],
    )

    mended, notes = mend_row(row, ("", ""), "dpo")

    assert mended["preferred_output"] == [{"role": "assistant", "tool_calls": [call()]}]
    assert len(notes) == 1
    assert check_row(mended, method="dpo") == []


def test_the_answers_of_a_preference_need_their_list_and_its_prompt_needs_messages():
    good = preference()
    row = {
        "input": good["input"]["messages"],
        "preferred_output": good["preferred_output"][0]["content"],
        "non_preferred_output": good["non_preferred_output"][0],
    }

    mended, notes = mend_row(row, ("", ""), "dpo")

    assert mended == good
    assert notes == [f"the shape of {key}" for key in row]


def test_a_field_of_a_grader_is_never_touched():
    row = {"messages": [USER], "system": "for the grader", "tools_used": "[]"}

    assert mend_row(row, ("", ""), "reinforcement") == (row, [])
