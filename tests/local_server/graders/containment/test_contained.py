"""The walls of a process where the system gives no namespaces: what is left of them."""

import subprocess
import sys
from pathlib import Path

import pytest
from serving import ROOT

PROGRAM = """
import os, runpy, subprocess, sys, time
names = runpy.run_path(sys.argv[1])
names["run"].__globals__["_leave"] = lambda: "none here"
def work():
    pids = [subprocess.Popen(["sleep", "600"], start_new_session=True).pid for _ in range(2)]
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execvp("sleep", ["sleep", "600"])
        os._exit(0)
    time.sleep(float(sys.argv[2]))
    return b"done"
deadline = time.monotonic() + 2
print(names["run"](work, 2**31, 60, lambda: time.monotonic() > deadline))
own = str(os.getpid())
stats = [open(f"/proc/{pid}/stat").read() for pid in os.listdir("/proc") if pid.isdigit()]
print(own in [stat.rpartition(")")[2].split()[1] for stat in stats])
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux hands orphans up")
@pytest.mark.parametrize(("seconds", "answer"), [("0.1", b"done"), ("60", b"")])
def test_without_namespaces_what_the_work_has_started_is_looked_for_and_ended(
    tmp_path: Path, seconds: str, answer: bytes
) -> None:
    contained = ROOT / "local_server" / "graders" / "containment" / "contained.py"

    ended = subprocess.run(
        [sys.executable, "-I", "-c", PROGRAM, str(contained), seconds],
        cwd=tmp_path, capture_output=True, text=True, timeout=60,
    )  # fmt: skip

    assert ended.stdout == f"({answer}, 'none here')\nFalse\n", ended.stderr


def test_what_may_only_run_apart_does_not_run_where_there_are_no_namespaces(tmp_path: Path) -> None:
    contained = ROOT / "local_server" / "graders" / "containment" / "contained.py"
    program = """
import runpy, sys
names = runpy.run_path(sys.argv[1])
names["run"].__globals__["_leave"] = lambda: "none here"
def work():
    open("mark", "w").close()
    return b"done"
print(names["run"](work, 2**31, 60, lambda: False, only_apart=True))
"""

    ended = subprocess.run(
        [sys.executable, "-I", "-c", program, str(contained)],
        cwd=tmp_path, capture_output=True, text=True, timeout=60,
    )  # fmt: skip

    assert (ended.stdout, list(tmp_path.iterdir())) == ("(b'', 'none here')\n", []), ended.stderr
