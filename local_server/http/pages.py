"""Lists: OpenAI's envelope around one page of objects."""

import json
from typing import Any, Generic, Literal, TypeVar, Unpack

from local_server.http.answers import Answer, Json
from local_server.http.errors import ApiError
from local_server.store import Kind, Query, Store, T

Item = TypeVar("Item")


class Page(Answer, Generic[Item]):
    """OpenAI's list envelope. Lists of jobs and events have no ids in it."""

    object: Literal["list"]
    data: list[Item]
    has_more: bool


class PageWithIds(Page[Item], Generic[Item]):
    """The envelope of lists of files and checkpoints: it also has the first and the last id."""

    first_id: str | None
    last_id: str | None


def listed(store: Store, kind: Kind[T], *, after: str | None, limit: int, **query: Unpack[Query]) -> Page[T]:
    """One page in OpenAI's list envelope.

    Args:
        store: Where the objects are.
        kind: Which objects.
        after: Cursor of the client: the id of the last object it has seen.
        limit: Largest number of objects on the page.
        **query: What the page is narrowed to, and its order.

    Returns:
        The page.

    Raises:
        ApiError: 400 when `after` is unknown. Silence here would let a client page for ever.
    """
    texts, has_more = kept_texts(store, kind, after=after, limit=limit, **query)
    return {"object": "list", "data": list(map(json.loads, texts)), "has_more": has_more}


def kept_texts(
    store: Store, kind: Kind[Any], *, after: str | None, limit: int, **query: Unpack[Query]
) -> tuple[list[str], bool]:
    """The objects of one page as they are kept, and whether more follow; as `listed`."""
    try:
        return store.texts(kind, limit=limit, after=after, **query)
    except KeyError:
        message = f"Invalid 'after': this list has no {kind.name} with the id '{after}'."
        raise ApiError(400, message, param="after") from None


def page_of_texts(texts: list[str], has_more: bool) -> Json[Page[Any]]:
    """OpenAI's list envelope around objects as they are kept."""
    return Json.of_text(f'{{"object":"list","data":[{",".join(texts)}],"has_more":{json.dumps(has_more)}}}')


def with_ids(page: Page[T]) -> PageWithIds[T]:
    """Add first and last id to a page."""
    data = page["data"]
    first_id, last_id = (data[0]["id"], data[-1]["id"]) if data else (None, None)
    return {**page, "first_id": first_id, "last_id": last_id}
