"""The server's own OpenAPI description: FastAPI's, with every answer and refusal that a route can give.

FastAPI reads parameters and bodies from the handlers. What leaves the server comes from the table of routes
and from wire.py. It is put together at the first request for it, so the server starts no later.
"""

import inspect
from collections.abc import Callable
from typing import Any, get_args

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from local_server.http import answers as wire
from local_server.http.gate import OPEN_TO_ALL

# Method, path, handler, what it answers (None: it only refuses), and the refusals that not every route has.
Route = tuple[str, str, Callable[..., Any], Any, *tuple[int, ...]]

_REFUSALS = {
    400: "The request is wrong. `param` names the field.",
    401: "The key is missing or wrong.",
    403: "Not allowed with this key, or under this Host header.",
    404: "There is no such object.",
    413: "The body is too large.",
    500: "An error of the server. Its log says more.",
    503: "The server is stopping.",
    507: "The disk is full. Nothing was stored.",
}
# What the gate says, and a bug.
_OF_EVERY_ROUTE = (401, 403, 413, 500, 503)
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


def texts(handler: Callable[..., Any]) -> dict[str, str]:
    """FastAPI's `summary` and `description` of a route: the docstring's first sentence, and the rest."""
    first, _, rest = inspect.getdoc(handler).partition(". ")
    return {"summary": first.rstrip("."), "description": rest}


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
    for method, path, _, answer, *refusals in routes:
        operation = document["paths"][path.replace(":path", "")][method.lower()]
        statuses = {*_OF_EVERY_ROUTE, *refusals}
        if path == OPEN_TO_ALL:
            operation["security"] = []
            statuses.remove(401)
        content = {name: schema for kind in _kinds(answer) for name, schema in contents[kind].items()}
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
        str(status): {"description": text, "content": contents[wire.Error]}
        for status, text in _REFUSALS.items()
    }
    document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"key": []}]
    return document


def _kinds(answer: Any) -> tuple[type, ...]:  # noqa: ANN401  (a class, a union of classes or None)
    return () if answer is None else get_args(answer) or (answer,)


def _contents(routes: list[Route]) -> tuple[dict[type, dict[str, Any]], dict[str, Any]]:
    """OpenAPI's `content` for each kind of answer, and the schemas that they refer to."""
    contents = {
        wire.Content: {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        # One event; `data` is JSON, and at last [DONE].
        wire.Stream: {"text/event-stream": {"schema": _EVENT}},
    }
    models = {wire.Error, *(kind for _, _, _, answer, *_ in routes for kind in _kinds(answer))} - set(
        contents
    )
    references, document = models_json_schema(
        [(model, "validation") for model in sorted(models, key=lambda model: model.__name__)],
        ref_template="#/components/schemas/wire.{model}",
    )
    contents |= {model: {"application/json": {"schema": schema}} for (model, _), schema in references.items()}
    return contents, document["$defs"]
