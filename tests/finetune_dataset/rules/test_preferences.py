"""Preferences: Azure's answers with calls, and what no service documents."""

import pytest
from samples import ANSWER, TOOL, USER, call, calling, preference

from finetune_dataset.rules.rows import check_row

CALLED, REPLY, SAID = calling(call())["messages"][1:]
PROMPT = {"messages": [USER], "tools": [TOOL]}


@pytest.mark.parametrize(
    "answers",
    [
        [CALLED, REPLY, SAID],
        [CALLED, REPLY, CALLED, REPLY, SAID],
        [
            {**CALLED, "tool_calls": [call(), call(call_id="b")]},
            REPLY,
            {**REPLY, "tool_call_id": "b"},
            SAID,
        ],
    ],
)
@pytest.mark.parametrize("side", ["preferred_output", "non_preferred_output"])
def test_the_answers_with_calls_that_azure_documents_are_a_warning_with_service_and_date(side, answers):
    (issue,) = check_row(preference(input=PROMPT, **{side: answers}), method="dpo")

    assert (issue.path, issue.code, issue.severity) == (side, "tool_use_in_preference", "warning")
    assert "Azure documents it (direct preference optimization, 2026)" in issue.fix
    assert "OpenAI" in issue.fix


@pytest.mark.parametrize(
    "answers",
    [
        [ANSWER, ANSWER],
        [CALLED, REPLY],
        [REPLY, SAID],
        [USER, ANSWER],
        [ANSWER, USER, ANSWER],
        [],
        ["x", "y"],
        None,
        {},
    ],
)
def test_other_answers_of_several_messages_are_an_error(answers):
    codes = [
        each.code
        for each in check_row({**preference(input=PROMPT), "preferred_output": answers}, method="dpo")
    ]

    assert codes == ["not_one_answer"]


def test_calls_and_results_in_an_answer_are_checked():
    wrong = [{**CALLED, "tool_calls": [call(call_id="x")]}, REPLY, SAID]

    codes = {each.code for each in check_row(preference(input=PROMPT, preferred_output=wrong), method="dpo")}

    assert {"unknown_tool_call_id", "unanswered_tool_call"} <= codes
