"""Strangers on the port of the local server: they get neither its key nor what a learner sends."""

import json
import os
import signal
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from serving import LocalServer, serve

from helpers.backends.connect import connect
from helpers.backends.local_server import running_server
from helpers.backends.proof import proves, runs
from helpers.errors import BackendUnavailable


class Stranger(BaseHTTPRequestHandler):
    """Takes whatever it gets, as long as it gets something."""

    def do_GET(self) -> None:
        self.server.got.append(self.path)
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_POST = do_GET

    def log_message(self, *args: object) -> None:
        pass


class Relay(Stranger):
    """Passes each question on to the real server, and its answer back."""

    def do_GET(self) -> None:
        with urllib.request.urlopen(self.server.real + self.path) as answer:
            content = answer.read()
        self.server.got.append(self.path)
        self.send_response(200)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def listening(port: int, handler: type[Stranger], real: str = "") -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as stranger:
        stranger.got, stranger.real, stranger.daemon_threads = [], real, True
        Thread(target=stranger.serve_forever, args=(0.01,), daemon=True).start()
        yield stranger
        stranger.shutdown()


def port_of(base_url: str) -> int:
    return int(base_url.rsplit(":", 1)[1].split("/")[0])


def server_json(state: Path) -> dict:
    return json.loads((state / "server.json").read_text())


@pytest.fixture
def state(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("FINETUNE_LOCAL_STATE", str(tmp_path))
    return tmp_path


def test_the_real_server_proves_itself_and_only_with_its_own_key_and_process_id(server: LocalServer):
    pid = server_json(server.state)["pid"]

    assert proves(server.base_url, server.api_key, pid, 10)
    assert not proves(server.base_url, server.api_key + "x", pid, 10)
    assert not proves(server.base_url, server.api_key, pid + 1, 10)
    assert running_server(server.state) == (server.base_url, server.api_key)


def test_a_program_that_passes_the_question_on_to_the_real_server_proves_nothing(server: LocalServer):
    pid = server_json(server.state)["pid"]
    with listening(0, Relay, server.base_url.removesuffix("/v1")) as relay:
        assert not proves(f"http://127.0.0.1:{relay.server_port}/v1", server.api_key, pid, 10)
        assert len(relay.got) == 1


@pytest.mark.parametrize(
    "content", [b"{}", b"[1]", b'{"proof": 7}', b'{"proof": "\\ud800"}', b"\xff", b"[" * 1000]
)
def test_an_answer_that_is_no_proof_is_none(service, monkeypatch, content):
    def do_get(self: BaseHTTPRequestHandler) -> None:
        self.send_response(200)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    monkeypatch.setattr(service.RequestHandlerClass, "do_GET", do_get)

    assert not proves(f"{service.url}/v1", "key", 1, 10)


def test_a_server_runs_while_it_holds_its_lock(state):
    with serve(state) as server:
        assert runs(state, server.process.pid)
        assert not runs(state, 4_711_000)
        pid = server.process.pid

    assert not runs(state, pid)
    assert not runs(state / "nothing", os.getpid())


def test_a_stranger_that_takes_the_port_between_two_requests_gets_nothing(state):
    with serve(state) as server:
        client = connect("local")
        assert client.models.list().data
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        with listening(port_of(server.base_url), Stranger) as stranger:
            with pytest.raises(BackendUnavailable, match="has ended, so nothing was sent"):
                client.files.create(file=("train.jsonl", b"{}"), purpose="fine-tune")

            assert stranger.got == []


@pytest.mark.slow
def test_after_a_restart_an_earlier_client_sends_nothing_to_the_old_port(state):
    with serve(state) as first:
        client = connect("local")
        first.process.send_signal(signal.SIGKILL)
        first.process.wait()
    with serve(state), listening(port_of(first.base_url), Stranger) as stranger:
        with pytest.raises(BackendUnavailable, match="nothing was sent"):
            client.models.list()

        assert stranger.got == []
        assert connect("local").models.list().data
