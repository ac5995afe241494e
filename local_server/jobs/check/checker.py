"""The check of a job's files as the server sees it: a child process and its limits."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local_server import disk
from local_server.jobs.check.file_check import ROW_ALONE, BadFile
from local_server.settings import PACKAGES, Settings
from local_server.training.specification import MethodName

_MEMORY_EXIT = 77
_LOOK_SECONDS = 0.05
# The limit of processor time ends a process with its own signal; Windows has none.
_ENDS = {0: "done", -getattr(signal, "SIGXCPU", 99): "time"}
_START_SECONDS = 30
# More than any answer of the program; a line that has no end is not read further.
_LINE_BYTES = 16 * 1024**2
_SECONDS_FOR = 10 * 1024**2
# Between two words of a check that takes long, and before the first.
_TELL_SECONDS = 2.0
# Of smaller files nothing is told: they are checked in a second, unless the machine is busy.
_LARGE = 1024**2


@dataclass
class Checked:
    """What the check of a job's files has found.

    Attributes:
        rows: Of each file, in the order that was asked for.
        notes: What the client should know of the files.
        bad: Why the job cannot train, or None.
        overlap: Validation rows that are also trained on, from 1; None where they could not be compared.
        stopped: The caller has stopped the check: nothing else is known.
    """

    rows: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    bad: BadFile | None = None
    overlap: list[int] | None = None
    stopped: bool = False


def check_job(
    settings: Settings,
    folder: Path,
    names: list[str],
    stopped: Callable[[], bool] = lambda: False,
    tell: Callable[[str], None] = lambda _: None,
    *,
    method: MethodName = "supervised",
) -> Checked:
    """Check the files of a job in a process of its own.

    Args:
        settings: The limits of time and memory.
        folder: The job folder, with copies of the files.
        names: `training_file` and perhaps `validation_file`.
        stopped: Asked while the process works; when it says True, the process is ended.
        tell: Called every two seconds with a sentence that says what the process is doing.
        method: How the rows train.

    Returns:
        What was found. A row that cannot be checked within the limits is named.

    Raises:
        OSError: The process cannot be started now.
    """
    size = sum(_path(folder, name).stat().st_size for name in names)
    seconds = settings.check_seconds * (1 + size / _SECONDS_FOR)
    found = Checked()

    def take(line: dict[str, Any]) -> None:
        if "rows" in line:
            found.rows.append(line["rows"])
            found.notes += line["notes"]
        elif "bad" in line:
            found.bad = BadFile(**line["bad"])
        else:
            found.overlap = line["overlap"]

    tells = _Tells(tell)

    def asked() -> bool:
        if not stopped() and size >= _LARGE:
            tells.when_due(lambda: _doing(folder, names, found))
        return stopped()

    end = _Run(settings, folder, names, seconds, method).until(asked, take, _START_SECONDS + seconds)
    found.stopped = end == "stopped"
    if end in ("done", "stopped") or found.bad is not None or len(found.rows) == len(names):
        return found
    param = names[len(found.rows)]
    found.bad = _unchecked(settings, folder, param, seconds, method, stopped, tells, end)
    return found


class _Tells:
    """Says what is done while it takes long."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._began = self._told = time.monotonic()

    def when_due(self, doing: Callable[[], str]) -> None:
        now = time.monotonic()
        if now - self._told >= _TELL_SECONDS:
            self._told = now
            self._tell(f"{doing()}: {now - self._began:.0f} seconds so far")


def _doing(folder: Path, names: list[str], found: Checked) -> str:
    """What a check is at, by what it has found."""
    if len(found.rows) < len(names):
        param = names[len(found.rows)]
        megabytes = _path(folder, param).stat().st_size / 1024**2
        return f"Checking the {param.replace('_', ' ')} ({megabytes:,.0f} MB)"
    return f"Looking for validation examples among {found.rows[0]:,} training examples"


def _unchecked(
    settings: Settings,
    folder: Path,
    param: str,
    seconds: float,
    method: MethodName,
    stopped: Callable[[], bool],
    tells: _Tells,
    how: str,
) -> BadFile:
    """Find the row that the limits are for: it is the last that was begun when each is checked alone."""
    last, began = 0, time.monotonic()

    def take(line: dict[str, Any]) -> None:
        nonlocal last, began
        last, began = line["line"], time.monotonic()

    def overdue() -> bool:
        tells.when_due(lambda: f"Looking for the example that cannot be checked, now at example {last:,}")
        allowed = settings.check_seconds + (0 if last else _START_SECONDS)
        return stopped() or time.monotonic() - began > allowed

    # Each row has the time of a row; all together have more than the whole file had.
    end = _Run(settings, folder, [param], 10 * seconds, method, "--rows").until(overdue, take, 10 * seconds)
    disk.gone(disk.remove, folder / ROW_ALONE)
    single = last > 0 and end != "done"
    # A row is begun with its number; then `overdue` or the limits have ended it.
    place = f"Example {last}" if single else "Whole file"
    why = how if not single or end == "stopped" else end
    reason = {
        "memory": f"takes more than {settings.check_memory_bytes // 1024**2:,} MB, or crashes its reader",
        "stopped": f"takes more than {settings.check_seconds:.0f} seconds",
        "time": f"takes more than {settings.check_seconds if single else seconds:.0f} seconds",
    }.get(why, f"ended the program that checks it ({why})")
    fix = (
        "Make it shorter and simpler, the schemas of its tools above all, or leave it out."
        if single
        else "Split it into smaller files."
    )
    name = param.replace("_", " ")
    message = (
        f"The job failed due to an invalid {name}. Invalid file format. {place}: to check it {reason}. {fix}"
    )
    return BadFile(f"invalid_{param}", message, param, [])


class _Run:
    """One run of the program."""

    def __init__(
        self,
        settings: Settings,
        folder: Path,
        names: list[str],
        seconds: float,
        method: MethodName,
        *options: str,
    ) -> None:
        self._process = subprocess.Popen(
            [
                sys.executable, "-m", "local_server.jobs.check", str(folder), *names,
                "--memory", str(settings.check_memory_bytes), "--seconds", str(seconds), "--method", method,
                *options,
            ],
            # Its stdin is never written: when it closes, because we close it or die, the process ends.
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=settings.child_environment(), cwd=PACKAGES,
        )  # fmt: skip
        self._lines: list[dict[str, Any]] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        while (line := self._process.stdout.readline(_LINE_BYTES)).endswith(b"\n"):
            self._lines.append(json.loads(line))

    def until(
        self, stopped: Callable[[], bool], take: Callable[[dict[str, Any]], None], seconds: float
    ) -> str:
        """Wait for the end; returns `done`, `memory`, `time`, `stopped`, or how the process died."""
        deadline, ended = time.monotonic() + seconds, ""
        try:
            while not ended and self._process.poll() is None:
                self._hand_over(take)
                if stopped():
                    ended = "stopped"
                elif time.monotonic() > deadline:
                    ended = "time"
                else:
                    time.sleep(_LOOK_SECONDS)
        finally:
            self._process.kill()
            self._process.wait()
            self._reader.join(5)
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
        self._hand_over(take)
        status = self._process.returncode
        # Where memory ends, some libraries crash.
        memory = "memory" if status in (_MEMORY_EXIT, -signal.SIGSEGV, -signal.SIGABRT) else ""
        return ended or memory or _ENDS.get(status, f"exit status {status}")

    def _hand_over(self, take: Callable[[dict[str, Any]], None]) -> None:
        while self._lines:
            take(self._lines.pop(0))


def _path(folder: Path, param: str) -> Path:
    return folder / f"{param.removesuffix('_file')}.jsonl"
