"""The one place where refusals become OpenAI's error body: `{"error": {message, type, param, code}}`."""

import errno
import logging
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route

from local_server.http.answers import Error
from local_server.http.elsewhere import in_words

log = logging.getLogger("local_server")


class ApiError(Exception):
    """A refusal that the client sees.

    Args:
        status: HTTP status. 500 and above, and 409 and 429, make the SDK try again.
        message: What, where, found against expected, what to do.
        code: OpenAI's machine-readable code, or None.
        param: The request field that is wrong, or None.
        type: OpenAI's error family.

    Attributes:
        status: HTTP status.
        body: OpenAI's error body.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        type: str = "invalid_request_error",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body: Error = {"error": {"message": message, "type": type, "param": param, "code": code}}

    def response(self) -> JSONResponse:
        """The HTTP answer for this refusal."""
        return JSONResponse(self.body, status_code=self.status)


def not_found(kind: str, object_id: str, param: str = "id") -> ApiError:
    """Refuse with 404 what the server does not hold.

    Args:
        kind: What was asked for, in OpenAI's words.
        object_id: Its id.
        param: The field of the request that holds the id.

    Returns:
        The refusal, to be raised.
    """
    return ApiError(404, f"No such {kind} object: {object_id}", param=param)


def model_not_found(model: str) -> ApiError:
    """Refuse with 404 a model name that is not served here, in OpenAI's words."""
    message = f"The model `{model}` does not exist or you do not have access to it."
    return ApiError(404, message, code="model_not_found")


def server_error(message: str, status: int = 500, code: str | None = None) -> ApiError:
    """Report a failure on the server's side, which the client may try again.

    Args:
        message: What happened, and what to do.
        status: 500 or above.
        code: For programs, or None.

    Returns:
        The refusal, to be raised.
    """
    return ApiError(status, message, type="server_error", code=code)


def install_error_handlers(app: FastAPI) -> None:
    """Make every failure of `app` leave as OpenAI's error body."""
    app.exception_handler(ApiError)(_on_refusal)
    app.exception_handler(RequestValidationError)(_on_bad_body)
    app.exception_handler(HTTPException)(_on_http_error)
    app.exception_handler(OSError)(_on_disk_error)
    app.exception_handler(sqlite3.OperationalError)(_on_disk_error)
    app.exception_handler(Exception)(_on_bug)


def _on_refusal(request: Request, error: ApiError) -> JSONResponse:
    return error.response()


def _on_bad_body(request: Request, error: RequestValidationError) -> JSONResponse:
    return _first_problem(error.errors(), error.body).response()


def _on_http_error(request: Request, error: HTTPException) -> JSONResponse:
    # FastAPI wraps what the gate raises while the body arrives, and what the disk says meanwhile.
    if isinstance(error.__cause__, ApiError):
        return error.__cause__.response()
    if isinstance(error.__cause__, OSError):
        return _on_disk_error(request, error.__cause__)
    message, code = str(error.detail), None
    if error.status_code in (404, 405):
        # Neither makes the SDK try again, as a 501 would.
        paths = [route.path for route in request.app.routes]
        message, code = in_words(request.method, request.url.path, paths)
    if error.status_code == 405 and code is None:
        message = f"Not allowed to {request.method} on {request.url.path}."
    answer = ApiError(error.status_code, message, code=code).response()
    answer.headers.update(error.headers or {})
    if error.status_code == 405:
        answer.headers["Allow"] = ", ".join(_methods(request))
    return answer


def _methods(request: Request) -> list[str]:
    """The methods that the path of a request has. Starlette names only those of its first route."""
    routes: list[Route] = [
        route for route in request.app.routes if route.matches(request.scope)[0] != Match.NONE
    ]
    return sorted({method for route in routes for method in route.methods or ()})


def _on_disk_error(request: Request, error: Exception) -> JSONResponse:
    if getattr(error, "errno", None) != errno.ENOSPC and "full" not in str(error):
        return _on_bug(request, error)
    message = (
        "The disk of the local server is full, so nothing was changed. Free some space and send it again."
    )
    return server_error(message, status=507, code="insufficient_storage").response()


def _on_bug(request: Request, error: Exception) -> JSONResponse:
    request_id = request.state.request_id
    log.error("%s %s failed (%s)", request.method, request.url.path, request_id, exc_info=error)
    message = f"The local server had an error. Its log (stderr) has the details under {request_id}."
    return server_error(message).response()


