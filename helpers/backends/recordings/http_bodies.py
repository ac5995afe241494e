"""The written form of an HTTP body, and the removal of what is private.

Every body is stored with its kind: `json` as data, `text`, `events` (the blocks
of a stream), `parts` (an upload: its SHA-256, never its content), or `base64`.
So a person can read a recording, and two requests can be compared as data.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

import httpx2

REPLAY_HOST = "replay.invalid"
"""The host that stands in recordings. RFC 2606 reserves `.invalid`: such a name never resolves."""

_PRIVATE = (
    (re.compile(r"\bsk-[\w*-]{16,}"), "sk-redacted"),
    (re.compile(r"\b(org|proj)[-_][A-Za-z0-9]{16,}"), r"\1-redacted"),
)


def to_body(content: bytes, content_type: str) -> dict[str, Any]:
    """Describe a body as JSON data, under the name of its kind.

    Args:
        content: The bytes that were sent, decompressed.
        content_type: The header of that name; "" when there is none.

    Returns:
        One of `{}`, `{"json": ...}`, `{"text": ...}`, `{"events": [...]}`,
        `{"parts": [...]}`, `{"base64": ..., "note": ...}`.
    """
    if not content:
        return {}
    if content_type.startswith("multipart/form-data"):
        return {"parts": list(_parts(content, content_type))}
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return {
            "base64": base64.b64encode(content).decode(),
            "note": f"{len(content)} bytes that are not text",
        }
    if content_type.startswith("text/event-stream"):
        return {"events": [event for event in text.replace("\r\n", "\n").split("\n\n") if event]}
    if content_type.startswith("application/json"):
        try:
            return {"json": json.loads(text)}
        except json.JSONDecodeError:
            pass  # A broken answer is kept as it came, so that replay breaks in the same way.
    return {"text": text}


def from_body(body: dict[str, Any]) -> bytes | Iterator[bytes]:
    """Return the bytes that `to_body` described.

    Args:
        body: A described body; under "base64" the bytes themselves count, too.
            An upload (`parts`) cannot come back: its content is not stored.

    Returns:
        The bytes; those of a stream come event by event.
    """
    match body:
        case {"events": events}:
            return (f"{event}\n\n".encode() for event in events)
        case {"json": data}:
            return json.dumps(data, ensure_ascii=False).encode()
        case {"text": text}:
            return text.encode()
        case {"base64": bytes() as content}:
            return content
        case {"base64": encoded}:
            return base64.b64decode(encoded)
    return b""


def _parts(content: bytes, content_type: str) -> Iterator[dict[str, Any]]:
    """Describe the parts of an upload. The boundary is random, so it does not count."""
    boundary = b"--" + content_type.partition("boundary=")[2].strip('"').encode()
    for part in content.split(boundary)[1:-1]:
        head, _, data = part.partition(b"\r\n\r\n")
        data = data.removesuffix(b"\r\n")
        names = dict(re.findall(r'\b(name|filename)="([^"]*)"', head.decode()))
        if "filename" in names:
            yield names | {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        else:
            yield names | {"value": data.decode()}


def scrub(data: dict[str, Any], key: str = "", host: str = "") -> dict[str, Any]:
    """Return `data` without API keys, organization ids and the host, wherever they stand.

    Args:
        data: JSON data.
        key: The API key that was used, if any.
        host: The host that was asked, with its port, if any.

    Returns:
        A copy in which "sk-redacted" stands for keys and `REPLAY_HOST` for the host.
    """
    text = json.dumps(data)
    if len(key) >= 8:  # A shorter one is a placeholder such as "EMPTY", and could be part of any word.
        text = text.replace(key, "sk-redacted")
    if host:
        text = text.replace(host, REPLAY_HOST)
    for pattern, replacement in _PRIVATE:
        text = pattern.sub(replacement, text)
    scrubbed: dict[str, Any] = json.loads(text)
    return scrubbed


def describe(request: httpx2.Request, base_path: str) -> dict[str, Any]:
    """Return the part of a request that decides about its answer.

    Args:
        request: What the SDK asks.
        base_path: Path of the client's base URL; it is left out.
    """
    return {
        "method": request.method,
        "path": "/" + request.url.path.removeprefix(base_path).lstrip("/"),
        "query": dict(request.url.params.multi_items()),
        "body": to_body(request.read(), request.headers.get("content-type", "")),
    }


def key_of(described: dict[str, Any]) -> str:
    """Return a text that is equal for equal requests.

    Args:
        described: Of `describe`.
    """
    return json.dumps(described, sort_keys=True)
