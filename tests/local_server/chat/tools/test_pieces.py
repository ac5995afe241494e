"""The pieces of a streamed call join to the call that is answered whole."""

import json
from pathlib import Path

import openai
import pytest
from chatting import QUESTION
from serving import BASE_MODEL, own_model, serve

from tools import LAND, NATIVE, TOOLS, named

CHAT = {"model": BASE_MODEL, "messages": QUESTION, "max_tokens": 80, "seed": 1}


def test_the_pieces_of_a_stream_join_to_the_same_call(client: openai.OpenAI) -> None:
    request = {**CHAT, "tools": [LAND], "tool_choice": named("land")}
    whole = client.chat.completions.create(**request).choices[0]
    with client.chat.completions.stream(**request) as stream:
        streamed = stream.get_final_completion().choices[0]

    assert streamed.message.tool_calls[0].function.arguments == whole.message.tool_calls[0].function.arguments
    assert streamed.message.tool_calls[0].function.name == "land"
    assert streamed.message.tool_calls[0].id.startswith("call_")
    assert (streamed.finish_reason, streamed.message.content) == (whole.finish_reason, None)


def test_the_older_form_is_streamed_too(client: openai.OpenAI) -> None:
    request = {**CHAT, "functions": [LAND["function"]], "function_call": {"name": "land"}}
    whole = client.chat.completions.create(**request).choices[0].message.function_call
    chunks = [chunk.choices[0] for chunk in client.chat.completions.create(**request, stream=True)]

    pieces = [chunk.delta.function_call for chunk in chunks if chunk.delta.function_call]
    assert [piece.name for piece in pieces if piece.name] == ["land"]
    assert "".join(piece.arguments for piece in pieces) == whole.arguments
    assert chunks[-1].finish_reason == "stop"


@pytest.mark.slow
def test_a_model_that_writes_calls_in_its_own_way_is_read_in_it(tmp_path: Path) -> None:
    folder = own_model(tmp_path / "model")
    (folder / "chat_template.jinja").write_text(NATIVE, encoding="utf-8")
    with serve(tmp_path / "state", "--model", str(folder)) as server:
        client = server.client()
        request = {
            **CHAT,
            "model": client.models.list().data[0].id,
            "tools": TOOLS,
            "tool_choice": "required",
        }
        whole = client.chat.completions.create(**request).choices[0]
        with client.chat.completions.stream(**request) as stream:
            streamed = stream.get_final_completion().choices[0]

    assert (whole.finish_reason, whole.message.content) == ("tool_calls", None)
    calls = [[call.function for call in choice.message.tool_calls] for choice in (whole, streamed)]
    assert [each.arguments for each in calls[0]] == [each.arguments for each in calls[1]]
    assert isinstance(json.loads(calls[0][0].arguments), dict)
