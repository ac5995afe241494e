"""Lists: OpenAI's envelope around one page of objects."""

from typing import Generic, Literal, TypeVar, Unpack

from local_server.http.answers import Answer
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
    try:
        data, has_more = store.page(kind, limit=limit, after=after, **query)
    except KeyError:
        message = f"Invalid 'after': this list has no {kind.name} with the id '{after}'."
        raise ApiError(400, message, param="after") from None
    return {"object": "list", "data": data, "has_more": has_more}


def with_ids(page: Page[T]) -> PageWithIds[T]:
    """Add first and last id to a page."""
    data = page["data"]
    first_id, last_id = (data[0]["id"], data[-1]["id"]) if data else (None, None)
    return {**page, "first_id": first_id, "last_id": last_id}
