"""Responses that are read again, gone on from, listed by what they were made from, and forgotten."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from serving import BASE_MODEL, let_expire, refusal

from local_server.chat import kept_responses
from local_server.chat.kept_responses import ITEMS, KEPT_RESPONSES, RESPONSES, keep, messages_before
from local_server.chat.response_answers import Response, output_text
from local_server.store import Store

REQUEST = {"model": BASE_MODEL, "temperature": 0, "max_output_tokens": 16}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "server.db")
    yield store
    store.close()


def made(number: int) -> Response:
    """As much of a response as is kept."""
    message = {
        "id": f"msg_{number}",
        "type": "message",
        "role": "assistant",
        "content": [output_text(f"answer {number}")],
    }
    return {"id": f"resp_{number}", "output": [message], "store": True}


def asked(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


@pytest.mark.parametrize("stream", [False, True])
def test_a_response_is_read_again_as_it_was_until_it_is_deleted(client: openai.OpenAI, stream: bool) -> None:
    given = client.responses.create(**REQUEST, input="Hello", stream=stream)
    response = [*given][-1].response if stream else given

    assert client.responses.retrieve(response.id).to_dict() == response.to_dict()
    client.responses.delete(response.id)
    assert refusal(client.responses.retrieve, response.id) == {
        "status": 404,
        "message": f"Response with id '{response.id}' not found. This server keeps the newest 1,000 "
        "responses for 30 days, and none with store=false. Send the earlier messages again instead; a "
        "program that does so by itself with store=false needs that setting.",
        "type": "invalid_request_error",
        "param": "response_id",
        "code": None,
    }


def test_a_response_that_is_not_to_be_kept_is_not(client: openai.OpenAI) -> None:
    response = client.responses.create(**REQUEST, input="Hello", store=False)

    assert response.to_dict()["store"] is False
    assert refusal(client.responses.retrieve, response.id)["status"] == 404
    refused = refusal(client.responses.create, **REQUEST, input="Go on", previous_response_id=response.id)
    assert (refused["status"], refused["param"], refused["code"]) == (
        400,
        "previous_response_id",
        "previous_response_not_found",
    )
    assert "Send the earlier messages again" in refused["message"]
    item = {"type": "item_reference", "id": response.output[0].id}
    refused = refusal(client.responses.create, **REQUEST, input=[*asked("Hello"), item])
    assert (refused["status"], refused["param"]) == (404, "input.1.id")


def test_a_response_goes_on_from_another_as_if_all_messages_had_been_sent(client: openai.OpenAI) -> None:
    first = client.responses.create(**REQUEST, input="Tell me about Tin", instructions="You are Elle.")
    second = client.responses.create(**REQUEST, input="And Iron?", previous_response_id=first.id)
    third = client.responses.create(**REQUEST, input="And Zinc?", previous_response_id=second.id)

    # Instructions do not carry over.
    messages = [*asked("Tell me about Tin"), *first.output, *asked("And Iron?"), *second.output]
    by_hand = client.responses.create(**REQUEST, input=[*messages, *asked("And Zinc?")])
    assert third.output_text == by_hand.output_text
    assert third.usage.input_tokens == by_hand.usage.input_tokens
    assert third.previous_response_id == second.id


@pytest.mark.parametrize("bare", [False, True])
def test_a_reference_stands_for_the_message_that_it_names(client: openai.OpenAI, bare: bool) -> None:
    first = client.responses.create(**REQUEST, input="Tell me about Tin")
    question = client.responses.input_items.list(first.id).data[0]
    kind = {} if bare else {"type": "item_reference"}
    items = [{"id": question.id} | kind, {"id": first.output[0].id} | kind, *asked("And Iron?")]

    by_reference = client.responses.create(**REQUEST, input=items)

    messages = [*asked("Tell me about Tin"), *first.output, *asked("And Iron?")]
    assert by_reference.usage == client.responses.create(**REQUEST, input=messages).usage


def test_what_a_response_was_made_from_is_listed_in_pages(client: openai.OpenAI) -> None:
    first = client.responses.create(**REQUEST, input="One")
    parts = [{"type": "input_text", "text": "Be "}, {"type": "input_text", "text": "brief"}]
    items = [{"role": "developer", "content": parts}, *first.output, *asked("Two")]
    response = client.responses.create(**REQUEST, input=items)

    listed = list(client.responses.input_items.list(response.id, limit=1, order="asc"))

    assert [(item.role, item.content[0].text) for item in listed] == [
        ("system", "Be brief"),
        ("assistant", first.output_text),
        ("user", "Two"),
    ]
    assert list(client.responses.input_items.list(response.id)) == listed[::-1]


def test_events_are_not_kept_and_nothing_runs_in_the_background(client: openai.OpenAI) -> None:
    response = client.responses.create(**REQUEST, input="Hello")

    assert refusal(client.responses.retrieve, response.id, stream=True)["param"] == "stream"
    assert "synchronous" in refusal(client.responses.cancel, response.id)["message"]


def test_a_response_goes_after_its_time(server, client: openai.OpenAI) -> None:
    response = client.responses.create(**REQUEST, input="Hello")
    let_expire(server, response.id, at=1)

    assert refusal(client.responses.retrieve, response.id)["status"] == 404


def test_only_the_newest_are_kept_and_nothing_of_the_others_is_left(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert KEPT_RESPONSES == 1000
    monkeypatch.setattr(kept_responses, "KEPT_RESPONSES", 3)
    for number in range(10):
        keep(store, made(number), asked(f"question {number}"), [])

    kept, _ = store.page(RESPONSES, limit=100)
    assert [each["id"] for each in kept] == ["resp_9", "resp_8", "resp_7"]
    items, _ = store.page(ITEMS, limit=100)
    assert len(items) == 6
    assert store.rows("SELECT count(*) FROM deleted") == [(0,)]
    assert messages_before(store, "resp_9") == [
        {"role": "user", "content": "question 9"},
        {"role": "assistant", "content": "answer 9"},
    ]


def test_a_full_disk_costs_no_answer_and_the_response_says_that_it_is_not_kept(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    response = made(1)
    monkeypatch.setattr(store, "rows", full)
    keep(store, response, asked("Hello"), [])

    assert response["store"] is False