def _first_problem(problems: Sequence[Mapping[str, Any]], body: object) -> ApiError:
    """Say the first problem that pydantic found, in OpenAI's words (seen in public bug reports, 2023-2026).

    A field of several types has problems for each of them. The one that stands deepest counts: it is of the
    type that the client meant, because that type fits further than the others.
    """
    params = [_param(problem, body) for problem in problems]
    first = f"{params[0]}."
    param = max((each for each in params if f"{each}.".startswith(first)), key=lambda each: each.count("."))
    found = [problem for each, problem in zip(params, problems, strict=True) if each == param]
    # Null says "not sent" wherever it is taken, so it is no advice.
    found = [problem for problem in found if problem["type"] != "none_required"] or found
    problem = found[0]
    kind = problem["type"]
    if kind == "mistyped":
        param = ".".join(filter(None, (param, problem["ctx"]["name"])))
        message = f"Unknown parameter: '{param}'. Did you mean '{problem['ctx']['meant']}'?"
        return ApiError(400, message, code="unknown_parameter", param=param)
    if kind == "not_text":
        param = ".".join(map(str, problem["ctx"]["place"]))
        message = (
            f"Invalid '{param}': expected text. Found {problem['ctx']['found']}. The models here read and "
            "write text only. Write it as text, or leave it out."
        )
        return ApiError(400, message, code="invalid_value", param=param)
    if problem["loc"] == ("body",):
        given = "no body" if problem["input"] is None else f"{problem['input']!r:.80}"
        message = "Expected a JSON object as the body, and the header Content-Type: application/json."
        return ApiError(400, f"{message} Found {given}.")
    if kind == "union_tag_not_found":
        param, kind = f"{param}.type", "missing"
    if kind == "missing":
        message = f"Missing required parameter: '{param}'."
        return ApiError(400, message, code="missing_required_parameter", param=param)
    if kind == "extra_forbidden":
        param = param or str(problem["loc"][-1])
        message = (
            f"Unknown or unsupported parameter: '{param}'. The local server's README lists what it supports."
        )
        return ApiError(400, message, code="unknown_parameter", param=param)
    # A field that takes "auto" or a number has one problem for each.
    expected = " or ".join(dict.fromkeys(map(_expected, found)))
    given = problem["ctx"]["tag"] if kind == "union_tag_invalid" else problem["input"]
    message = f"Invalid '{param}': expected {expected}. Found {given!r:.80}."
    return ApiError(400, message, code="invalid_value", param=param)


def _expected(problem: Mapping[str, Any]) -> str:
    """`Input should be less than 3` becomes `less than 3`, to follow the word "expected"."""
    message = problem["msg"]
    if "Expected UploadFile" in message:
        return "a file with a file name"
    if problem["type"] in ("model_type", "model_attributes_type", "dict_type"):
        return "an object"
    if problem["type"] == "union_tag_invalid":
        return str(problem["ctx"]["expected_tags"]).replace(", ", " or ")
    if problem["type"] == "too_long" and problem["ctx"]["max_length"] == 0:
        return "nothing in it, because this server cannot do what it asks for (leave it out)"
    message = re.sub(r"^Input should be |^\w+ should have |^\w+ should (?=match)", "", message)
    return re.sub(r" after validation, not \w+$", "", message)


def _param(problem: Mapping[str, Any], body: object) -> str:
    """The field that a problem is about. Pydantic's location starts with the part of the request."""
    part, *where = problem["loc"]
    if problem["type"] == "union_tag_invalid":
        # Pydantic places it at the object whose tag is not known.
        where.append(problem["ctx"]["discriminator"].strip("'"))
    if part == "body" and isinstance(body, dict):
        return ".".join(_walked(where, body, problem["type"]))
    # A form calls a field `expires_after[seconds]` where OpenAI's messages say `expires_after.seconds`.
    names = [re.sub(r"^(?!list|dict)(\w+)\[(\w+)\]$", r"\1.\2", str(name)) for name in where]
    return ".".join(
        name
        for name in names
        if re.fullmatch(r"[\w.]+", name) and name not in ("int", "float", "str", "none")
    )


def _walked(where: Sequence[int | str], body: object, kind: str) -> Iterator[str]:
    """The keys and places of a location; it also names the types that pydantic tried, which are no fields."""
    for step in where:
        if isinstance(body, dict) and (step in body or (kind == "missing" and step == where[-1])):
            body = body.get(step)
        elif isinstance(body, list) and isinstance(step, int) and step < len(body):
            body = body[step]
        else:
            continue
        yield f"{step!s:.80}"
