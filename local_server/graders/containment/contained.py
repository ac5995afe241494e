"""Runs a piece of work in a process with as little around it as the system allows.

On Linux the work has namespaces of its own: it sees no other process, no network, and of the disk only what
Python needs, read-only, and an empty folder. When it ends, all that it has started ends, in a session of its
own or not. Where the system gives no namespaces, the work still has limits, and what it has started is looked
for and ended; `run` says what is missing. Only the standard library, and run by path: see python_child.py.
"""

import ctypes
import math
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

# Numbers of Linux, equal on every machine (its header files sched.h, mount.h, prctl.h; read 2026-11).
_USER, _PID, _NET, _IPC, _MOUNT, _NAME = 1 << 28, 1 << 29, 1 << 30, 1 << 27, 1 << 17, 1 << 26
_READ_ONLY, _NO_SUID, _NO_DEVICES, _REMOUNT, _BIND, _MOVE = 1, 2, 4, 32, 4096, 8192
_RECURSIVE, _PRIVATE = 1 << 14, 1 << 18
# What a mount has must be asked for again when it becomes read-only.
_KEPT_FLAGS = {2: 2, 4: 4, 8: 8, 1024: 1024, 2048: 2048, 4096: 1 << 21}
_DIE_WITH_PARENT, _NO_NEW_PRIVILEGES, _ADOPT_ORPHANS = 1, 38, 36
_CAPABILITIES_VERSION = 0x20080522

# Disk space at OpenAI (guide to graders, read 2026-11). It is memory here, and used only when it is written.
_DISK_BYTES = 1024**3
_EMPTY_DISK = f"size={_DISK_BYTES},mode=755"
_PROCESSES = 64
_OPEN_FILES = 256
# As much as a pipe holds; an answer is at most half of it.
_ANSWER_BYTES = 64 * 1024
_READABLE = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/etc/alternatives", "/etc/ld.so.cache")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
_INSIDE = 1000


def run(
    work: Callable[[], bytes],
    memory_bytes: int,
    seconds: float,
    overdue: Callable[[], bool],
    *,
    only_apart: bool = False,
) -> tuple[bytes, str | None]:
    """Run the work in a process of its own, and end all that it leaves.

    Args:
        work: Returns its answer, at most 64 KiB.
        memory_bytes: Of each process.
        seconds: Of the clock; the processor time is at most twice as long.
        overdue: Asked while the work is done; when it says True, the work is ended.
        only_apart: Do nothing where the system gives no namespaces.

    Returns:
        The answer, which may be anything that the work has written, and what the system does not allow.
    """
    if not hasattr(os, "fork"):
        return b"" if only_apart else work(), "this system has no fork"
    processes = _own_processes() + _PROCESSES
    missing = _leave()
    if missing is not None:
        if only_apart:
            return b"", missing
        _call("prctl", _ADOPT_ORPHANS, 1, 0, 0, 0)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _work(work, writing, missing is None, (memory_bytes, seconds, processes))
    os.close(writing)
    # No thread could look meanwhile: the system starts none in a process that has left its namespace.
    pause = 0.001
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        if overdue():
            os.kill(child, signal.SIGKILL)
        time.sleep(pause)
        pause = min(2 * pause, 0.05)
    _end_orphans()
    # Not to its end: something that cannot be ended may hold the other side open.
    os.set_blocking(reading, False)
    with suppress(BlockingIOError):
        return os.read(reading, _ANSWER_BYTES), missing
    return b"", missing


