"""JSON bodies with one meaning only.

What no answer could hold must not come in: one stored object that cannot be sent again would break every list
that it is on.
"""

import json
import math
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from local_server.http.errors import ApiError


class StrictRoute(APIRoute):
    """A route whose JSON body is read by this module."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's own way to use another class of request (its guide, "Custom Request", Nov 2026)."""
        handle = super().get_route_handler()

        async def strict(request: Request) -> Response:
            return await handle(_Request(request.scope, request.receive))

        return strict


class _Request(Request):
    async def json(self) -> Any:  # noqa: ANN401  (any JSON value)
        try:
            # Python's own choice of encoding lets halves of characters pass.
            found = json.loads(
                (await self.body()).decode("utf-8-sig"),
                object_pairs_hook=_unique,
                parse_float=_finite,
                parse_constant=_finite,
            )
            json.dumps(found, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            half = f"\\u{ord(error.object[error.start]):04x}"
            raise _invalid(f"it holds '{half}', which is half of a character") from None
        except (ValueError, RecursionError) as error:
            raise _invalid(str(error)) from None
        return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        # Python would keep the last of two equal keys; the client meant only one of them.
        name, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise ValueError(f"the key {name!r:.80} appears more than once in one object")
    return found


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text:.40} is not a number that can be used")
    return number


def _invalid(reason: str) -> ApiError:
    message = f"The body of your request is not valid JSON: {reason}."
    return ApiError(400, message, code="invalid_json")
