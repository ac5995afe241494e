"""Calls and results in the messages of a chat: what is read, and what is out of order."""

import openai
import pytest
from chatting import QUESTION
from pydantic import BaseModel
from serving import BASE_MODEL, refusal

from tools import TOOLS, call

CALLED = {"role": "assistant", "content": None, "tool_calls": [call("look_up", '{"name": "Tin"}')]}
RESULT = {"role": "tool", "tool_call_id": "call_1", "content": "50"}


class Look(BaseModel):
    """Finds an element."""

    metal: bool


def test_a_call_and_its_result_are_read(client: openai.OpenAI) -> None:
    def tokens(*messages: dict) -> int:
        answer = client.chat.completions.create(
            model=BASE_MODEL, messages=[*QUESTION, *messages], tools=TOOLS, max_tokens=1
        )
        return answer.usage.prompt_tokens

    assert tokens() < tokens(CALLED, RESULT) < tokens(CALLED, {**RESULT, "content": "50, a metal"})


def test_a_parsed_call_can_be_sent_back(client: openai.OpenAI) -> None:
    chat = {"model": BASE_MODEL, "tools": [openai.pydantic_function_tool(Look)], "max_tokens": 60, "seed": 1}
    message = (
        client.chat.completions.parse(
            **chat, messages=QUESTION, tool_choice="required", parallel_tool_calls=False
        )
        .choices[0]
        .message
    )
    result = RESULT | {"tool_call_id": message.tool_calls[0].id}

    answers = [
        client.chat.completions.create(**chat, messages=[*QUESTION, back, result], tool_choice="none")
        for back in (message, message.model_dump())
    ]

    assert message.tool_calls[0].function.parsed_arguments is not None
    assert answers[0].choices[0].message.content == answers[1].choices[0].message.content


@pytest.mark.parametrize(
    ("messages", "param", "words"),
    [
        ([RESULT], "messages.[1].role", "must be a response to a preceding message with 'tool_calls'"),
        ([CALLED, RESULT | {"tool_call_id": "x"}], "messages.[2].role", "'x' is the id of no such call"),
        ([CALLED, RESULT, RESULT], "messages.[3].role", "must be a response to a preceding message"),
        ([CALLED], "messages", "did not have response messages: call_1"),
        ([CALLED, *QUESTION], "messages.[2].role", "did not have response messages: call_1"),
        ([{"role": "tool", "content": "50"}], "messages.1.tool_call_id", "Missing required parameter"),
        ([{"role": "function", "content": "50"}], "messages.1.name", "Missing required parameter"),
        ([CALLED | {"role": "user", "content": "x"}], "messages.1.tool_calls", "role 'assistant'"),
        ([{"role": "assistant", "content": None}], "messages.1.content", "messages.1.content"),
    ],
)
def test_what_is_out_of_order_is_refused_with_its_path(
    client: openai.OpenAI, messages: list[dict], param: str, words: str
) -> None:
    refused = refusal(
        client.chat.completions.create, model=BASE_MODEL, messages=[*QUESTION, *messages], tools=TOOLS
    )

    assert (refused["status"], refused["param"]) == (400, param)
    assert words in refused["message"]
