"""The pieces of a streamed call join to the call that is answered whole."""

import openai
from chatting import QUESTION
from serving import BASE_MODEL

from tools import LAND, named

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
