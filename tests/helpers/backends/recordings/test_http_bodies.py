"""A body in a recording: readable, and the same when it comes back."""

import pytest

from helpers.backends.recordings.http_bodies import from_body, scrub, to_body


@pytest.mark.parametrize(
    ("content", "content_type", "body"),
    [
        (b"", "", {}),
        (
            b'{"loss":0.1,"name":"Curie \xc3\xa9"}',
            "application/json",
            {"json": {"loss": 0.1, "name": "Curie é"}},
        ),
        (b'{"cut', "application/json", {"text": '{"cut'}),
        (b"step,train_loss\r\n1,0.5\r\n", "text/csv", {"text": "step,train_loss\r\n1,0.5\r\n"}),
        (b"\xff\x00", "text/csv", {"base64": "/wA=", "note": "2 bytes that are not text"}),
        (b"data: 1\n\ndata: 2\n\n", "text/event-stream", {"events": ["data: 1", "data: 2"]}),
    ],
)
def test_every_kind_of_body_is_readable_and_comes_back(content, content_type, body):
    restored = from_body(body)

    assert to_body(content, content_type) == body
    restored = restored if isinstance(restored, bytes) else b"".join(restored)
    assert to_body(restored, content_type) == body


def test_keys_organizations_and_the_host_are_removed_wherever_they_stand():
    key, organization = "my-secret-key", "org-" + "AbCd" * 4
    data = {"url": "http://127.0.0.1:8399/v1", "said": [f"{organization} used {key} and sk-{'0' * 20}"]}

    assert scrub(data, key, "127.0.0.1:8399") == {
        "url": "http://replay.invalid/v1",
        "said": ["org-redacted used sk-redacted and sk-redacted"],
    }


def test_a_short_key_is_a_placeholder_and_could_be_part_of_any_word():
    assert scrub({"said": "EMPTYING"}, key="EMPTY") == {"said": "EMPTYING"}
