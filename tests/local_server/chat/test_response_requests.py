"""The body of a response: which items are messages, and which stand for one."""

import pytest

from local_server.chat.response_requests import CreateResponse, ItemReference, Message


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        ({"role": "user", "content": "a"}, Message),
        ({"type": "message", "role": "user", "content": "a", "id": "msg_1"}, Message),
        ({"role": "user", "content": "a", "type": None, "id": None}, Message),
        ({"type": "item_reference", "id": "msg_1"}, ItemReference),
        ({"type": None, "id": "msg_1"}, ItemReference),
        ({"id": "msg_1"}, ItemReference),
    ],
)
def test_an_item_is_read_as_what_it_is(item: dict, kind: type) -> None:
    assert type(CreateResponse.model_validate({"model": "m", "input": [item]}).input[0]) is kind
