"""Python, disk, memory and port: each failure is found, and what mends it is said."""

import collections
import errno
import json
import os
import socket
import sys
from pathlib import Path

import psutil
import pytest

from helpers.doctor import machine
from helpers.doctor.finding import BAD, NOTE, OK, Finding
from helpers.doctor.machine import LOCAL_DISK, MB, available_memory, disk, memory, port, python
from local_server.options import DEFAULT_PORT

Version = collections.namedtuple("Version", "major minor micro")
Usage = collections.namedtuple("Usage", "total used free")


@pytest.fixture(autouse=True)
def runs(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("FINETUNE_RUNS_DIR", str(tmp_path / "runs"))
    monkeypatch.delenv("FINETUNE_LOCAL_STATE", raising=False)
    return tmp_path / "runs"


@pytest.fixture
def listener(monkeypatch):
    """A program that holds the port which is looked at."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setattr(machine, "PORT", taken.getsockname()[1])
        yield taken.getsockname()[1]


def test_an_old_python_is_told_with_the_one_that_is_needed(monkeypatch):
    monkeypatch.setattr(machine.sys, "version_info", Version(3, 9, 6))

    found = python()

    assert found.level == BAD
    assert found.mend.startswith("The course needs Python 3.11 or newer")


def test_the_oldest_python_is_that_of_the_project_file():
    text = (machine.environment().parent / "pyproject.toml").read_text(encoding="utf-8")

    assert f'requires-python = ">={".".join(map(str, machine.OLDEST_PYTHON))}"' in text


def test_a_kernel_of_another_environment_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "environment", lambda: tmp_path)
    monkeypatch.setattr(machine, "in_environment", lambda: False)

    found = python()

    assert found.level == NOTE
    assert found.found.endswith(f"this is not the course's own environment, {tmp_path}")


def test_the_courses_own_python_is_well(monkeypatch):
    monkeypatch.setattr(machine, "in_environment", lambda: True)

    assert python() == Finding(OK, f"{sys.version.split()[0]}, {sys.executable}")


@pytest.mark.parametrize(
    ("free", "level"), [(LOCAL_DISK, OK), (LOCAL_DISK - 1, NOTE), (LOCAL_DISK // 4 - 1, BAD)]
)
def test_a_disk_that_fills_is_a_note_and_a_full_one_is_bad(free, level, monkeypatch):
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda path: Usage(0, 0, free))

    found = disk(local=True)

    assert (found.level, "Make room" in found.mend) == (level, level != OK)
    assert disk(local=False).level == OK


def test_a_folder_that_cannot_be_written_is_bad(runs, monkeypatch):
    def refuse(**options):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(machine.tempfile, "TemporaryFile", refuse)

    assert disk(local=False) == Finding(
        BAD,
        f"{runs.parent} cannot be written: Permission denied",
        "Set FINETUNE_RUNS_DIR to a folder that you may write to, or make room.",
    )


def test_little_memory_is_a_note_that_names_the_small_model(monkeypatch):
    monkeypatch.setattr(machine, "available_memory", lambda: 600 * MB)

    assert memory(local=False) == Finding(
        NOTE, "0.6 GB available; 0.7 GB are better", "Close other programs."
    )
    assert memory(local=True).mend.endswith("FINETUNE_MODEL=periodic-tiny-2026-11.")


def test_a_system_that_does_not_tell_its_memory_is_no_failure(monkeypatch):
    monkeypatch.setattr(machine, "available_memory", lambda: None)

    assert memory(local=True) == Finding(OK, "this system does not tell")


def test_memory_is_found_with_and_without_psutil(monkeypatch):
    total = psutil.virtual_memory().total
    assert 0 < available_memory() <= total

    monkeypatch.setitem(sys.modules, "psutil", None)

    assert 0 < available_memory() <= total


def test_the_port_is_that_of_the_server():
    assert machine.PORT == DEFAULT_PORT


def test_a_free_port_is_well(listener, monkeypatch):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        free = other.getsockname()[1]
    monkeypatch.setattr(machine, "PORT", free)

    assert port() == Finding(OK, f"{free} is free")


def test_who_holds_the_port_is_told(listener):
    found = port()

    assert found.level == NOTE
    assert found.found == f"{listener} is taken by {psutil.Process().name()} (process {os.getpid()})"
    assert "--port 0" in found.mend


def test_without_psutil_the_command_is_told_that_finds_who_holds_the_port(listener, monkeypatch):
    monkeypatch.setitem(sys.modules, "psutil", None)

    assert port().found == f"{listener} is taken by another program (`lsof -i :{listener}` names it)"


def test_the_courses_own_server_may_hold_the_port(listener, runs):
    (runs / ".server").mkdir(parents=True)
    address = {"base_url": f"http://127.0.0.1:{listener}/v1", "api_key": "key", "pid": 42}
    (runs / ".server" / "server.json").write_text(json.dumps(address), encoding="utf-8")

    assert port() == Finding(OK, f"{listener} is that of the course's own server (process 42)")


@pytest.mark.parametrize("content", ["", "[]", '{"base_url": 7}', '{"base_url": "http://x:y/"}'])
def test_a_damaged_file_of_a_server_names_none(content, listener, runs):
    (runs / ".server").mkdir(parents=True)
    (runs / ".server" / "server.json").write_text(content, encoding="utf-8")

    assert port().level == NOTE


def test_a_closed_loopback_is_bad(monkeypatch):
    def refuse(*arguments, **options):
        raise OSError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(machine.socket, "create_connection", refuse)

    found = port()

    assert (found.level, found.found) == (BAD, "127.0.0.1 cannot be used: Permission denied")
    assert "firewall" in found.mend
