"""What happens to the processes of python graders."""

import asyncio
import threading
from pathlib import Path

import openai
import psutil
import pytest
from grading import python, run
from serving import LocalServer, serve, wait_until

from local_server.graders.sandbox import Sandbox, SandboxFailed
from local_server.settings import DEFAULT_MODEL, Settings


def test_a_python_grader_gets_no_secrets_and_an_empty_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    source = """
import os
def grade(sample, item):
    raise ValueError(f"{sorted(os.environ)} {os.listdir()}")
"""
    sandbox = Sandbox(Settings(tmp_path, DEFAULT_MODEL, "key"))
    problem = asyncio.run(sandbox.grade(source, {}, {}))

    names, _, files = problem.splitlines()[-1].partition("] ")
    assert "KEY" not in names
    assert files == "[]"


def test_a_python_grader_that_takes_too_long_is_killed_with_its_children(tmp_path: Path) -> None:
    source = """
import subprocess, sys, time
def grade(sample, item):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    with open(item["note"], "w") as note:
        note.write(str(child.pid))
    time.sleep(600)
"""
    note = tmp_path / "pid"
    before = set(psutil.Process().children(recursive=True))
    sandbox = Sandbox(Settings(tmp_path, DEFAULT_MODEL, "key", grader_seconds=1.5))

    with pytest.raises(SandboxFailed, match="timeout"):
        asyncio.run(sandbox.grade(source, {}, {"note": str(note)}))

    child = int(note.read_text())
    # A container may have no process that collects the dead.
    wait_until(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == "zombie", bool)
    assert set(psutil.Process().children(recursive=True)) <= before


def test_no_grader_outlives_a_killed_server(tmp_path: Path) -> None:
    source = """
import os, time
def grade(sample, item):
    with open(item["note"], "w") as note:
        note.write(str(os.getpid()))
    time.sleep(600)
"""
    note = tmp_path / "pid"
    with serve(tmp_path / "state") as server:
        caller = threading.Thread(target=_run_in_vain, args=(server, python(source), {"note": str(note)}))
        caller.start()
        grader = int(wait_until(lambda: note.read_text() if note.exists() else "", bool))
        server.process.kill()
        caller.join(20)
        wait_until(lambda: not psutil.pid_exists(grader) or psutil.Process(grader).status() == "zombie", bool)


def _run_in_vain(server: LocalServer, grader: dict, item: dict) -> None:
    with pytest.raises(openai.APIError):
        run(server.client(), grader, item=item)
