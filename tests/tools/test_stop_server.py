"""A server is ended, and what it kept stays; what is no server of ours is not touched."""

import json
import os
import signal

import pytest
import stop_server as module
from serving import serve
from stop_server import stop_server

from helpers.errors import BackendUnavailable


@pytest.mark.slow  # a real server
def test_a_server_has_ended_when_the_call_returns(tmp_path):
    with serve(tmp_path) as server:
        kept = server.client().files.create(file=("a.jsonl", b'{"a": 1}\n'), purpose="fine-tune").id

        assert stop_server(server.state) is True

        assert server.process.wait(5) == 0
        assert (server.state / "files" / kept).is_file()
        assert stop_server(server.state) is False


def test_a_folder_without_a_server_is_left_alone(tmp_path):
    assert stop_server(tmp_path) is False

    left = {"base_url": "http://127.0.0.1:9/v1", "api_key": "old", "pid": os.getpid()}
    (tmp_path / "server.json").write_text(json.dumps(left), encoding="utf-8")

    assert stop_server(tmp_path) is False  # this process is no server, and lives on


@pytest.mark.slow  # a real server
def test_a_server_that_does_not_end_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SERVER_END_SECONDS", 0.3)
    with serve(tmp_path) as server:
        os.kill(server.process.pid, signal.SIGSTOP)
        monkeypatch.setattr(module, "running_server", lambda state: ("address", "key"))
        try:
            with pytest.raises(BackendUnavailable, match=rf"process {server.process.pid}\) has not ended"):
                stop_server(server.state)
        finally:
            os.kill(server.process.pid, signal.SIGCONT)
