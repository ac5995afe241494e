"""The server's own OpenAPI description: FastAPI's, with every answer and refusal that a route can give.

FastAPI reads parameters and bodies from the handlers. What leaves the server comes from the handlers' return
types. It is put together at the first request for it, so the server starts no later.
"""

import inspect
from collections.abc import Callable
from types import UnionType
from typing import Any, NamedTuple, NoReturn, Union, get_args, get_origin, get_type_hints

from fastapi import FastAPI, Response
from fastapi.openapi.utils import get_openapi
from fastapi.responses import FileResponse
from pydantic import TypeAdapter

from local_server.http.answers import Error, EventStream, Json
from local_server.http.gate import OPEN_TO_ALL


class Route(NamedTuple):
    """One line of the table of routes.

    Attributes:
        method: GET, POST or DELETE.
        path: With FastAPI's parameters.
        handler: Its docstring and its types describe the route.
        refusals: The HTTP statuses that not every route has.
    """

    method: str
    path: str
    handler: Callable[..., Any]
    refusals: tuple[int, ...] = ()


_REFUSALS = {
    400: "The request is wrong. `param` names the field.",
    401: "The key is missing or wrong.",
    403: "Not allowed with this key, or under this Host header.",
    404: "There is no such object.",
    413: "The body is too large.",
    415: "The body is compressed.",
    416: "The file has no such `Range`.",
    429: "The project has as many jobs as it may have.",
    500: "An error of the server. Its log says more.",
    503: "The server is stopping, or has too many open connections.",
    507: "The disk is full. Nothing was changed.",
}
# What the gate says, and a bug.
_OF_EVERY_ROUTE = (401, 403, 413, 415, 500, 503)
_METADATA_FILTER = {
    "name": "metadata",
    "in": "query",
    "description": "Only jobs whose metadata has these pairs; each is written as `metadata[key]=value`. "
    "`metadata=null`: only jobs without metadata.",
    "style": "deepObject",
    "explode": True,
    "schema": {"type": "object", "additionalProperties": {"type": "string"}, "maxProperties": 16},
}
_EVENT = {
    "type": "object",
    "properties": {"event": {"type": "string"}, "data": {"type": "string"}},
    "required": ["data"],
}


def texts(handler: Callable[..., Any]) -> tuple[str, str]:
    """Take FastAPI's `summary` and `description` of a route from its handler.

    Args:
        handler: The function of a route.

    Returns:
        The docstring's first sentence without its full stop, and the rest.
    """
    first, _, rest = (inspect.getdoc(handler) or "").partition(". ")
    return first.rstrip("."), rest


def answers_of(handler: Callable[..., Any]) -> list[Any]:
    """What a handler answers, by its return type.

    Args:
        handler: The function of a route.

    Returns:
        The types of its JSON answers, and `EventStream` or `FileResponse` for what is no JSON. Empty when
        the handler only refuses.
    """
    returned = get_type_hints(handler)["return"]
    kinds = get_args(returned) if get_origin(returned) in (Union, UnionType) else [returned]
    # A plain Response is what a client that has gone away is told: nobody reads it.
    known = [kind for kind in kinds if kind not in (NoReturn, Response)]
    return [get_args(kind)[0] if get_origin(kind) is Json else kind for kind in known]


def describe(app: FastAPI, routes: list[Route]) -> dict[str, Any]:
    """Build the description.

    Args:
        app: The application, with its routes.
        routes: The table that they were made from.

    Returns:
        An OpenAPI document, for `GET /openapi.json`.
    """
    document = get_openapi(title=app.title, version=app.version, routes=app.routes)
    contents, schemas = _contents(routes)
    for route in routes:
        operation = document["paths"][route.path.replace(":path", "")][route.method.lower()]
        statuses = {*_OF_EVERY_ROUTE, *route.refusals}
        if route.path == OPEN_TO_ALL:
            operation["security"] = []
            statuses.remove(401)
        content = {
            name: schema for kind in answers_of(route.handler) for name, schema in contents[kind].items()
        }
        operation["responses"] = {"200": {"description": "Done.", "content": content}} if content else {}
        for status in sorted(statuses):
            operation["responses"][str(status)] = {"$ref": f"#/components/responses/{status}"}
    document["paths"]["/v1/fine_tuning/jobs"]["get"]["parameters"].append(_METADATA_FILTER)
    # FastAPI's own answers to bad requests; here these have OpenAI's envelope and status 400.
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)
    for name, schema in document["components"]["schemas"].items():
        if name.startswith("Body_"):
            # A form: `only_fields` refuses what is not named.
            schema["additionalProperties"] = False
    document["components"]["schemas"] |= {f"wire.{name}": schema for name, schema in schemas.items()}
    document["components"]["responses"] = {
        str(status): {"description": text, "content": contents[Error]} for status, text in _REFUSALS.items()
    }
    document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"key": []}]
    return document


def _contents(routes: list[Route]) -> tuple[dict[Any, dict[str, Any]], dict[str, Any]]:
    """OpenAPI's `content` for each kind of answer, and the schemas that they refer to."""
    contents: dict[Any, dict[str, Any]] = {
        FileResponse: {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        # One event; `data` is JSON, and at last [DONE].
        EventStream: {"text/event-stream": {"schema": _EVENT}},
    }
    # Each once, and always in the same order.
    answers = dict.fromkeys([Error, *(kind for route in routes for kind in answers_of(route.handler))])
    references, document = TypeAdapter.json_schemas(
        [(kind, "validation", TypeAdapter(kind)) for kind in answers if kind not in contents],
        ref_template="#/components/schemas/wire.{model}",
    )
    contents |= {kind: {"application/json": {"schema": schema}} for (kind, _), schema in references.items()}
    return contents, document["$defs"]