def _work(work: Callable[[], bytes], writing: int, apart: bool, limits: tuple[int, float, int]) -> None:
    """The other process; it does not return."""
    try:
        if apart:
            _only_see(Path.cwd())
            _be_nobody()
        _call("prctl", _DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
        _call("prctl", _NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        _close_other_files(writing)
        _limit(*limits)
        os.write(writing, work())
    finally:
        os._exit(0)


def _call(function: str, *arguments: object) -> bool:
    """Call a function of the C library; False where there is none, or where it fails."""
    if sys.platform != "linux":
        return False
    library = ctypes.CDLL(None, use_errno=True)
    given = [text.encode() if isinstance(text, str) else text for text in arguments]
    return hasattr(library, function) and getattr(library, function)(*given) == 0


def _must(function: str, *arguments: object) -> None:
    if not _call(function, *arguments):
        raise OSError(ctypes.get_errno(), f"{function}: {os.strerror(ctypes.get_errno())}")


def _leave() -> str | None:
    """Leave the namespaces of the system; returns what the system does not allow."""
    user, group = os.geteuid(), os.getegid()
    # The superuser needs no user namespace, and in one it would still be the owner of its files.
    kinds = _PID | _NET | _IPC | _MOUNT | _NAME | (_USER if user else 0)
    if not _call("unshare", ctypes.c_int(kinds)):
        return "this system gives no namespaces to a program of yours"
    try:
        if user:
            Path("/proc/self/setgroups").write_text("deny", encoding="utf-8")
            Path("/proc/self/uid_map").write_text(f"{_INSIDE} {user} 1", encoding="utf-8")
            Path("/proc/self/gid_map").write_text(f"{_INSIDE} {group} 1", encoding="utf-8")
        _must("mount", "none", "/", None, _RECURSIVE | _PRIVATE, None)
        # Tried here, where a failure still has a way back.
        _must(
            "mount", "tmpfs", str(Path.cwd()), "tmpfs", _NO_SUID | _NO_DEVICES, f"size={_DISK_BYTES},mode=755"
        )
    except OSError as error:
        return f"this system allows no mounts to a program of yours ({error})"
    return None


def _only_see(folder: Path) -> None:
    """Make the empty disk on `folder` the root, with what Python needs and a folder of the same name."""
    root = folder
    os.chdir("/")
    # The server keeps what it writes to itself; here, the way to what is seen must be open.
    os.umask(0o022)
    wanted = [Path(text) for text in (*_READABLE, sys.base_prefix, sys.prefix) if Path(text).exists()]
    # A folder inside another one is seen with it.
    wanted = [path for path in wanted if not any(other in path.parents for other in wanted)]
    for path in wanted:
        inside = root / path.relative_to("/")
        if path.is_symlink():
            inside.symlink_to(os.readlink(path))
            continue
        _mount_from(path, inside)
        kept = sum(flag for found, flag in _KEPT_FLAGS.items() if os.statvfs(inside).f_flag & found)
        _must("mount", None, str(inside), None, _REMOUNT | _BIND | _READ_ONLY | kept, None)
    for device in map(Path, _DEVICES):
        if device.exists():
            _mount_from(device, root / device.relative_to("/"))
    (root / "proc").mkdir()
    # Inside a container this may be refused: then there is none.
    _call("mount", "proc", str(root / "proc"), "proc", _NO_SUID | _NO_DEVICES, None)
    home = root / folder.relative_to("/")
    for path in (home, root / "tmp"):
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o1777)
    os.chdir(root)
    _must("mount", ".", "/", None, _MOVE, None)
    os.chroot(".")
    os.chdir(folder)


def _mount_from(path: Path, inside: Path) -> None:
    inside.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        inside.mkdir(exist_ok=True)
    else:
        inside.touch()
    _must("mount", str(path), str(inside), None, _BIND | (_RECURSIVE if path.is_dir() else 0), None)


def _be_nobody() -> None:
    """Give up every right over the system, and for the superuser also its name."""
    if os.geteuid() == 0:
        nobody = 60_000 + os.getppid() % 5000
        os.setgroups([])
        os.setresgid(nobody, nobody, nobody)
        os.setresuid(nobody, nobody, nobody)
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_VERSION, 0)
    _must("capset", ctypes.byref(header), ctypes.byref((ctypes.c_uint32 * 6)()))


def _close_other_files(kept: int) -> None:
    os.closerange(3, kept)
    os.closerange(kept + 1, 4096)


def _limit(memory_bytes: int, seconds: float, processes: int) -> None:
    with suppress(ImportError):
        import resource

        for name, size in (
            ("RLIMIT_AS", memory_bytes),
            # Two cores at OpenAI. The time itself is measured by the server.
            ("RLIMIT_CPU", 2 * math.ceil(seconds)),
            ("RLIMIT_FSIZE", _DISK_BYTES),
            ("RLIMIT_CORE", 0),
            ("RLIMIT_NPROC", processes),
            ("RLIMIT_NOFILE", _OPEN_FILES),
        ):
            # macOS refuses some of them.
            with suppress(ValueError, OSError, AttributeError):
                resource.setrlimit(getattr(resource, name), (size, size))


def _own_processes() -> int:
    """How many processes and threads this user has: the system counts them all together."""
    count = 0
    if os.geteuid() == 0:
        return count
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if process.stat().st_uid == os.geteuid():
                count += len(list((process / "task").iterdir()))
    return count


def _end_orphans() -> None:
    """End what was left to this process: everything below it, where the system hands orphans up to it."""
    own = os.getpid()
    for _ in range(1000):
        children = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError, ValueError, IndexError):
                # After the name, which may hold anything: the state and the parent.
                parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == own:
                    children.append(int(process.name))
        if not children:
            return
        for child in children:
            with suppress(OSError):
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
