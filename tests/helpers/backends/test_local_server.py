"""Find the local server that runs, or start one: once, whatever was left behind."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.backends import local_server
from helpers.backends.connect import base_model, connect
from helpers.errors import BackendUnavailable

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def state(tmp_path, monkeypatch) -> Iterator[Path]:
    """A state folder; the server that the test starts in it ends with the test."""
    folder = tmp_path / "state"
    monkeypatch.setenv("FINETUNE_LOCAL_STATE", str(folder))
    yield folder
    file = folder / "server.json"
    if file.exists():
        os.kill(json.loads(file.read_text())["pid"], signal.SIGTERM)
    for _ in range(400):
        if not file.exists():
            break
        time.sleep(0.05)
    assert not file.exists(), "the server did not end on SIGTERM"


def left_behind(state: Path, base_url: str) -> str:
    """Write the file of a server that is not there any more, or that is something else."""
    state.mkdir()
    address = {"base_url": base_url, "api_key": "old", "pid": 4_711_000}
    (state / "server.json").write_text(json.dumps(address))
    return base_url


def test_local_starts_a_server_once_and_finds_it_again(state):
    first, second = connect("local"), connect("local")

    assert first.base_url == second.base_url
    assert first.models.retrieve(base_model(first)).id == "periodic-tiny-2026-11"


def test_two_notebooks_that_connect_at_once_get_one_server(state):
    program = "from helpers.backends.connect import connect; print(connect('local').base_url)"
    command = [sys.executable, "-c", program]

    started = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    addresses = {process.communicate(timeout=90)[0].strip() for process in started}

    assert len(addresses) == 1
    assert connect("local").base_url == addresses.pop()
    # Nobody else on this machine can read the training data.
    assert os.name != "posix" or stat.S_IMODE(state.stat().st_mode) == 0o700


def test_a_file_left_by_a_killed_server_does_not_stop_a_new_one(state):
    left_behind(state, "http://127.0.0.1:9/v1")

    assert connect("local").models.list().data


def test_a_server_that_does_not_know_the_key_is_not_reused(state, service, monkeypatch):
    monkeypatch.setattr(service.RequestHandlerClass, "do_GET", lambda self: self.send_error(401))
    other = left_behind(state, f"{service.url}/v1")

    assert connect("local").base_url != other


def test_a_server_that_hangs_is_reported_and_no_second_one_is_started(state, service, monkeypatch):
    monkeypatch.setattr(local_server, "ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(service.RequestHandlerClass, "do_GET", lambda self: time.sleep(1))
    left_behind(state, f"{service.url}/v1")

    with pytest.raises(BackendUnavailable, match=r"process 4711000\) did not answer within 0.2 s"):
        connect("local")
    assert not (state / "server.log").exists()
    (state / "server.json").unlink()


def test_a_server_that_cannot_start_shows_its_last_log_lines(state, monkeypatch, tmp_path):
    package = tmp_path / "course" / "local_server"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text("raise SystemExit('no space left for the store')")
    monkeypatch.setattr(local_server, "ROOT", package.parent)

    with pytest.raises(BackendUnavailable, match=r"(?s)did not start: .*no space left for the store"):
        connect("local")


def test_missing_packages_are_named_before_anything_starts(state, monkeypatch):
    monkeypatch.setattr(local_server, "NEEDED", ("json", "no_such_package"))

    with pytest.raises(BackendUnavailable, match=r"not installed: no_such_package.*tools/install_torch.py"):
        connect("local")
    assert not (state / "server.log").exists()
