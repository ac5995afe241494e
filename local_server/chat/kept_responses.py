"""Responses that can be read again and gone on from: kept as at OpenAI, unless `store` is false."""

import logging
import sqlite3
import time
from typing import Annotated, Any, Literal, NoReturn

from fastapi import Query

from local_server.chat.response_answers import AnyItem, Response, ResponseDeleted, output_text
from local_server.chat.tools.response_items import Asked, call_message, result_message
from local_server.http.answers import Answer, Json
from local_server.http.errors import ApiError
from local_server.http.pages import PageWithIds, listed, with_ids
from local_server.http.requests import TheStore
from local_server.store import Kind, Store, new_id

log = logging.getLogger("local_server")


class Kept(Answer):
    """A response as it lies in the store.

    Attributes:
        id: Of the response.
        response: As it was answered.
        messages: The whole conversation, its answer included, each call a message of its own.
        expires_at: When it goes, in Unix seconds.
    """

    id: str
    response: Response
    messages: list[dict[str, Any]]
    expires_at: int


RESPONSES = Kind[Kept]("response")
ITEMS = Kind[AnyItem]("item")
# OpenAI keeps them for 30 days or longer (SDK docstring, openai 3.54). A text has at most 1,024 tokens here,
# so that a thousand need some megabytes.
KEPT_DAYS, KEPT_RESPONSES = 30, 1000
_WHAT_IS_KEPT = (
    f"This server keeps the newest {KEPT_RESPONSES:,} responses for {KEPT_DAYS} days, and none with "
    "store=false. Send the earlier messages again instead; a program that does so by itself with store=false "
    "needs that setting."
)


async def retrieve(store: TheStore, response_id: str, stream: bool = False) -> Json[Response]:
    """Read a response again. As it was at its end; its events are not kept."""
    if stream:
        message = "Invalid 'stream': the events of a response are not kept. Leave it out, and read the whole."
        raise ApiError(400, message, code="unsupported_value", param="stream")
    return Json(_existing(store, response_id)["response"])


async def delete(store: TheStore, response_id: str) -> Json[ResponseDeleted]:
    """Forget a response. Later ones that went on from it still hold its text."""
    _existing(store, response_id)
    with store.transaction():
        _forget(store, response_id)
    return Json({"id": response_id, "object": "response", "deleted": True})


async def list_input_items(
    store: TheStore,
    response_id: str,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    order: Literal["asc", "desc"] = "desc",
) -> Json[PageWithIds[AnyItem]]:
    """List what a response was made from, newest first. Not what came before `previous_response_id`."""
    _existing(store, response_id)
    page = listed(store, ITEMS, after=after, limit=limit, job_id=response_id, oldest_first=order == "asc")
    return Json(with_ids(page))


async def cancel(store: TheStore, response_id: str) -> NoReturn:
    """Refuse to cancel a response. Only those in the background could be, and there are none here."""
    _existing(store, response_id)
    raise ApiError(400, "Cannot cancel a synchronous response: it has ended. Close its stream to stop one.")


def keep(store: Store, response: Response, asked: list[Asked], before: list[Asked]) -> None:
    """Keep a response that has ended.

    A full disk is no reason to lose an answer: then `store` in the response becomes false.

    Args:
        store: Where.
        response: The whole response.
        asked: The messages of its request, without `instructions`.
        before: The messages that came with `previous_response_id`.
    """
    answers = [_message(item) for item in response["output"]]
    kept: Kept = {
        "id": response["id"],
        "response": response,
        "messages": [*before, *asked, *answers],
        "expires_at": int(time.time()) + KEPT_DAYS * 24 * 60 * 60,
    }
    try:
        with store.transaction():
            store.add(RESPONSES, kept)
            for message in asked:
                store.add(ITEMS, _item(message), response["id"])
            for item in response["output"]:
                # Not in the list of what was asked, but an `item_reference` finds it.
                store.add(ITEMS, item, _outputs_of(response["id"]))
            _forget_old(store)
    except (OSError, sqlite3.OperationalError) as error:
        log.warning("%s is answered, but not kept: %s", response["id"], error)
        response["store"] = False


