"""What happens to the processes of python graders."""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import threading
import uuid
from contextlib import suppress
from pathlib import Path

import openai
import psutil
import pytest
from grading import python, run
from serving import ROOT, LocalServer, serve, wait_until
from states import TINY

from local_server.graders.sandbox import Sandbox, SandboxFailed
from local_server.settings import Settings

PROBE = "import runpy, sys; print(runpy.run_path(sys.argv[1])['_leave']())"
CONTAINED = ROOT / "local_server" / "graders" / "containment" / "contained.py"


def _missing(folder: Path) -> str:
    program = [sys.executable, "-I", "-c", PROBE, str(CONTAINED)]
    return subprocess.run(program, cwd=folder, capture_output=True, text=True).stdout.strip()


with tempfile.TemporaryDirectory() as _folder:
    MISSING = _missing(Path(_folder))
walls = pytest.mark.skipif(MISSING != "None", reason=MISSING)


def test_a_python_grader_gets_no_secrets_and_an_empty_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    source = """
import os
def grade(sample, item):
    raise ValueError(f"{sorted(os.environ)} {os.listdir()}")
"""
    sandbox = Sandbox(Settings(tmp_path, (TINY,), "key"))
    problem = asyncio.run(sandbox.grade(source, {}, {}))

    names, _, files = problem.splitlines()[-1].partition("] ")
    assert "KEY" not in names
    assert files == "[]"


# A program whose command line tells it apart from all others; it leaves the session of the grader.
SLEEPER = """
import subprocess, sys, time
def grade(sample, item):
    for again in (True, False):
        program = [sys.executable, "-c", "import time; time.sleep(600)", item["mark"]]
        subprocess.Popen(program, start_new_session=again)
    %s
"""


def running(mark: str) -> list[psutil.Process]:
    """The processes whose command line holds a mark; the dead that nobody has collected have none."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if mark in process.cmdline():
                found.append(process)
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("end", "outcome"), [("time.sleep(600)", "timeout"), ("return 1", 1.0), ("1 / 0", "ZeroDivisionError")]
)
def test_nothing_that_a_grader_has_started_outlives_it(tmp_path: Path, end: str, outcome: object) -> None:
    mark = f"mark-{uuid.uuid4()}"
    sandbox = Sandbox(Settings(tmp_path, (TINY,), "key", grader_seconds=3))

    try:
        found = asyncio.run(sandbox.grade(SLEEPER % end, {}, {"mark": mark}))
    except SandboxFailed as failure:
        found = str(failure)

    assert found == outcome if isinstance(outcome, float) else str(outcome) in str(found)
    wait_until(lambda: running(mark), lambda processes: not processes, 20)


def test_no_grader_outlives_a_killed_server(tmp_path: Path) -> None:
    mark = f"mark-{uuid.uuid4()}"
    with serve(tmp_path / "state") as server:
        grader = python(SLEEPER % "time.sleep(600)")
        caller = threading.Thread(target=_run_in_vain, args=(server, grader, {"mark": mark}))
        caller.start()
        wait_until(lambda: running(mark), lambda processes: len(processes) == 2, 20)
        server.process.kill()
        caller.join(20)
        wait_until(lambda: running(mark), lambda processes: not processes, 20)


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    return Sandbox(Settings(tmp_path, (TINY,), "key", grader_seconds=20))


def seen(sandbox: Sandbox, expression: str, **item: object) -> str:
    """What a grader sees when it evaluates an expression, errors included."""
    source = f"""
import os, pathlib, socket, subprocess, sys, time
def grade(sample, item):
    try:
        found = repr({expression})
    except BaseException as error:
        found = type(error).__name__
    raise ValueError("<" + found + ">")
"""
    problem = asyncio.run(sandbox.grade(source, {}, dict(item)))
    return str(problem).rpartition("<")[2].removesuffix(">")


@walls
def test_a_grader_sees_no_file_of_the_learner_and_writes_none(sandbox: Sandbox, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("private")
    system_file = os.path.join(sys.prefix, "pyvenv.cfg")

    assert seen(sandbox, "open(item['path']).read()", path=str(secret)) == "FileNotFoundError"
    assert seen(sandbox, "open(item['path'], 'a')", path=system_file) in ("OSError", "PermissionError")
    assert seen(sandbox, "open('/etc/passwd').read()") == "FileNotFoundError"
    assert seen(sandbox, "pathlib.Path('note').write_text('x')") == "1"


@walls
def test_a_grader_reads_no_environment_and_signals_no_process_of_others(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    read = "[p.read_bytes() for p in pathlib.Path('/proc').glob('[0-9]*/environ')]"

    assert "sk-secret" not in seen(sandbox, read)
    assert seen(sandbox, "os.kill(item['pid'], 0)", pid=os.getpid()) == "ProcessLookupError"
    assert seen(sandbox, "os.getppid()") == "0"


@walls
def test_a_grader_has_no_network(sandbox: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert (
            seen(sandbox, "socket.create_connection(('127.0.0.1', item['port']), 3)", port=port) == "OSError"
        )


@pytest.mark.skipif(sys.platform != "linux", reason="the number of processes is limited on Linux")
def test_a_grader_that_starts_processes_without_end_is_stopped_by_a_limit(sandbox: Sandbox) -> None:
    source = """
import os, time
def grade(sample, item):
    count = 0
    try:
        while count < 5000:
            if os.fork() == 0:
                time.sleep(60)
                os._exit(0)
            count += 1
    except BlockingIOError:
        pass
    return count
"""
    assert asyncio.run(sandbox.grade(source, {}, {})) <= 64


@pytest.mark.parametrize(
    "answer",
    ['{"reward": NaN}', '{"reward": true}', '{"reward": 1e999}', '{"reward": "1"}', "[]", "{}", "null", "5",
     '{"reward": 1.0, "problem": "x"}', '{"reward": 1.0} {"reward": 1.0}', "[" * 20_000, '{"problem": 1}',
     '{"reward": null}'],
)  # fmt: skip
def test_an_answer_that_a_grader_writes_itself_is_taken_only_in_the_right_form(
    sandbox: Sandbox, answer: str
) -> None:
    source = """
import os
def grade(sample, item):
    for number in range(3, 64):
        try:
            os.write(number, item["answer"].encode())
        except OSError:
            pass
    os._exit(0)
"""
    with pytest.raises(SandboxFailed, match="process_died"):
        asyncio.run(sandbox.grade(source, {}, {"answer": answer}))


def _run_in_vain(server: LocalServer, grader: dict, item: dict) -> None:
    with pytest.raises(openai.APIError):
        run(server.client(), grader, item=item)
