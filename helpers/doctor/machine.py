"""The computer: Python, the disk, the memory, the port."""

from __future__ import annotations

import errno
import json
import os
import platform
import shutil
import socket
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from helpers.doctor.finding import BAD, NOTE, OK, Finding, environment, in_environment, is_colab
from helpers.paths import runs_dir, server_state

OLDEST_PYTHON = (3, 11)
"""As in pyproject.toml."""

PORT = 8399
"""Of `make serve` (local_server/options.py). Notebooks take a free port, whatever it is."""

MB = 1024**2
REPLAY_DISK, LOCAL_DISK = 200 * MB, 2000 * MB
"""Free space that is enough: some runs; runs with checkpoints, or the installation of the real model."""

REPLAY_MEMORY, LOCAL_MEMORY = 700 * MB, 2500 * MB
"""JupyterLab and a kernel with figures; the same and a job on the real model (1.6 GB; measured Nov 2026)."""


def python() -> Finding:
    """Look which Python runs, and whether it is the course's own."""
    found = f"{platform.python_version()}, {sys.executable}"
    needed = ".".join(map(str, OLDEST_PYTHON))
    if sys.version_info[:2] < OLDEST_PYTHON:
        make = "make clean, make lab PYTHON=python3.12 (on Windows: py -3.12 -m venv .venv)"
        way_out = f"The course needs Python {needed} or newer: python.org/downloads. Then: {make}"
        return Finding(BAD, found, way_out)
    if environment().is_dir() and not in_environment() and not is_colab():
        return Finding(NOTE, f"{found}; this is not the course's own environment, {environment()}",
                       "In a terminal, run: make doctor. In a notebook, choose the kernel of .venv; "
                       "`make lab` starts one that has it.")  # fmt: skip
    return Finding(OK, found)


def disk(local: bool) -> Finding:
    """Look whether runs can be written, and for how long.

    Args:
        local: Whether models are trained here.
    """
    folder = runs_dir()
    there = next(path for path in (folder, *folder.parents) if path.is_dir())
    way_out = "Make room, or set FINETUNE_RUNS_DIR to a folder on another disk."
    try:
        with tempfile.TemporaryFile(dir=there) as file:
            file.write(b"0" * 4096)
    except OSError as error:
        return Finding(BAD, f"{there} cannot be written: {error.strerror}",
                       "Set FINETUNE_RUNS_DIR to a folder that you may write to, or make room.")  # fmt: skip
    free, needed = shutil.disk_usage(there).free, LOCAL_DISK if local else REPLAY_DISK
    found = f"{free / 1e9:.1f} GB free in {there}"
    if free >= needed:
        return Finding(OK, found)
    return Finding(BAD if free < needed / 4 else NOTE, f"{found}; {needed / 1e9:.1f} GB are better", way_out)


def memory(local: bool) -> Finding:
    """Look how much memory is free.

    Args:
        local: Whether models are trained here.
    """
    free, needed = available_memory(), LOCAL_MEMORY if local else REPLAY_MEMORY
    if free is None:
        return Finding(OK, "this system does not tell")
    found = f"{free / 1e9:.1f} GB available"
    if free >= needed:
        return Finding(OK, found)
    tiny = " Or train the small model: FINETUNE_MODEL=periodic-tiny-2026-11." if local else ""
    return Finding(NOTE, f"{found}; {needed / 1e9:.1f} GB are better", f"Close other programs.{tiny}")


def available_memory() -> int | None:
    """Return the bytes that programs can still take, as far as this system says; None when it does not."""
    numbers = []
    with suppress(Exception):  # Installed with JupyterLab; not with Python.
        import psutil

        numbers.append(int(psutil.virtual_memory().available))
    with suppress(OSError, ValueError, IndexError):  # Linux
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        numbers.append(1024 * int(next(line for line in lines if line.startswith("MemAvailable")).split()[1]))
    with suppress(OSError, ValueError):  # A container's own limit; "max" is none.
        limits = Path("/sys/fs/cgroup")
        limit = int((limits / "memory.max").read_text(encoding="ascii"))
        numbers.append(limit - int((limits / "memory.current").read_text(encoding="ascii")))
    if not numbers:
        with suppress(AttributeError, OSError, ValueError):  # macOS: all there is
            numbers.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return min(numbers) if numbers else None


def port() -> Finding:
    """Look whether programs of this computer can reach each other, and whether port 8399 is free."""
    try:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            with socket.create_connection(listener.getsockname(), timeout=5):
                pass
    except OSError as error:
        return Finding(BAD, f"127.0.0.1 cannot be used: {error.strerror or error}",
                       "Jupyter and the local server need it: let this computer connect to itself in "
                       "the firewall or VPN.")  # fmt: skip
    try:
        with socket.socket() as listener:
            if os.name == "posix":
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", PORT))
    except OSError as error:
        own = own_server()
        if own:
            return Finding(OK, f"{PORT} is that of the course's own server (process {own})")
        taken = error.errno == errno.EADDRINUSE
        found = f"{PORT} is taken by {holder()}" if taken else f"{PORT} cannot be used: {error.strerror}"
        return Finding(NOTE, found, "Notebooks do not need it. For `make serve`, end that program, or take "
                       "another port: python -m local_server --port 0")  # fmt: skip
    return Finding(OK, f"{PORT} is free")


def own_server() -> int | None:
    """Return the process of the course's own server on PORT; None when its file names none."""
    with suppress(OSError, ValueError, LookupError, TypeError, AttributeError):
        written = json.loads((server_state() / "server.json").read_text(encoding="utf-8"))
        if urlsplit(written["base_url"]).port == PORT:
            return int(written["pid"])
    return None


def holder() -> str:
    """Name the program that listens on PORT, or the command that finds it."""
    with suppress(Exception):  # psutil is missing, or this system asks for more rights.
        import psutil

        for found in psutil.net_connections("tcp"):
            if found.laddr and found.laddr.port == PORT and found.status == "LISTEN" and found.pid:
                return f"{psutil.Process(found.pid).name()} (process {found.pid})"
    look = f"netstat -ano | findstr {PORT}" if os.name == "nt" else f"lsof -i :{PORT}"
    return f"another program (`{look}` names it)"
