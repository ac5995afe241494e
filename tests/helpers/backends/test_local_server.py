"""Find the local server that runs, or start one: once, whatever was left behind."""

import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from damage import DAMAGES
from serving import own_model

from helpers.backends import local_server
from helpers.backends.base_models import base_model
from helpers.backends.connect import connect
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


def left_behind(state: Path, base_url: str, pid: int = 4_711_000) -> str:
    """Write the file of a server that is not there any more, or that is something else."""
    state.mkdir()
    address = {"base_url": base_url, "api_key": "old", "pid": pid}
    (state / "server.json").write_text(json.dumps(address))
    return base_url


def test_local_starts_a_server_once_and_finds_it_again(state, tmp_path, monkeypatch):
    monkeypatch.setenv("FINETUNE_MODELS_DIR", str(tmp_path))
    first, second = connect("local"), connect("local")

    assert first.base_url == second.base_url
    assert first.models.retrieve(base_model(first)).id == "periodic-tiny-2026-11"


def test_finetune_model_chooses_a_base_model_that_is_installed_also_after_the_start(
    state, tmp_path, monkeypatch
):
    monkeypatch.setenv("FINETUNE_MODELS_DIR", str(tmp_path / "models"))
    client = connect("local")
    monkeypatch.setenv("FINETUNE_MODEL", "smollm2-135m-instruct")
    with pytest.raises(
        BackendUnavailable,
        match=r"does not have this model; it has periodic-tiny-2026-11\. Please run "
        r"`python -m local_server\.real_model`, once, and try again",
    ):
        base_model(client)
    monkeypatch.setenv("FINETUNE_MODEL", "gpt-4o")
    with pytest.raises(BackendUnavailable, match=r"FINETUNE_MODEL is 'gpt-4o'.* Please choose one of them"):
        base_model(client)
    own_model(tmp_path / "models" / "other", {"model_id": "other"})
    monkeypatch.setenv("FINETUNE_MODEL", "other")

    assert base_model(client) == "other"


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


@contextmanager
def lock_held(state: Path) -> Iterator[None]:
    """Hold the lock that a running server holds."""
    lock = sqlite3.connect(state / "server.lock", isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    yield
    lock.close()


def test_a_stranger_on_the_port_of_a_killed_server_is_asked_nothing(state, service):
    other = left_behind(state, f"{service.url}/v1")

    assert connect("local").base_url != other
    assert service.asked == []


def test_a_program_that_takes_every_key_but_proves_none_gets_neither_key_nor_data(state, service):
    left_behind(state, f"{service.url}/v1", pid=os.getpid())

    with (
        lock_held(state),
        pytest.raises(BackendUnavailable, match=r"does not prove that it is the local serv"),
    ):
        connect("local")

    assert [(path.partition("=")[0], key) for path, key in service.asked] == [("/challenge?nonce", None)]
    (state / "server.json").unlink()


def test_a_server_that_hangs_is_reported_and_no_second_one_is_started(state, service, monkeypatch):
    monkeypatch.setattr(local_server, "ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(service.RequestHandlerClass, "do_GET", lambda self: time.sleep(1))
    left_behind(state, f"{service.url}/v1", pid=os.getpid())

    with (
        lock_held(state),
        pytest.raises(BackendUnavailable, match=rf"process {os.getpid()}\) did not answer within 0.2 s"),
    ):
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


@pytest.mark.parametrize("name", DAMAGES)
def test_any_damage_of_the_servers_file_names_it_and_the_way_out(name, tmp_path):
    left_behind(tmp_path / "state", "http://127.0.0.1:9/v1")
    file = tmp_path / "state" / "server.json"
    DAMAGES[name](file)

    with pytest.raises(BackendUnavailable) as caught:
        local_server.running_server(tmp_path / "state")

    assert str(caught.value).startswith(f"{file} is damaged: ")
    assert "Remove this file, then call connect again" in str(caught.value)


@pytest.mark.parametrize(
    "field",
    [
        {"base_url": 7},
        {"base_url": "127.0.0.1:9"},
        {"base_url": "http://a b"},
        {"api_key": "a\nb"},
        {"pid": "7"},
        {"pid": -1},
    ],
)
def test_a_wrong_value_in_the_servers_file_is_named(field, tmp_path):
    address = {"base_url": "http://127.0.0.1:9/v1", "api_key": "old", "pid": 7}
    (tmp_path / "server.json").write_text(json.dumps(address | field))

    with pytest.raises(BackendUnavailable, match=rf"server\.json is damaged: .*\$\.{next(iter(field))}"):
        local_server.running_server(tmp_path)


@pytest.mark.parametrize("address", ["http://127.0.0.1:99999/v1", "http://[::1/v1", "http://:/v1"])
def test_an_address_that_leads_nowhere_is_no_server(address, tmp_path):
    file = {"base_url": address, "api_key": "old", "pid": 7}
    (tmp_path / "server.json").write_text(json.dumps(file))

    assert local_server.running_server(tmp_path) is None


def test_a_state_folder_or_a_lock_that_cannot_be_used_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("FINETUNE_LOCAL_STATE", str(tmp_path / "file" / "state"))
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(BackendUnavailable, match=r"state for the local server's data cannot be made"):
        connect("local")

    monkeypatch.setenv("FINETUNE_LOCAL_STATE", str(tmp_path))
    (tmp_path / "start.lock").write_text("no lock at all" * 100)
    with pytest.raises(BackendUnavailable, match=r"start\.lock cannot be taken: .*remove it, then"):
        connect("local")


def test_a_server_that_prints_something_else_shows_its_last_log_lines(state, monkeypatch, tmp_path):
    package = tmp_path / "course" / "local_server"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text("print('Hello')")
    monkeypatch.setattr(local_server, "ROOT", package.parent)

    with pytest.raises(BackendUnavailable, match=r"printed something else than its address"):
        connect("local")
