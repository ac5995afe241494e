"""What the benchmarks share: a real server on a folder of its own, the course's job, and what ran where."""

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from local_server.settings import Settings  # noqa: E402

# The job of the course: the sample run's files, and the hyperparameters of notebook 03.
TRAINING, VALIDATION = (ROOT / "data" / "sample_run" / f"{name}.jsonl" for name in ("train", "validation"))
EPOCHS, BATCH_SIZE, SEED = 3, 2, 7


@dataclass
class Server:
    """A running server: its process id, its state folder and how to reach it."""

    pid: int
    state: Path
    base_url: str
    api_key: str


@contextmanager
def serve(*options: str) -> Iterator[Server]:
    """Run a server on a new, empty state folder until the block ends; then nothing of it is left.

    Args:
        *options: Of its command line.
    """
    with tempfile.TemporaryDirectory(prefix="benchmark-", ignore_cleanup_errors=True) as name:
        command = [sys.executable, "-m", "local_server", "--port", "0", "--state", name, *options]
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        try:
            yield Server(process.pid, Path(name), **json.loads(process.stdout.readline()))
        finally:
            process.terminate()
            process.wait(30)
            process.stdout.close()


def child_environment(state: Path, threads: int = 1) -> dict[str, str]:
    """The environment of the server's own child processes."""
    return Settings(state, (), api_key="", threads=threads).child_environment()


def machine(*packages: str) -> str:
    """One line on what is measured, with the load of the last minute: other programs change the figures."""
    versions = ", ".join(f"{package} {version(package)}" for package in packages)
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    return f"Python {platform.python_version()}, {versions}; {os.cpu_count()} cores, load average {load}"


def reached(ratio: float, limit: float, *, at_least: bool) -> str:
    """Whether a figure is within its limit, in words for a table."""
    good = ratio >= limit if at_least else ratio <= limit
    return f"{'reached' if good else 'MISSED'} ({'at least' if at_least else 'at most'} {limit:g})"
