"""Rows of each method: good ones pass, and each problem is named with its place."""

import json

import pytest
from samples import PLAIN, TOOL, call, calling, found, preference

from finetune_dataset.rules.rows import check_row

USER = {"role": "user", "content": "Hi"}


ASSISTANT = {"role": "assistant", "content": "Hello"}


def codes_of(messages, **row):
    return [(issue.path, issue.code, issue.severity) for issue in check_row({"messages": messages, **row})]


@pytest.mark.parametrize(
    "row",
    [
        {"messages": [USER, {"role": "assistant", "content": None, "refusal": "I can't help with that."}]},
        {"messages": [USER, ASSISTANT, USER, {"role": "assistant", "content": "Bye", "weight": 0}]},
        {"messages": [{"role": "developer", "content": "Be short."}, {**USER, "name": "Ann"}, ASSISTANT]},
        {
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": "What is it?"}]},
                {
                    "role": "user",
                    "content": [{"type": "image_url", "image_url": {"url": "https://a.example/a.png"}}],
                },
                ASSISTANT,
            ]
        },
        {
            "messages": [
                USER,
                {
                    "role": "assistant",
                    "tool_calls": [
                        {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
                    ],
                },
                {"role": "tool", "tool_call_id": "call_1", "content": ""},
                ASSISTANT,
            ],
            "tools": [{"type": "function", "function": {"name": "f"}}],
            "parallel_tool_calls": False,
        },
        {
            "messages": [
                USER,
                {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
                {"role": "function", "name": "f", "content": None},
                {**ASSISTANT, "tool_calls": None, "refusal": None, "weight": None},
            ]
        },
        {"messages": [USER, {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}]},
    ],
    ids=["refusal", "weights", "developer", "parts", "tools", "functions", "refusal part"],
)
def test_a_valid_modern_row_is_never_refused(row):
    assert check_row(row) == []


@pytest.mark.parametrize(
    ("messages", "problems"),
    [
        ([], [("messages", "missing_messages_list", "error")]),
        ("Hi", [("messages", "missing_messages_list", "error")]),
        (["Hi"], [("messages[0]", "not_an_object", "error")]),
        ([USER], [("messages", "example_missing_assistant_message", "error")]),
        ([USER, ASSISTANT, USER], [("messages[2].role", "last_message_not_assistant", "error")]),
        ([USER, {**ASSISTANT, "weight": 0}], [("messages", "no_trained_message", "error")]),
        ([USER, {**ASSISTANT, "weight": True}], [("messages[1].weight", "invalid_weight", "error")]),
        ([USER, {**ASSISTANT, "weight": 0.5}], [("messages[1].weight", "invalid_weight", "error")]),
        ([{"content": "Hi"}, ASSISTANT], [("messages[0].role", "message_missing_key", "error")]),
        (
            [{"role": ["user"], "content": "Hi"}, ASSISTANT],
            [("messages[0].role", "unrecognized_role", "error")],
        ),
        ([{"role": "user"}, ASSISTANT], [("messages[0].content", "message_missing_key", "error")]),
        ([{"role": "user", "content": 5}, ASSISTANT], [("messages[0].content", "wrong_type", "error")]),
        (
            [{"role": "user", "content": None}, ASSISTANT],
            [("messages[0].content", "missing_content", "error")],
        ),
        (
            [{"role": "user", "content": " "}, ASSISTANT],
            [("messages[0].content", "empty_content", "warning")],
        ),
        ([USER, {"role": "assistant", "content": []}], [("messages[1].content", "missing_content", "error")]),
        ([USER, {"role": "assistant", "content": ""}], [("messages[1].content", "missing_content", "error")]),
        ([{"role": "user", "content": False}, ASSISTANT], [("messages[0].content", "wrong_type", "error")]),
        (
            [{"role": "user", "content": ["Hi", {"type": "text"}]}, ASSISTANT],
            [
                ("messages[0].content[0]", "invalid_content_part", "error"),
                ("messages[0].content[1].text", "invalid_content_part", "error"),
            ],
        ),
        (
            [USER, {**ASSISTANT, "content": "Bye<|im_end|>"}],
            [("messages[1].content", "special_token", "error")],
        ),
        (
            [{"role": "user", "content": [{"type": "text", "text": "<|end|>"}]}, ASSISTANT],
            [("messages[0].content[0].text", "special_token", "error")],
        ),
        ([{**USER, "name": "<|end|>"}, ASSISTANT], [("messages[0].name", "special_token", "error")]),
        ([{**USER, "name": 5}, ASSISTANT], [("messages[0].name", "wrong_type", "error")]),
        ([USER, {**ASSISTANT, "wieght": 1}], [("messages[1].wieght", "message_unrecognized_key", "warning")]),
        (
            [USER, {"role": "tool", "content": "4"}, ASSISTANT],
            [("messages[1].tool_call_id", "message_missing_key", "error")],
        ),
        ([USER, {**ASSISTANT, "tool_calls": "f()"}], [("messages[1].tool_calls", "wrong_type", "error")]),
        (
            [USER, {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": {}}}]}],
            [
                ("messages[1].tool_calls[0].id", "invalid_tool_call", "error"),
                ("messages[1].tool_calls[0].type", "invalid_tool_call", "error"),
                ("messages[1].tool_calls[0].function.arguments", "wrong_type", "error"),
            ],
        ),
    ],
)
def test_each_problem_of_a_row_is_named_with_its_place(messages, problems):
    assert codes_of(messages) == problems


@pytest.mark.parametrize(
    ("method", "row", "hint"),
    [
        ("supervised", preference(), 'method="dpo"'),
        ("dpo", PLAIN, 'method="supervised"'),
        ("reinforcement", preference(), 'method="dpo"'),
    ],
)
def test_a_row_of_another_method_says_which(check, method, row, hint):
    (problem,) = [each for each in check(json.dumps(row), method=method).problems if each.line]

    assert problem.code == "other_format"
    assert hint in problem.fix


@pytest.mark.parametrize(
    ("method", "row", "place", "words"),
    [
        (
            "supervised",
            {"instructions": "Add.", "numbers": "1 and 2", "result": "3"},
            ("messages", "missing_messages_list"),
            '"instructions, numbers, result"',
        ),
        (
            "dpo",
            {"input": {"messages": [USER]}, "chosen": [ASSISTANT]},
            ("preferred_output", "missing_key"),
            "the key chosen in its place",
        ),
        (
            "reinforcement",
            {"ask": "Hi", "answer": 5},
            ("messages", "missing_messages_list"),
            '"answer, ask"',
        ),
        ("supervised", {}, ("messages", "missing_messages_list"), "found no key;"),
    ],
)
def test_words_for_a_mistake_in_a_row_name_what_is_there_and_what_to_do(check, method, row, place, words):
    report = check(json.dumps(row), method=method)

    said = [str(each) for each in report.problems if (each.path, each.code) == place]
    assert len(said) == 1
    assert words in said[0]
    assert not {"other_format", "row_unrecognized_key", "legacy_prompt_completion"} & set(report.counts)


def test_only_rows_that_the_repair_can_convert_are_said_to_be(check):
    def fix(row):
        return next(each.fix for each in check(json.dumps(row)).problems if each.line)

    assert "repair_dataset" in fix({"prompt": "Hi ->", "completion": " Yo"})
    assert "repair_dataset" in fix({"prompt": "Hi ->", "completion": " Yo", "id": 7})
    assert "repair_dataset" not in fix({"prompt": "Hi ->", "completion": " ", "id": 7})
    assert "repair_dataset" not in fix({"prompt": ["Hi", "Yo"], "completion": " Yo"})


def test_the_prompt_of_a_preference_may_end_with_the_result_of_a_tool(check):
    prompt = {"messages": calling(call())["messages"][:-1], "tools": [TOOL]}

    assert found(check(json.dumps(preference(input=prompt)), method="dpo")) == [(0, "", "too_few_examples")]


def test_a_field_for_the_grader_may_have_the_name_of_the_older_tools(check):
    row = {"messages": [USER], "functions": ["track", 5]}

    report = check(json.dumps(row), method="reinforcement", model="gpt-4o-mini")

    assert found(report) == [(0, "", "too_few_examples")]
    assert (
        report.tokens
        == check(json.dumps({"messages": [USER]}), method="reinforcement", model="gpt-4o").tokens
    )


def test_reinforcement_rows_end_with_the_user_and_may_carry_anything_for_the_grader(check):
    lines = [json.dumps({"messages": [USER], "answer": number, "input": {"a": []}}) for number in range(12)]

    report = check("\n".join([*lines, json.dumps(PLAIN)]), method="reinforcement")

    assert found(report) == [(13, "messages[1].role", "last_message_not_user")]
    assert "also needs a validation file" in str(report)
