"""Each kind of content, in files, chats and responses, against the table of the README."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import openai
import pytest
from serving import BASE_MODEL, NAMES, ROOT, row

from local_server.jobs.check.file_check import BadFile, GoodFile, check_file
from local_server.training.rows.content import NotText, not_text, plain

USER = {"role": "user", "content": "Hello"}
FUNCTION = {"name": "f", "description": "d", "parameters": {"type": "object", "properties": {}}}
CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
OLD_CALL = {"name": "f", "arguments": "{}"}
CALLED = {"role": "assistant", "content": None, "tool_calls": [CALL]}
RESULT = {"role": "tool", "tool_call_id": "c", "content": "1"}
CALL_ITEM = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
RESULT_ITEM = {"type": "function_call_output", "call_id": "c", "output": "1"}
IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
SOUND = {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}}
FILE = {"type": "file", "file": {"file_id": "file-1"}}


def said(content: object, **more: object) -> dict:
    return {"role": "assistant", "content": content, **more}


def asked(content: object, **more: object) -> dict:
    return {"role": "user", "content": content, **more}


def parts(kind: str) -> list[dict]:
    return [{"type": kind, "text": "Hel"}, {"type": kind, "text": "lo"}]


# Kind → a chat with it, what stands beside its messages, and the items of a response; None where the API of
# chats or of responses has no such thing.
CHATS: dict[str, tuple[list[dict] | None, dict, list[dict] | None, dict]] = {
    "text": ([USER], {}, [USER], {}),
    "list of text parts": ([asked(parts("text"))], {}, [asked(parts("input_text"))], {}),
    "role `developer`": ([USER | {"role": "developer"}], {}, [USER | {"role": "developer"}], {}),
    "`refusal` of an answer, or a part of this type": (
        [USER, said(None, refusal="No."), said([{"type": "refusal", "refusal": "No."}])],
        {},
        [USER, said([{"type": "refusal", "refusal": "No."}])],
        {},
    ),
    "`name`": ([USER | {"name": "anna"}], {}, [USER | {"name": "anna"}], {}),
    "`weight`": ([USER, said("Hi", weight=0)], {}, [USER, said("Hi", weight=0)], {}),
    "`parallel_tool_calls`": ([USER], {"parallel_tool_calls": True}, [USER], {"parallel_tool_calls": True}),
    "empty `tools`, `annotations`": (
        [USER, said("Hi", annotations=[])],
        {"tools": []},
        [USER, said([{"type": "output_text", "text": "Hi", "annotations": []}])],
        {"tools": []},
    ),
    "empty `tool_calls`": ([USER, said("Hi", tool_calls=[])], {}, [USER, said("Hi", tool_calls=[])], {}),
    "empty text of an answer": (
        [USER, said(""), USER],
        {},
        [USER, said(""), USER],
        {},
    ),
    "image": (
        [asked([IMAGE])],
        {},
        [asked([{"type": "input_image", "image_url": "https://example.com/a.png"}])],
        {},
    ),
    "audio": ([asked([SOUND])], {}, [asked([SOUND])], {}),
    "file": ([asked([FILE])], {}, [asked([{"type": "input_file", "file_id": "file-1"}])], {}),
    "`tools` with definitions": (
        [USER],
        {"tools": [{"type": "function", "function": FUNCTION}]},
        [USER],
        {"tools": [{"type": "function", **FUNCTION}]},
    ),
    "`functions` with definitions": ([USER], {"functions": [FUNCTION]}, [USER], {"functions": [FUNCTION]}),
    "`tool_calls` of an answer": (
        [USER, CALLED, RESULT],
        {},
        [USER, CALL_ITEM, RESULT_ITEM],
        {},
    ),
    "`function_call` of an answer": (
        [USER, said(None, function_call=OLD_CALL)],
        {},
        [USER, said("", function_call=OLD_CALL)],
        {},
    ),
    "result of a tool": (
        [USER, CALLED, RESULT],
        {},
        [USER, CALL_ITEM, RESULT_ITEM | {"output": [{"type": "input_text", "text": "1"}]}],
        {},
    ),
    "result of a function": (
        [USER, said(None, function_call=OLD_CALL), {"role": "function", "name": "f", "content": "1"}],
        {},
        [USER, {"role": "function", "name": "f", "content": "1"}],
        {},
    ),
    "image in the result of a tool": (
        [USER, CALLED, RESULT | {"content": [IMAGE]}],
        {},
        [
            USER,
            CALL_ITEM,
            RESULT_ITEM | {"output": [{"type": "input_image", "image_url": "https://example.com/a.png"}]},
        ],
        {},
    ),
    "another kind of tool": (
        [USER],
        {"tools": [{"type": "custom", "custom": {"name": "f"}}]},
        [USER],
        {"tools": [{"type": "web_search"}]},
    ),
    "`refusal` beside a text": (
        [USER, said("Yes.", refusal="No.")],
        {},
        [USER, said("Yes.", refusal="No.")],
        {},
    ),
    "`annotations` with entries": (
        [USER, said("Hi", annotations=[{"type": "url_citation"}])],
        {},
        [USER, said([{"type": "output_text", "text": "Hi", "annotations": [{"type": "file_path"}]}])],
        {},
    ),
    "audio of an earlier answer": (
        [USER, said(None, audio={"id": "a"})],
        {},
        [USER, said("", audio={"id": "a"})],
        {},
    ),
    "another item of a response": (
        None,
        {},
        [USER, {"type": "reasoning", "id": "rs_1", "summary": []}],
        {},
    ),
    "another key": ([USER | {"mood": "good"}], {}, [USER | {"mood": "good"}], {}),
}


def table() -> dict[str, list[str]]:
    """The rows of the README: kind → what is done with it in files, chats and responses."""
    text = (ROOT / "local_server" / "README.md").read_text(encoding="utf-8")
    lines = text.partition("### What messages may hold")[2].partition("### Functions")[0].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return {kind: [re.split("[,:]", verdict)[0] for verdict in verdicts] for kind, *verdicts in cells[2:]}


TABLE = table()


def test_the_readme_has_every_kind() -> None:
    assert list(TABLE) == list(CHATS)


@pytest.mark.parametrize("kind", CHATS)
def test_a_training_row_is_used_or_fails_with_the_row_named(kind: str, save: Callable[..., Path]) -> None:
    messages, beside, _, _ = CHATS[kind]
    if messages is None:
        assert TABLE[kind][:2] == ["–", "–"]
        return
    # An answer at the end, where the chat has none to learn.
    whole = (
        messages if messages[-1]["role"] == "assistant" and kind != "`weight`" else [*messages, said("Hi")]
    )
    rows = [row(name) for name in NAMES[:11]]
    rows.insert(4, {"messages": whole, **beside})
    path = save("".join(json.dumps(each) + "\n" for each in rows), "training.jsonl")

    found = check_file(path, "training_file")

    if TABLE[kind][0] in ("used", "accepted"):
        assert isinstance(found, GoodFile)
        assert found.rows == 12
    else:
        assert TABLE[kind][0] == "fails"
        assert isinstance(found, BadFile)
        assert (found.code, found.param) == ("invalid_training_file", "training_file")
        assert "Example 5" in found.message


@pytest.mark.parametrize(
    ("messages", "beside", "words"),
    [
        (
            [asked([IMAGE]), said("A cat.")],
            {},
            "Example 11, message 1, 'content[0].type': found an image, expected text.",
        ),
    ],
)
def test_what_a_good_row_has_beside_text_is_named_with_its_field(
    messages: list[dict], beside: dict, words: str, save: Callable[..., Path]
) -> None:
    rows = [*(row(name) for name in NAMES[:10]), {"messages": messages, **beside}]
    path = save("".join(json.dumps(each) + "\n" for each in rows), "training.jsonl")

    found = check_file(path, "training_file")

    assert isinstance(found, BadFile)
    assert words in found.message


def test_each_row_that_is_no_text_is_told(save: Callable[..., Path]) -> None:
    rows = [row(NAMES[0]), *[{"messages": [asked([IMAGE]), said("A cat.")]}] * 12]
    path = save("".join(json.dumps(each) + "\n" for each in rows), "training.jsonl")

    found = check_file(path, "training_file")

    assert isinstance(found, BadFile)
    assert [line.partition(",")[0] for line in found.further] == [f"Example {n}" for n in range(3, 14)]


def test_keys_with_escaped_letters_are_seen(save: Callable[..., Path]) -> None:
    lines = "".join(json.dumps(row(name)) + "\n" for name in NAMES[:10])
    shown = {"messages": [asked([IMAGE]), said("A cat.")]}
    odd = json.dumps(shown).replace('"image_url"', '"\\u0069mage_url"')
    path = save(f"{lines}{odd}\n", "training.jsonl")

    found = check_file(path, "training_file")

    assert isinstance(found, BadFile)
    assert "Example 11, message 1, 'content[0].type'" in found.message


@pytest.mark.parametrize("kind", CHATS)
@pytest.mark.parametrize("api", ["chat", "responses"])
def test_a_question_is_answered_or_refused_with_the_path(client: openai.OpenAI, api: str, kind: str) -> None:
    messages, beside, items, beside_items = CHATS[kind]
    verdict = TABLE[kind][1 if api == "chat" else 2]
    if verdict == "–":
        return

    def ask() -> object:
        if api == "chat":
            body = {"model": BASE_MODEL, "messages": messages, "max_tokens": 1, **beside}
            return client.post("/chat/completions", body=body, cast_to=object)
        body = {"model": BASE_MODEL, "input": items, "max_output_tokens": 16, "store": False, **beside_items}
        return client.post("/responses", body=body, cast_to=object)

    if verdict in ("used", "accepted"):
        assert ask()["usage"]["total_tokens"] > 1
    else:
        assert verdict == "refused"
        with pytest.raises(openai.BadRequestError) as caught:
            ask()
        first = {"chat": "messages", "responses": "input"}[api]
        assert caught.value.param.split(".")[0] in (first, "tools", "functions")
        assert f"'{caught.value.param}'" in caught.value.body["message"]


def test_a_refused_question_says_what_was_found_and_what_to_do(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model=BASE_MODEL, messages=[USER, asked([*parts("text"), IMAGE])])

    assert caught.value.body == {
        "message": "Invalid 'messages.1.content.2.type': expected text. Found an image. The models here read "
        "and write text only. Write it as text, or leave it out.",
        "type": "invalid_request_error",
        "param": "messages.1.content.2.type",
        "code": "invalid_value",
    }


def test_a_key_that_is_not_read_is_said_in_an_event(save: Callable[..., Path]) -> None:
    rows = [row(name) for name in NAMES[:12]]
    for number in (2, 7):
        rows[number] = {"messages": [USER | {"mood": "good"}, said("Hi")], "topic": number}
    path = save("".join(json.dumps(each) + "\n" for each in rows), "training.jsonl")

    assert check_file(path, "training_file") == GoodFile(
        12,
        [
            "The training file has keys that are not used: 'mood' (example 3, 8), 'topic' (example 3, 8). "
            "Look whether they are misspelled."
        ],
    )


def test_text_is_written_in_one_way_for_files_and_chats() -> None:
    messages = [
        {"role": "developer", "content": parts("text"), "name": "example_user"},
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi", "name": "anna"},
        {"role": "assistant", "content": None, "refusal": "No."},
    ]

    assert plain(messages) == [
        {"role": "system", "content": "example_user: Hello"},
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "No."},
    ]


@pytest.mark.parametrize("path", ["/chat/completions", "/responses"])
def test_a_body_that_is_no_object_is_refused_as_such(client: openai.OpenAI, path: str) -> None:
    with pytest.raises(openai.BadRequestError, match="Expected a JSON object as the body"):
        client.post(path, body=[None, None], cast_to=object)


@pytest.mark.parametrize(
    "whole", [None, [], "x", {"messages": "x"}, {"messages": [None, {"content": [None]}]}]
)
def test_json_of_any_form_can_be_asked(whole: object) -> None:
    assert list(not_text(whole)) == []


def test_a_place_is_written_as_in_reports_on_files() -> None:
    assert NotText(("messages", 1, "content", 0, "type"), "an image").path() == "messages[1].content[0].type"
