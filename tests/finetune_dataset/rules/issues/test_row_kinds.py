"""Every code of a row: one row that gets it, and nothing but it."""

import json

import pytest
from samples import (
    ANSWER,
    FILE,
    PLAIN,
    TOOL,
    USER,
    call,
    calling,
    data_url,
    found,
    preference,
    seen,
    with_first,
    with_last,
)

from finetune_dataset.rules.issues.row_kinds import ROW_KINDS

# Code → the row that gets it, with the path of the issue.
ROWS = {
    "not_an_object": (5, ""),
    "legacy_prompt_completion": ({"prompt": "Hi ->", "completion": " Yo"}, ""),
    "other_format": (preference(), ""),
    "missing_messages_list": ({"messages": []}, "messages"),
    "row_unrecognized_key": ({**PLAIN, "mesages": []}, "mesages"),
    "unrecognized_role": (with_first(role="usr"), "messages[0].role"),
    "message_missing_key": ({"messages": [{"role": "user"}, ANSWER]}, "messages[0].content"),
    "message_unrecognized_key": (with_last(wieght=1), "messages[1].wieght"),
    "misplaced_key": (with_first(weight=1), "messages[0].weight"),
    "wrong_type": (with_first(content=5), "messages[0].content"),
    "missing_content": (with_last(content=""), "messages[1].content"),
    "empty_content": (with_first(content=" "), "messages[0].content"),
    "special_token": (with_first(content="a <|fim_suffix|> b"), "messages[0].content"),
    "invalid_weight": (with_last(weight=2), "messages[1].weight"),
    "invalid_content_part": (with_first(content=[{"type": "txt"}]), "messages[0].content[0]"),
    "unsupported_content_part": (
        with_first(content=[{"type": "input_audio", "input_audio": {}}]),
        "messages[0].content[0]",
    ),
    "misplaced_image": (
        {"messages": [*seen(role="system")["messages"][:1], USER, ANSWER]},
        "messages[0].content[1]",
    ),
    "invalid_image_url": (seen("photo.png"), "messages[0].content[1].image_url.url"),
    "unsupported_image_type": (
        seen(data_url(kind="image/gif")),
        "messages[0].content[1].image_url.url",
    ),
    "image_too_large": (seen(data_url(10 * 1024**2 + 3)), "messages[0].content[1].image_url.url"),
    "too_many_images": (seen(times=11), "messages"),
    "invalid_tool": ({**PLAIN, "tools": [{"type": "function", "function": {}}]}, "tools[0].function.name"),
    "duplicate_tool": ({**PLAIN, "tools": [TOOL, TOOL]}, "tools[1].function.name"),
    "invalid_tool_call": (calling(call(), {**call(call_id="b"), "id": 5}), "messages[1].tool_calls[1].id"),
    "invalid_arguments": (
        calling(call("id=7")),
        "messages[1].tool_calls[0].function.arguments",
    ),
    "arguments_mismatch": (
        calling(call('{"id": "seven"}')),
        "messages[1].tool_calls[0].function.arguments.id",
    ),
    "schema_too_complex": (
        {
            **PLAIN,
            "tools": [{"type": "function", "function": {"name": "f", "parameters": {"not": {"$ref": "#"}}}}],
        },
        "tools[0].function.parameters",
    ),
    "unknown_tool": (calling(call(name="find")), "messages[1].tool_calls[0].function.name"),
    "unanswered_tool_call": (calling(call(), reply=None), "messages[1].tool_calls[0]"),
    "unknown_tool_call_id": (
        {
            **calling(call()),
            "messages": [USER, {"role": "tool", "tool_call_id": "x", "content": "Here"}, ANSWER],
        },
        "messages[1].tool_call_id",
    ),
    "duplicate_tool_call_id": (calling(call(), call()), "messages[1].tool_calls[1].id"),
    "example_missing_assistant_message": ({"messages": [USER]}, "messages"),
    "last_message_not_assistant": ({"messages": [USER, ANSWER, USER]}, "messages[2].role"),
    "no_trained_message": (with_last(weight=0), "messages"),
}


PREFERENCES = {
    "missing_key": (preference(non_preferred_output=None), "non_preferred_output"),
    "not_one_answer": (preference(preferred_output=[ANSWER, ANSWER]), "preferred_output"),
    "identical_outputs": (preference(non_preferred_output=[ANSWER]), ""),
    "last_message_not_user": (preference(input={"messages": [USER, ANSWER]}), "input.messages[1].role"),
}


@pytest.mark.parametrize("code", ROWS)
def test_a_row_with_one_mistake_gets_one_issue_at_its_place(check, code):
    row, path = ROWS[code]

    report = check(FILE + json.dumps(row))

    assert found(report) == [(13, path, code)]
    assert report.ok == (ROW_KINDS[code].severity == "warning")


@pytest.mark.parametrize("code", PREFERENCES)
def test_a_preference_with_one_mistake_gets_one_issue_at_its_place(check, code):
    row, path = PREFERENCES[code]
    good = "".join(
        json.dumps(preference(input={"messages": [{**USER, "content": f"Where is {number}?"}]})) + "\n"
        for number in range(12)
    )

    report = check(good + json.dumps(row), method="dpo")

    assert found(report) == [(13, path, code)]


def test_every_code_has_a_test_here_but_one_that_needs_a_model():
    assert sorted([*ROWS, *PREFERENCES, "row_too_long"]) == sorted(ROW_KINDS)
