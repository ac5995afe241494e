"""Every step with which the server changes files on the disk, one function for each.

Callers write `disk.rename(...)`: a test makes each step of a request fail in turn, and looks at what is left.
What is said here of crashes holds because of the order of steps: see `jobs/upkeep/sweep.py`.
"""

import errno
import logging
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
log = logging.getLogger("local_server")

# Room for the record of a cancelled job, a deleted file or a failure when the disk is full.
_RESERVE_BYTES = 1024**2
_REFILL_BYTES = 4 * _RESERVE_BYTES
_FULL = {errno.ENOSPC, errno.EDQUOT} if hasattr(errno, "EDQUOT") else {errno.ENOSPC}
_PASSING = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN, *_FULL}


def is_full(error: BaseException) -> bool:
    """Whether an error says that the disk, or the quota of this user, has no room."""
    if isinstance(error, sqlite3.OperationalError):
        return "full" in str(error)
    return isinstance(error, OSError) and error.errno in _FULL


def is_passing(error: BaseException) -> bool:
    """Whether an error says that the machine lacks something now: memory, processes, open files, disk."""
    if isinstance(error, OSError):
        return error.errno in _PASSING
    if isinstance(error, sqlite3.OperationalError):
        return "full" in str(error) or "locked" in str(error) or "unable to open" in str(error)
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and "can't start new thread" in str(error)
    )


def write(path: Path, chunks: Iterable[bytes]) -> int:
    """Write a new file, down to the disk.

    Args:
        path: The file; replaced when it exists.
        chunks: The content.

    Returns:
        The number of bytes.
    """
    with open(path, "wb") as target:
        for chunk in chunks:
            target.write(chunk)
        target.flush()
        os.fsync(target.fileno())
        return target.tell()


def copy(source: Path, target: Path) -> None:
    """Copy the bytes of a file; half a copy has another name.

    Args:
        source: The file.
        target: The copy; replaced when it exists.

    Raises:
        FileNotFoundError: There is no such file.
    """
    draft = target.with_name(target.name + ".new")
    shutil.copyfile(source, draft)
    os.replace(draft, target)


def rename(source: Path, target: Path) -> None:
    """Move a file or a folder on the same disk, in one step that outlives a loss of power.

    Args:
        source: Where it is.
        target: Where it should be; a file there is replaced.
    """
    os.replace(source, target)
    # Windows opens no folders.
    with suppress(OSError):
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def remove(path: Path) -> None:
    """Delete a file; that there is none is no error."""
    path.unlink(missing_ok=True)


def remove_tree(folder: Path) -> None:
    """Delete a folder with all that it holds; that there is none is no error."""
    if folder.exists():
        shutil.rmtree(folder)


def make_folder(path: Path) -> None:
    """Make a folder that only its owner can read; that it exists is no error."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


def gone(step: Callable[[Path], None], path: Path) -> bool:
    """Delete what no list names any more. What resists is told to the log, and the next start tries again.

    Args:
        step: `remove` or `remove_tree`.
        path: What to delete.

    Returns:
        Whether it is gone.
    """
    try:
        step(path)
    except (OSError, MemoryError) as error:
        log.warning("%s could not be deleted now (%s); the next start tries again", path, error)
        return False
    return True


def keep_reserve(path: Path) -> None:
    """Set some room aside for `with_reserve`, when there is enough.

    Args:
        path: The file that takes the room.
    """
    if not path.exists() and shutil.disk_usage(path.parent).free > _REFILL_BYTES:
        with suppress(OSError):
            write(path, [bytes(_RESERVE_BYTES)])


def with_reserve(path: Path, step: Callable[[], T]) -> T:
    """Carry out what must work on a full disk too: to cancel, to delete, to record a failure.

    Args:
        path: The file of `keep_reserve`; its room is given up when the disk is full.
        step: A change that happens all or not at all.

    Returns:
        What the step returns.

    Raises:
        OSError: Also the reserve was not enough; or sqlite3.OperationalError.
    """
    try:
        return step()
    except (OSError, sqlite3.OperationalError) as error:
        if not is_full(error):
            raise
    with suppress(OSError):
        remove(path)
    return step()
