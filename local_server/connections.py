"""What a connection may cost before it has shown the key, and how long it may keep the server waiting.

uvicorn closes a connection that is idle after an answer. It waits for ever for a request that does not come,
and holds as many connections as there are file descriptors.
"""

import asyncio
import json
import logging
import socket
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from local_server.http.errors import ApiError

try:
    import resource
except ImportError:  # Windows has no such limit.
    resource = None  # type: ignore[assignment]

log = logging.getLogger("local_server")

HEADER_SECONDS = 10
"""How long the head of a request may take, from its connection or the answer before it."""

BODY_SECONDS = 30
"""How long a body may take. Every kilobyte that has arrived gives one second more."""

UNREAD_SECONDS = 60
"""How long a client may fetch nothing of an answer."""

SEND_BUFFER = 64 * 1024
"""Bytes of an answer that the system takes before the client fetches them. It tells that some were fetched
when a third of it is free: with the megabytes that Linux takes by itself, that is too seldom to be seen."""

STRANGER_SECONDS = 60
"""How long a connection may live that has not shown the key."""

MAX_CONNECTIONS = 2048
"""Most connections at a time that have shown the key, and most that have not."""

ACCEPTED_AT_ONCE = 32
"""Most new connections before those that are there are read again."""

TURNS_TO_SPEAK = 16
"""How often the server reads before newcomers alone can push out one that has not spoken yet."""

# h11's limit, where nothing else is set.
_HEAD_KILOBYTES = 16
# A request can hold a temporary file and the file that it reads or writes beside its connection. That makes
# three, and one more for a stranger's connection.
_DESCRIPTORS_EACH = 4
# For the database, logs, pipes to children, and what libraries open.
_DESCRIPTORS_KEPT = 128
_WISHED_DESCRIPTORS = _DESCRIPTORS_KEPT + _DESCRIPTORS_EACH * MAX_CONNECTIONS


def raise_descriptor_limit() -> None:
    """Ask for as many file descriptors as all connections may need, as far as the system lets us."""
    if resource is None:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wished = _WISHED_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _WISHED_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wished:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wished, hard))
        except (ValueError, OSError) as error:
            log.warning("at most %s files and connections can be open: %s", soft, error)


def most_connections() -> int:
    """How many connections of each kind there is room for, so that files can still be opened."""
    if resource is None:
        return MAX_CONNECTIONS
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if soft == resource.RLIM_INFINITY:
        return MAX_CONNECTIONS
    return max(8, min(MAX_CONNECTIONS, (soft - _DESCRIPTORS_KEPT) // _DESCRIPTORS_EACH))


def accepted_at_once() -> int:
    """How many new connections are taken before those that are there are read again.

    Where there is room for few, many at once would push out somebody whose request has arrived already.
    """
    return max(1, min(ACCEPTED_AT_ONCE, most_connections() // TURNS_TO_SPEAK))


class Connection(H11Protocol):
    """One connection: uvicorn's, with limits.

    Attributes:
        stranger: Whether it has not shown the key yet.
        began: When it was opened, by the loop's clock.
    """

    stranger = True
    began = 0.0
    _waiting_since = 0.0
    _received = 0
    # Bytes of an answer that the system does not take yet, and since when they have been as many.
    _unsent = 0
    _unsent_since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, unless there are too many."""
        super().connection_made(transport)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        self.began = self._waiting_since = self.loop.time()
        # The gate finds it in the state of each request.
        self.app_state = {**self.app_state, "key_is_known": self._key_is_known}
        strangers = [
            other
            for other in self.connections
            if isinstance(other, Connection) and other.stranger and not other.transport.is_closing()
        ]
        if len(strangers) > most_connections():
            # Not the new one: somebody who has the key shows it at once.
            min(strangers, key=lambda other: other.began)._abort()

    def data_received(self, data: bytes) -> None:
        """Count, and hand on."""
        if self.transport.is_closing():
            return
        if not self._received:
            self._waiting_since = self.loop.time()
        self._received += len(data)
        super().data_received(data)

    def on_response_complete(self) -> None:
        """Begin to wait for the next request."""
        self._waiting_since, self._received = self.loop.time(), 0
        super().on_response_complete()

    def check(self) -> None:
        """Close a connection that has kept the server waiting for too long. Called once a second."""
        now = self.loop.time()
        waited = now - self._waiting_since
        unsent = self.transport.get_write_buffer_size()
        if not unsent or unsent != self._unsent:
            self._unsent, self._unsent_since = unsent, now
        if now - self._unsent_since > UNREAD_SECONDS:
            # Whoever writes the answer sees its client gone, and nothing is kept for it any longer.
            self._abort()
        elif self.transport.is_closing():
            # It ends with the last byte that the client fetches.
            pass
        elif self.stranger and now - self.began > STRANGER_SECONDS:
            self._abort()
        elif self.cycle is None or self.conn.their_state is h11.IDLE:
            # On a connection that has had an answer, uvicorn waits for the first byte.
            if waited > HEADER_SECONDS and (self._received or self.cycle is None):
                self._refuse(408, f"The head of the request did not arrive within {HEADER_SECONDS} seconds.")
        elif self.cycle.response_complete:
            # The rest of a body that was refused.
            if waited > BODY_SECONDS:
                self._abort()
        elif self.cycle.more_body:
            if self.flow.read_paused:
                # The server is the slow one.
                self._waiting_since = now
            elif waited > BODY_SECONDS + self._received / 1024:
                self._refuse(408, "The body of the request arrives too slowly. Send it again.")

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, in the envelope of all refusals."""
        self._refuse(
            400,
            f"{msg} Expected HTTP/1.1 with at most {self.conn._max_incomplete_event_size:,} bytes of head.",
        )

    def _key_is_known(self) -> bool:
        """Whether there is room for one more that has shown the key."""
        if self.stranger:
            known = sum(isinstance(other, Connection) and not other.stranger for other in self.connections)
            self.stranger = known >= most_connections()
        return not self.stranger

    def _refuse(self, status: int, message: str) -> None:
        """Answer where that is still possible, and close."""
        if self._received and self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            body = json.dumps(ApiError(status, message).body).encode()
            headers = [
                ("content-type", "application/json"),
                ("content-length", str(len(body))),
                ("connection", "close"),
            ]
            events: list[Any] = [
                h11.Response(status_code=status, headers=headers, reason=""),
                h11.Data(data=body),
                h11.EndOfMessage(),
            ]
            for event in events:
                self.transport.write(self.conn.send(event) or b"")
        self._forget_request()
        self.transport.close()

    def _abort(self) -> None:
        self._forget_request()
        self.transport.abort()

    def _forget_request(self) -> None:
        """Let the application see that its client is gone, before it answers."""
        if self.cycle and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
