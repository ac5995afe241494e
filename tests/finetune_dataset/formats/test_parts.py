"""Parts of other services: each becomes what the chat API has for it, or is refused with what to do."""

import pytest

from finetune_dataset.formats.build import Chat, UnclearError
from finetune_dataset.formats.parts import add_parts

PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
        {"type": "image", "source": {"type": "url", "url": "data:image/png;base64,AAAA"}},
        {"type": "input_image", "image_url": "data:image/png;base64,AAAA"},
        {"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
        {"inline_data": {"mime_type": "image/png", "data": "AAAA"}},
        {"image": {"format": "png", "source": {"bytes": "AAAA"}}},
        PICTURE,
    ],
)
def test_an_image_of_each_service_becomes_an_image(part):
    chat = Chat()
    add_parts(chat, "user", [part, {"text": "What?"}], {})

    assert chat.messages == [{"role": "user", "content": [PICTURE, {"type": "text", "text": "What?"}]}]


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ({"type": "image", "source": {"type": "file", "file_id": "f1"}}, "only its own service"),
        ({"image": {"format": "png", "source": {"s3Location": {"uri": "s3://a/b"}}}}, "only its own service"),
        ({"fileData": {"mimeType": "image/png", "fileUri": "gs://a/b"}}, "only its own service"),
        ({"type": "redacted_thinking", "data": "x"}, "Remove the thinking"),
        ({"reasoningContent": {"reasoningText": {"text": "Hm"}}}, "Remove the thinking"),
        ({"text": "Hm", "thought": True}, "Remove the thinking"),
        ({"type": "document", "source": {}}, "'document' has no place"),
        ({"type": "tool_result", "tool_use_id": "t", "is_error": True, "content": "x"}, "marked as an error"),
        ({"type": "text", "text": 5}, "is no text"),
        (5, "is no object"),
    ],
)
def test_a_part_without_a_place_is_refused_with_what_to_do(part, words):
    with pytest.raises(UnclearError, match=words):
        add_parts(Chat(), "user", [part], {})


def test_results_stand_before_what_the_user_says_with_them():
    chat = Chat()
    chat.call("tide", {}, "t1")
    result = {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "04:10"}]}
    add_parts(chat, "user", [result, {"type": "text", "text": "And now?"}], {})

    assert chat.messages[1:] == [
        {"role": "tool", "tool_call_id": "t1", "content": "04:10"},
        {"role": "user", "content": "And now?"},
    ]
