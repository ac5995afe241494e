"""`make bundle-test`: install dist/bundle where no network is, run every notebook, and train once.

On Linux, for root, a network namespace of its own takes the network away; elsewhere each Python process
refuses connections that leave the computer (tests/offline). `make bundle` comes first; it needs the network.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BUNDLE, OFFLINE = ROOT / "dist" / "bundle", ROOT / "tests" / "offline"
NAMESPACE = ("unshare", "--net")
LOOPBACK_UP = """
import fcntl, os, socket, struct, sys
with socket.socket() as any_socket:  # flags IFF_UP and IFF_RUNNING of the interface lo
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh", b"lo", 0x1 | 0x40))
os.execvp(sys.argv[1], sys.argv[1:])
"""
OUTSIDE = """
import socket, sys
try:
    socket.create_connection(("192.0.2.1", 80), timeout=2)
except OSError as error:
    closed = isinstance(error, PermissionError) or "unreachable" in str(error)
    sys.exit(0 if closed else f"not closed: {error}")
sys.exit("The network is open.")
"""


def closed() -> tuple[list[str], str]:
    """Return what takes the network away from a command, and its name."""
    prefix = [*NAMESPACE, sys.executable, "-c", LOOPBACK_UP]
    if shutil.which(NAMESPACE[0]) and subprocess.run([*prefix, "true"], capture_output=True).returncode == 0:
        return prefix, "a network namespace"
    return [], "sockets that are refused"


def main() -> int:
    """Install and run; returns the exit status: 1 when something failed."""
    if not BUNDLE.is_dir():
        print("There is no dist/bundle: run `make bundle` first.")
        return 1
    prefix, how = closed()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FINETUNE_", "PIP_"))}
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        home = Path(name, "a home")
        home.mkdir()
        environment = {**kept, "HOME": str(home), "PYTHONPATH": "" if prefix else str(OFFLINE)}
        course = home / "fine-tuning-course"
        python = str(course / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
        before = {path.name: path.read_bytes() for path in (ROOT / "notebooks").glob("*.ipynb")}

        def step(what: str, *command: str) -> None:
            nonlocal failed
            began = time.monotonic()
            place = course if course.is_dir() else home
            done = subprocess.run(
                [*prefix, *command], cwd=place, env=environment, capture_output=True, text=True, timeout=1200
            )
            failed += done.returncode != 0
            word = "FAILED" if done.returncode else "passed"
            print(f"{word}   {what} ({time.monotonic() - began:.0f} s)", flush=True)
            if done.returncode:
                print(done.stdout[-3000:] + done.stderr[-3000:])

        print(f"without a network: {how}")
        step("nothing outside is reached", sys.executable, "-c", OUTSIDE)
        step("the bundle is installed", sys.executable, str(BUNDLE / "install.py"))
        step("the same line once more leaves it as it is", sys.executable, str(BUNDLE / "install.py"))
        if shutil.which("make"):
            step("make has nothing to install", "make", "--question", ".venv/.installed")
        step("every notebook runs on recorded answers", python, "tools/course.py", "store")
        after = {path.name: path.read_bytes() for path in (course / "notebooks").glob("*.ipynb")}
        same = before == after
        failed += not same
        print(f"{'passed' if same else 'FAILED'}   and gives the outputs that are stored in the course")
        model = ("--model", "periodic-tiny-2026-11")
        step(
            "the notebooks train the tiny model",
            python,
            "tools/course.py",
            "run",
            "--name",
            "offline",
            *model,
        )
        size = sum(
            path.stat().st_size for path in course.rglob("*") if path.is_file() and not path.is_symlink()
        )
        print(f"the installed course has {size / 1e6:.0f} MB")
    print(f"{failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
