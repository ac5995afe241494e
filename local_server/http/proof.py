"""How the server proves that it knows the key, before a client shows it.

The port of a server that was killed can be taken by any program on the machine. A client that shows its key
there, and then its data, gives both away. So it asks first, without the key.
"""

import hmac
import os
import re

from starlette.types import Scope

from local_server.http.answers import Answer
from local_server.http.errors import ApiError

PATH = "/challenge"
"""Where a client asks: `GET /challenge?nonce=…`, without the key."""


class Proof(Answer):
    """What only this process can say."""

    proof: str


def proof_of(key: str, nonce: str, port: int, pid: int) -> str:
    """Compute what a server answers to a challenge.

    Args:
        key: The server's key.
        nonce: Drawn by the client for this one question.
        port: The port that the client has reached: what a program on another port passes on is worth nothing.
        pid: Of the server's process.

    Returns:
        HMAC-SHA256 under the key, 64 hexadecimal digits.
    """
    said = f"fine-tuning course, local server: {nonce} {port} {pid}"
    return hmac.new(key.encode(), said.encode(), "sha256").hexdigest()


def answer(scope: Scope, key: str) -> Proof:
    """Answer a challenge.

    Args:
        scope: Of the request.
        key: The server's key.

    Returns:
        The proof.

    Raises:
        ApiError: There is no nonce of 32 to 128 hexadecimal digits.
    """
    query: bytes = scope["query_string"]
    found = re.fullmatch(r"nonce=([0-9a-f]{32,128})", query.decode("latin-1"))
    if found is None:
        message = "A challenge has one query parameter: 'nonce', 32 to 128 hexadecimal digits in lower case."
        raise ApiError(400, message, code="invalid_value", param="nonce")
    return {"proof": proof_of(key, found[1], scope["server"][1], os.getpid())}
