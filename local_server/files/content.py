"""A file's bytes, whole or in part."""

from pathlib import Path

from fastapi.responses import FileResponse
from starlette.types import Message, Receive, Scope, Send

from local_server.http.errors import ApiError


class FileContent(FileResponse):
    """Sends a file. A `Range` that cannot be met is refused as everything else is, not in plain text.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, media_type="application/octet-stream")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        status, headers = 200, {}

        async def unless_refused(message: Message) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status, headers = message["status"], dict(message["headers"])
            if status < 400:
                await send(message)

        await super().__call__(scope, receive, unless_refused)
        if status < 400:
            return
        asked = dict(scope["headers"])[b"range"].decode("latin-1")
        size = Path(self.path).stat().st_size
        message = (
            f"Invalid header 'Range': expected bytes=FIRST-LAST within the file, which has the bytes 0 to "
            f"{size - 1}. Found '{asked:.80}'. Leave it out for the whole file."
        )
        answer = ApiError(status, message, code="invalid_value", param="Range").response()
        if (content_range := headers.get(b"content-range")) is not None:
            answer.headers["Content-Range"] = content_range.decode()
        await answer(scope, receive, send)
