"""What every request passes before a route sees it: host, key, size. Plain ASGI, so bodies stream.

Every answer gets an id here, with which a client's complaint is found in the log.
"""

import asyncio
import hmac
import re
import secrets
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from local_server.http import proof
from local_server.http.answers import Json
from local_server.http.errors import ApiError, server_error
from local_server.settings import Settings

# The only route that needs no key. A challenge needs none either; the gate answers it itself.
OPEN_TO_ALL = "/healthz"
_WITHOUT_KEY = (OPEN_TO_ALL, proof.PATH)
# A multipart body is a little larger than the file in it.
_MULTIPART_ROOM = 64 * 1024
# 503, so that the SDK tries again.
_FULL = server_error(
    "The server has as many open connections as it can serve. Close some, or try again later.", status=503
)
# A server that is being restarted will answer.
_STOPPING = server_error("The server is stopping. Send the request again when it runs.", status=503)


class Gate:
    """Refuses foreign hosts, wrong keys and oversized bodies; knows what is open and when the last ended.

    Args:
        app: The application behind the gate.
        settings: Key and size limits.

    Attributes:
        open_requests: How many are being answered.
        last_request: When the last answer ended, by `time.monotonic`.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self.open_requests = 0
        self.last_request = time.monotonic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI call."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        self.open_requests += 1
        try:
            await self._answer(scope, receive, send)
        finally:
            self.open_requests -= 1
            self.last_request = time.monotonic()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Routes and error handlers read it as `request.state.request_id`.
        request_id = scope.setdefault("state", {})["request_id"] = f"req_{secrets.token_hex(16)}"
        send = _with_openai_headers(send, request_id)
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        try:
            # What a request sees is decided here, and nowhere else: requests.py hands it to the store.
            scope["state"]["project"] = self._check(scope["path"], headers)
            if scope["path"] not in _WITHOUT_KEY:
                self._count(scope)
            if scope["path"] == proof.PATH:
                await Json(proof.answer(scope, self._settings.api_key))(scope, receive, send)
                return
        except ApiError as error:
            await error.response()(scope, receive, send)
            return
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, self._counted(receive, scope["path"]), sending)
        except asyncio.CancelledError:
            # uvicorn does this to whatever is still open seconds after the server was told to end.
            # A stream that has started is cut off: the client sees that its end is missing.
            if not started:
                await _STOPPING.response()(scope, receive, send)

    def _check(self, path: str, headers: dict[str, str]) -> str | None:
        """Refuse, or say whose objects the request may see: those of a project, or all of them."""
        host = re.sub(r":\d*$", "", headers.get("host", ""))
        if not self._settings.answers_to(host):
            message = (
                f"The Host header is '{host}', a name that others could point at this machine. "
                "Use the base_url that the server printed at its start."
            )
            raise ApiError(403, message)
        if path in _WITHOUT_KEY:
            return None
        scheme, _, key = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key:
            message = (
                "You didn't provide an API key. Send it as 'Authorization: Bearer KEY'; server.json holds it."
            )
            raise ApiError(401, message)
        project = self._project(key, headers.get("openai-project", ""))
        coding = headers.get("content-encoding", "identity")
        if coding.strip().lower() != "identity":
            message = (
                f"The body is sent with 'Content-Encoding: {coding:.40}', which is not unpacked here. "
                "Send it as it is, without that header."
            )
            raise ApiError(415, message, code="unsupported_content_encoding")
        length = headers.get("content-length", "0")
        if length.isdigit():
            self._check_size(path, int(length))
        return project

    def _project(self, key: str, asked: str) -> str | None:
        """The project that a key opens; None for the server's own key, unless it asks for one by name."""
        projects = self._settings.projects
        if hmac.compare_digest(key.encode(), self._settings.api_key.encode()):
            if projects is None or not asked:
                return None
            if not projects.has(asked):
                message = f"No such project: '{asked:.80}'. It is not in the file that --projects names."
                raise ApiError(401, message, code="invalid_project")
            return asked
        project = None if projects is None else projects.of_key(key)
        if project is None:
            message = f"Incorrect API key provided: {key[:4]}***. {self._where_the_key_is()}"
            raise ApiError(401, message, code="invalid_api_key")
        if asked not in ("", project):
            # As OpenAI's `mismatched_organization` (public bug report, May 2025).
            message = "OpenAI-Project header should match project for API key."
            advice = "Leave it out: unset OPENAI_PROJECT_ID, and pass no 'project' to the client."
            raise ApiError(401, f"{message} {advice}", code="mismatched_project")
        return project

    def _count(self, scope: Scope) -> None:
        """Tell the connection that it is no stranger's any more (connections.py)."""
        key_is_known = scope["state"].get("key_is_known")
        if key_is_known is not None and not key_is_known():
            raise _FULL

    def _where_the_key_is(self) -> str:
        if self._settings.projects is not None:
            return "Ask whoever runs this server for the key of your project."
        if self._settings.api_key_kept:
            return "It stands in the file that --api-key-file names, and in the server's server.json."
        return (
            "The key changes with every start of this server; its server.json has it. "
            "In a notebook, run the cell with connect() again."
        )

    def _check_size(self, path: str, size: int) -> None:
        limit = self._settings.max_body_bytes
        if path == "/v1/files":
            limit = self._settings.max_file_bytes + _MULTIPART_ROOM
        elif path.startswith("/v1/uploads/") and path.endswith("/parts"):
            limit = self._settings.max_part_bytes + _MULTIPART_ROOM
        if size > limit:
            raise ApiError(
                413, f"The request body has {size:,} bytes or more; at most {limit:,} are allowed."
            )

    def _counted(self, receive: Receive, path: str) -> Receive:
        """A body without Content-Length is measured while it arrives."""
        total = 0

        async def counted() -> Message:
            nonlocal total
            message = await receive()
            total += len(message.get("body", b""))
            self._check_size(path, total)
            return message

        return counted


def _with_openai_headers(send: Send, request_id: str) -> Send:
    """Add the headers by which clients tell requests apart and time them.

    The SDKs read `x-request-id` into `_request_id` and into every exception. Names and version: OpenAI's
    API reference, "Debugging requests", read 2026-11. Its headers about rate limits are left out: there
    are no limits here.
    """
    began = time.monotonic()

    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            milliseconds = int((time.monotonic() - began) * 1000)
            message["headers"] = [
                *message["headers"],
                (b"x-request-id", request_id.encode()),
                (b"openai-processing-ms", str(milliseconds).encode()),
                (b"openai-version", b"2020-10-01"),
            ]
        await send(message)

    return with_headers