def messages_before(store: Store, previous_response_id: str) -> list[Asked]:
    """Look up what a response goes on from.

    Args:
        store: Where responses are kept.
        previous_response_id: Of the client.

    Returns:
        All messages up to the previous answer. Its `instructions` do not carry over, as at OpenAI.

    Raises:
        ApiError: 400 when it is not kept, in OpenAI's words (public bug reports, 2025).
    """
    found = _find(store, previous_response_id)
    if found is None:
        message = f"Previous response with id '{previous_response_id}' not found. {_WHAT_IS_KEPT}"
        code, param = "previous_response_not_found", "previous_response_id"
        raise ApiError(400, message, code=code, param=param)
    return found["messages"]


def referenced(store: Store, item_id: str, param: str) -> Asked:
    """Look up the message that an `item_reference` names.

    Args:
        store: Where responses are kept.
        item_id: Of the client.
        param: The field of the request that holds it.

    Returns:
        The message.

    Raises:
        ApiError: 404 when it is not kept, in OpenAI's words (public bug reports, 2025).
    """
    found = store.get(ITEMS, item_id)
    if found is None:
        raise ApiError(404, f"Item with id '{item_id}' not found. {_WHAT_IS_KEPT}", param=param)
    return _message(found)


def _forget_old(store: Store) -> None:
    """Remove what is kept no longer: all but the newest, and what is too old."""
    own = "kind = ? AND job_id IS NULL AND project = ?" + (" AND project <> ''" if store.project else "")
    sql = f"SELECT id FROM objects WHERE {own} ORDER BY seq DESC LIMIT -1 OFFSET ?"
    rows = store.rows(sql, RESPONSES.name, store.project or "", KEPT_RESPONSES)
    too_many = [response_id for (response_id,) in rows]
    for response_id in {*too_many, *store.expired(RESPONSES, time.time())}:
        _forget(store, response_id)


def _forget(store: Store, response_id: str) -> None:
    # Not `store.delete`: that remembers the place of each, and these would add up.
    sql = "DELETE FROM objects WHERE kind = ? AND job_id IN (?, ?)"
    store.rows(sql, ITEMS.name, response_id, _outputs_of(response_id))
    store.rows("DELETE FROM objects WHERE kind = ? AND id = ?", RESPONSES.name, response_id)


def _find(store: Store, response_id: str) -> Kept | None:
    found = store.get(RESPONSES, response_id)
    return found if found is not None and found["expires_at"] > time.time() else None


def _existing(store: Store, response_id: str) -> Kept:
    found = _find(store, response_id)
    if found is None:
        raise ApiError(
            404, f"Response with id '{response_id}' not found. {_WHAT_IS_KEPT}", param="response_id"
        )
    return found


def _outputs_of(response_id: str) -> str:
    return f"{response_id}/output"


def _message(item: AnyItem) -> Asked:
    if item["type"] == "function_call":
        return call_message(item["call_id"], item["name"], item["arguments"])
    if item["type"] == "function_call_output":
        return result_message(item["call_id"], item["output"])
    return {"role": item["role"], "content": "".join(part["text"] for part in item["content"])}


def _item(message: Asked) -> AnyItem:
    text = message["content"]
    if message["role"] == "tool":
        return {
            "id": new_id("fco_", 48),
            "type": "function_call_output",
            "status": "completed",
            "call_id": message["call"],
            "output": text,
        }
    for call in message.get("calls", ()):
        return {
            "id": new_id("fc_", 48),
            "type": "function_call",
            "status": "completed",
            "call_id": call["id"],
            "name": call["name"],
            "arguments": call["arguments"],
        }
    item_id = new_id("msg_", 48)
    if message["role"] == "assistant":
        return {
            "id": item_id,
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": [output_text(text)],
        }
    return {
        "id": item_id,
        "type": "message",
        "role": "system" if message["role"] == "system" else "user",
        "status": "completed",
        "content": [{"type": "input_text", "text": text}],
    }
