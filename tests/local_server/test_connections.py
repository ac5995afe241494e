"""Strangers who hold connections, drip bytes or send what is no HTTP: everybody else gets an answer."""

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread

import openai
import psutil
import pytest
import uvicorn
from serving import BASE_MODEL, ROOT, LocalServer, command, serve

from local_server import connections
from local_server.chat import answering
from local_server.generation.messages import Text

pytestmark = pytest.mark.slow

# Wide: two busy cores share it with a training. Without limits the answer never came.
CEILING = 10.0


def connected(server: LocalServer, sent: bytes = b"") -> socket.socket:
    """A connection of a stranger, with what it sends first."""
    link = socket.create_connection(("127.0.0.1", port_of(server)), timeout=30)
    link.sendall(sent)
    return link


def port_of(server: LocalServer) -> int:
    return int(server.base_url.split(":")[2].split("/")[0])


def told(link: socket.socket) -> bytes:
    """Everything that the server says until it closes the connection."""
    said = b""
    try:
        while piece := link.recv(65536):
            said += piece
    except ConnectionError:
        pass
    return said


def refusal_in(said: bytes) -> tuple[int, str]:
    """Status and message of a refusal in OpenAI's envelope."""
    head, _, body = said.partition(b"\r\n\r\n")
    error = json.loads(body)["error"]
    assert set(error) == {"message", "type", "param", "code"}
    return int(head.split()[1]), error["message"]


def with_key(server: LocalServer, line: str, *headers: str) -> bytes:
    head = [line, "Host: 127.0.0.1", f"Authorization: Bearer {server.api_key}", *headers]
    return ("\r\n".join(head) + "\r\n\r\n").encode()


@contextmanager
def honest_learner(server: LocalServer) -> Iterator[list[float]]:
    """Somebody who asks all the time, on a new connection each time; how long each answer took."""
    seconds, done = [], Event()

    def ask() -> None:
        while not done.is_set() or len(seconds) < 3:
            began = time.monotonic()
            # As in a notebook, the SDK asks again when its connection is gone.
            with server.client(timeout=60).with_options(max_retries=2) as client:
                client.models.list()
            seconds.append(time.monotonic() - began)

    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(ask)
        try:
            yield seconds
        finally:
            done.set()
        asking.result()
    assert max(seconds) < CEILING


def test_more_idle_connections_than_there_are_file_descriptors_keep_nobody_out(tmp_path: Path) -> None:
    with limited(tmp_path, descriptors=512) as server, ExitStack() as strangers:
        with honest_learner(server):
            for _ in range(1100):
                strangers.enter_context(connected(server))
        open_now = psutil.Process(server.process.pid).num_fds()
        file = server.client().files.create(file=("a.jsonl", b"{}"), purpose="fine-tune")

        assert open_now < 512 - 200
        assert server.client().files.content(file.id).read() == b"{}"
    assert "Too many open files" not in (tmp_path / "server.log").read_text()


@contextmanager
def limited(state: Path, descriptors: int) -> Iterator[LocalServer]:
    """A server that cannot get more file descriptors."""
    program = f'ulimit -n {descriptors}; exec "$@"'
    with open(state / "server.log", "ab") as log:
        process = subprocess.Popen(
            ["sh", "-c", program, "sh", *command(state)],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True,
        )  # fmt: skip
    with process.stdout:
        line = process.stdout.readline()
    try:
        yield LocalServer(process, state, **json.loads(line))
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.parametrize(("descriptors", "at_once"), [(136, 1), (512, 6), (9000, 32)])
def test_newcomers_push_nobody_out_before_the_server_has_read_sixteen_times(descriptors: int, at_once: int):
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    if before[1] != resource.RLIM_INFINITY and before[1] < descriptors:
        pytest.skip("the system gives fewer")
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, before[1]))
    try:
        told = connections.accepted_at_once(), connections.most_connections()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)

    assert told[0] == at_once
    assert at_once == 1 or told[1] >= 16 * at_once


