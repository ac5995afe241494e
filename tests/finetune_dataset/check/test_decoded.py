"""The decoded rows have the keys of the table, and give the texts that the rules see."""

import json

import msgspec
import pytest

from finetune_dataset.chat import CHAT_KEYS, MESSAGE_KEYS, message_text
from finetune_dataset.check.decoded import Message, Row, text_of

IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}


def test_the_fast_way_knows_only_keys_of_the_table_and_gives_each_to_its_role():
    assert {field.encode_name for field in msgspec.structs.fields(Row)} <= set(CHAT_KEYS)
    for kind in Message.__subclasses__():
        owners = {MESSAGE_KEYS[field.encode_name] for field in msgspec.structs.fields(kind)}
        assert owners <= {None, kind.role}


@pytest.mark.parametrize(
    "content",
    ['A "text",\n😀', None, [{"type": "text", "text": "a"}, IMAGE, {"type": "text", "text": "b"}], [IMAGE]],
)
def test_the_text_of_a_decoded_message_is_that_of_the_plain_one(content):
    message = {"role": "assistant", "content": content}
    row = msgspec.json.decode(json.dumps({"messages": [message]}), type=Row)

    assert text_of(row.messages[0]) == message_text(message)