@pytest.mark.skipif(sys.platform != "linux", reason="needs prlimit")
def test_the_server_takes_as_many_descriptors_as_it_may(tmp_path: Path) -> None:
    program = 'ulimit -S -n 256; exec "$@"'
    told = subprocess.run(
        ["sh", "-c", program, "sh", sys.executable, "-c",
         "import resource, local_server.connections as c; c.raise_descriptor_limit(); "
         "print(c.most_connections(), *resource.getrlimit(resource.RLIMIT_NOFILE))"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    most, soft, hard = map(int, told)

    assert soft == min(hard, 128 + 4 * 2048)
    assert most == min(2048, (soft - 128) // 4)


def test_a_head_that_does_not_come_to_its_end_is_refused(server: LocalServer) -> None:
    silent = connected(server)
    half = connected(server, b"GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\n")
    second = connected(server, b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    second.recv(65536)
    second.sendall(b"GET /hea")

    assert told(silent) == b""
    for link in (half, second):
        status, message = refusal_in(told(link))
        assert (status, message[:48]) == (408, "The head of the request did not arrive within 10")


def test_a_head_that_drips_is_not_waited_for(server: LocalServer) -> None:
    link = connected(server, b"GET /v1/models HTTP/1.1\r\n")
    began = time.monotonic()
    with honest_learner(server):
        drip(link, lambda number: f"x-{number}: 1\r\n".encode())

    assert time.monotonic() - began < 2 * connections.HEADER_SECONDS + CEILING


def drip(link: socket.socket, piece: Callable[[int], bytes], pause: float = 0.5) -> None:
    """Send a little again and again, until the other side has had enough."""
    with link:
        for number in range(400):
            try:
                link.sendall(piece(number))
            except ConnectionError:
                return
            time.sleep(pause)
    pytest.fail("the server still listens")


@pytest.mark.parametrize("key", [True, False], ids=["with the key", "without"])
def test_a_body_that_drips_is_not_waited_for(server: LocalServer, key: bool) -> None:
    head = with_key(server, "POST /v1/files HTTP/1.1", "Content-Length: 1000000", "Content-Type: text/plain")
    link = connected(server, head if key else head.replace(server.api_key.encode(), b"no"))
    with honest_learner(server):
        drip(link, lambda _: b"x")


def test_many_half_uploads_leave_no_file_and_keep_nobody_out(tmp_path: Path) -> None:
    half = 'Content-Disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n' + "x" * 20_000
    with serve(tmp_path) as server, ExitStack() as links:
        head = with_key(
            server, "POST /v1/files HTTP/1.1", "Content-Length: 1000000",
            "Content-Type: multipart/form-data; boundary=b",
        )  # fmt: skip
        with honest_learner(server):
            for _ in range(200):
                links.enter_context(connected(server, head + b"--b\r\n" + half.encode()))
            links.close()
        assert server.client().files.list().data == []
        assert list((tmp_path / "temporary").iterdir()) == []
        assert list((tmp_path / "files").iterdir()) == []


def test_a_body_without_an_end_is_cut_off(server: LocalServer) -> None:
    head = with_key(
        server, "POST /v1/fine_tuning/jobs HTTP/1.1", "Transfer-Encoding: chunked",
        "Content-Type: application/json",
    )  # fmt: skip
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    with honest_learner(server), connected(server, head) as link:
        for _ in range(80):
            link.sendall(chunk)
        said = link.recv(65536)

    assert said.startswith(b"HTTP/1.1 413 ")


NO_HTTP = {
    "HTTP/0.9": b"GET /v1/models\r\n",
    "a head of 1 MB": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"x" * 1_000_000,
    "10,000 headers": b"GET / HTTP/1.1\r\nHost: a\r\n" + b"".join(b"a%d: b\r\n" % i for i in range(10_000)),
    "a line without an end": b"G" * 200_000,
    "bytes": bytes(range(256)) * 10,
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 500 + b"\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "a length below zero": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    "a huge length": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + b"9" * 100 + b"\r\n\r\n",
    "a chunk of no size": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
}  # fmt: skip


@pytest.mark.parametrize("sent", NO_HTTP.values(), ids=NO_HTTP)
def test_what_is_no_http_is_refused_in_the_envelope_or_closed(server: LocalServer, sent: bytes) -> None:
    with honest_learner(server), socket.create_connection(("127.0.0.1", port_of(server)), timeout=30) as link:
        # The server may have had enough before all is sent.
        try:
            link.sendall(sent)
            link.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        said = told(link)

    assert said == b"" or refusal_in(said)[0] in (400, 401, 403, 413)
    assert "Traceback" not in (server.state / "server.log").read_text()


def test_a_compressed_body_is_refused_and_never_unpacked(client: openai.OpenAI) -> None:
    for coding in ("gzip", "GZIP", "deflate, br", "zstd"):
        compressed = client.with_options(default_headers={"Content-Encoding": coding})
        with pytest.raises(openai.APIStatusError, match="which is not unpacked here") as caught:
            compressed.files.create(file=("a.jsonl", b"\x1f\x8b"), purpose="fine-tune")
        assert (caught.value.status_code, caught.value.code) == (415, "unsupported_content_encoding")
    plain = client.with_options(default_headers={"Content-Encoding": "identity"})
    assert plain.models.retrieve(BASE_MODEL).id == BASE_MODEL


def test_an_upgrade_to_another_protocol_is_answered_as_http(server: LocalServer) -> None:
    upgrade = (
        "Connection: Upgrade, close",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: YQ==",
    )
    with connected(server, with_key(server, "GET /v1/models HTTP/1.1", *upgrade)) as link:
        assert told(link).startswith(b"HTTP/1.1 200 ")


def test_a_thousand_requests_at_once_on_one_connection_are_all_answered(server: LocalServer) -> None:
    one = with_key(server, "GET /v1/models HTTP/1.1")
    last = with_key(server, "GET /v1/models HTTP/1.1", "Connection: close")
    with honest_learner(server), connected(server) as link:
        sending = Thread(target=link.sendall, args=(one * 999 + last,))
        sending.start()
        said = told(link)
        sending.join()

    assert said.count(b"HTTP/1.1 200 ") == 1000


DEEP = {
    "deep list": b'{"model": ' + b"[" * 500_000 + b"]" * 500_000 + b"}",
    "deep object": b'{"a":' * 300_000 + b"1" + b"}" * 300_000,
    "many keys": b"{" + b",".join(b'"k%d":1' % i for i in range(200_000)) + b"}",
    "one key many times": b"{" + b",".join(b'"k":1' for _ in range(300_000)) + b"}",
    "a long number": b'{"model": ' + b"9" * 1_000_000 + b"}",
    "many messages": b'{"model": "x", "messages": [' + b'{"role":"user"},' * 100_000 + b"1]}",
    "many escapes": b'{"model": "' + b"\\u0041" * 500_000 + b'"}',
}


@pytest.mark.parametrize("body", DEEP.values(), ids=DEEP)
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/fine_tuning/jobs"])
def test_large_json_of_odd_shape_is_refused_soon(server: LocalServer, path: str, body: bytes) -> None:
    head = with_key(
        server, f"POST {path} HTTP/1.1", f"Content-Length: {len(body)}", "Connection: close",
        "Content-Type: application/json",
    )  # fmt: skip
    with honest_learner(server), connected(server, head + body) as link:
        status, message = refusal_in(told(link))

    assert status in (400, 404)
    assert len(message) < 1000


class Looking(uvicorn.Server):
    """A server that looks after its connections all the time."""

    async def on_tick(self, counter: int) -> bool:
        for connection in list(self.server_state.connections):
            connection.check()
        return await super().on_tick(counter)


@contextmanager
def streaming(whole: bytes = b"") -> Iterator[tuple[int, Event]]:
    """A server with an answer that has no end, or one that is written at once: its port, and who is free."""
    free = Event()

    async def replies() -> AsyncGenerator[Text]:
        try:
            while True:
                await asyncio.sleep(0)
                yield {"id": 1, "kind": "text", "index": 0, "text": "la" * 1000, "logprobs": []}
        finally:
            free.set()

    async def events(replies: answering.Replies) -> AsyncIterator[str]:
        async for reply in replies:
            yield reply["text"]

    async def app(scope: dict, receive: Callable, send: Callable) -> None:
        if not whole:
            await (await answering.streamed(replies(), events))(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": [(b"connection", b"close")]})
        await send({"type": "http.response.body", "body": whole})

    server = Looking(uvicorn.Config(app, http=connections.Connection, lifespan="off", log_config=None))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        running = Thread(target=server.run, args=([listener],))
        running.start()
        try:
            yield listener.getsockname()[1], free
        finally:
            server.should_exit = server.force_exit = True
            running.join(20)


@contextmanager
def narrow(port: int) -> Iterator[socket.socket]:
    """A connection on which little waits, with a question on it."""
    with socket.socket() as link:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        link.settimeout(20)
        link.connect(("127.0.0.1", port))
        link.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        yield link


def test_a_stream_that_nobody_reads_ends_and_frees_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "UNREAD_SECONDS", 1.0)
    with streaming() as (port, free), narrow(port) as link:
        assert link.recv(100)
        assert free.wait(20)


@pytest.mark.parametrize("whole", [b"", b"x" * 8_000_000], ids=["a stream", "a large answer"])
def test_a_client_that_reads_slowly_but_steadily_is_not_cut_off(
    whole: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "UNREAD_SECONDS", 1.0)
    monkeypatch.setattr(connections, "BODY_SECONDS", 1.0)
    monkeypatch.setattr(connections, "STRANGER_SECONDS", 60.0)
    with streaming(whole) as (port, free), narrow(port) as link:
        for _ in range(100):
            # No more than this waits for it at a time.
            assert link.recv(20_000)
            time.sleep(0.05)
        assert not free.is_set()
